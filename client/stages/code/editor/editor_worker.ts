/** Monaco's own worker: word completion and differences, away from the page's thread. */
import "monaco-editor/editor/editor.worker";
