/**
 * One Monaco editor over the lesson's files: a text model a file, bound to the document while the stage is open.
 *
 * Undo is each person's own: the document's undo manager replaces Monaco's, whose steps would also take back what
 * others wrote. Read-only is a courtesy; the server refuses edits of those who may not.
 */
import type { FileEntry } from "../../../../rooms/contract/document/reading.ts";
import type { editor } from "monaco-editor/editor/editor.api";
import * as Y from "yjs";
import { keepUndoInOrder } from "../../../../rooms/contract/document/undo_order.ts";
import type { LiveRoom } from "../../../connection/live_room.ts";
import { languageOf } from "../document/languages.ts";
import { indexIn } from "../document/place.ts";
import { Cursors, readPlaces } from "./cursors.ts";
import { indent } from "./indentation.ts";
import type { Monaco } from "./monaco.ts";
import { type BoundView, TextBinding } from "./text_binding.ts";
import { followScheme } from "./theme.ts";

/** A file that has been looked at. */
interface OpenFile {
  entry: FileEntry;
  model: editor.ITextModel;
  binding: TextBinding;
  undo: Y.UndoManager;
  view: editor.ICodeEditorViewState | null;
}

export class CodeEditor {
  readonly #editor: editor.IStandaloneCodeEditor;
  readonly #cursors: Cursors;
  readonly #open = new Map<string, OpenFile>();
  readonly #stopScheme: () => void;
  #shown: OpenFile | null = null;
  /** Runs when this person moves, types or scrolls by hand. */
  onOwnMove: () => void = () => {};
  /** Runs when this person asks by the keyboard that the file is run. */
  onRun: () => void = () => {};

  constructor(
    private readonly monaco: Monaco,
    container: HTMLElement,
    private readonly session: LiveRoom,
  ) {
    this.#stopScheme = followScheme(monaco);
    this.#editor = monaco.editor.create(container, {
      model: null,
      automaticLayout: true,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      fixedOverflowWidgets: true,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
      fontLigatures: false,
      padding: { top: 10, bottom: 10 },
      tabSize: 2,
      detectIndentation: true,
      renderWhitespace: "none",
      wordBasedSuggestions: "currentDocument",
      quickSuggestions: false,
      suggestOnTriggerCharacters: false,
      lineNumbersMinChars: 3,
      folding: true,
      overviewRulerLanes: 0,
      ariaLabel: "Code",
      scrollbar: { useShadows: false },
      unicodeHighlight: { ambiguousCharacters: false },
    });
    this.#cursors = new Cursors(monaco, this.#editor, session);
    this.#editor.onDidChangeCursorSelection(this.#cursors.send);
    this.#editor.onDidChangeModelContent(this.#cursors.draw);
    this.#editor.onKeyDown(() => this.onOwnMove());
    this.#editor.onMouseDown(() => this.onOwnMove());
    container.addEventListener("wheel", () => this.onOwnMove(), { passive: true });
    const { KeyCode, KeyMod } = monaco;
    this.#editor.addCommand(KeyMod.CtrlCmd | KeyCode.KeyZ, () => this.undo());
    this.#editor.addCommand(KeyMod.CtrlCmd | KeyMod.Shift | KeyCode.KeyZ, () => this.redo());
    this.#editor.addCommand(KeyMod.CtrlCmd | KeyCode.KeyY, () => this.redo());
    this.#editor.addCommand(KeyMod.Shift | KeyMod.Alt | KeyCode.KeyF, () => this.indent());
    this.#editor.addCommand(KeyMod.CtrlCmd | KeyCode.Enter, () => this.onRun());
  }

  /** Shows a file; null shows none. */
  show(entry: FileEntry | null): void {
    if (this.#shown?.entry.id === entry?.id) return;
    if (this.#shown !== null) this.#shown.view = this.#editor.saveViewState();
    const file = entry === null ? null : this.#open.get(entry.id) ?? this.#bind(entry);
    this.#shown = file;
    this.#editor.setModel(file?.model ?? null);
    if (file?.view) this.#editor.restoreViewState(file.view);
    this.#cursors.show(file === null ? null : { id: file.entry.id, text: file.entry.text });
  }

  /** Follows the list of files: names change grammars, and what is gone is let go of. */
  update(files: readonly FileEntry[]): void {
    for (const [id, file] of this.#open) {
      const entry = files.find((one) => one.id === id);
      if (entry === undefined || entry.text !== file.entry.text) this.#release(id, file);
      else if (entry.name !== file.entry.name) {
        file.entry = entry;
        this.monaco.editor.setModelLanguage(file.model, languageOf(entry.name).id);
      }
    }
  }

  setReadOnly(readOnly: boolean): void {
    this.#editor.updateOptions({
      readOnly,
      readOnlyMessage: { value: "The host has not opened the code for editing" },
    });
  }

  setFontSize(fontSize: number): void {
    this.#editor.updateOptions({ fontSize, lineHeight: Math.round(fontSize * 1.55) });
  }

  goTo(lineNumber: number, column: number): void {
    this.#editor.setPosition({ lineNumber, column });
    this.#editor.revealLineInCenterIfOutsideViewport(lineNumber);
    this.#editor.focus();
  }

  /** Scrolls to where somebody is in the file that is shown. */
  reveal(by: string): void {
    const file = this.#shown;
    const place = readPlaces(this.session.awareness, this.session.me.id)
      .find((one) => one.by === by && one.fileId === file?.entry.id);
    const index = file && place ? indexIn(file.entry.text, place.head) : null;
    if (file === null || index === null) return;
    this.#editor.revealPositionInCenterIfOutsideViewport(file.model.getPositionAt(index));
  }

  focus(): void {
    this.#editor.focus();
  }

  find(): void {
    this.#editor.focus();
    this.#editor.trigger("menu", "actions.find", null);
  }

  replace(): void {
    this.#editor.focus();
    this.#editor.trigger("menu", "editor.action.startFindReplaceAction", null);
  }

  undo(): void {
    if (!this.#readOnly()) this.#shown?.undo.undo();
  }

  redo(): void {
    if (!this.#readOnly()) this.#shown?.undo.redo();
  }

  /** Puts the indentation in order. */
  indent(): void {
    const file = this.#shown;
    if (file === null || this.#readOnly()) return;
    const language = languageOf(file.entry.name).id;
    const before = file.model.getValue();
    const after = indent(before, language, this.monaco.editor.tokenize(before, language));
    const lines = after.split("\n");
    const edits = before.split("\n").flatMap((line, row) => {
      const wanted = lines[row] ?? "";
      if (line === wanted) return [];
      // Only the ends of a line change, so that cursors inside it stay.
      const body = wanted.trimStart();
      const at = line.indexOf(body.charAt(0));
      const start = body === "" ? 0 : at;
      return [
        {
          range: new this.monaco.Range(row + 1, start + body.length + 1, row + 1, line.length + 1),
          text: "",
        },
        {
          range: new this.monaco.Range(row + 1, 1, row + 1, start + 1),
          text: wanted.slice(0, wanted.length - body.length),
        },
      ];
    });
    file.undo.stopCapturing();
    this.#editor.executeEdits("indentation", edits);
    file.undo.stopCapturing();
  }

  dispose(): void {
    this.#stopScheme();
    this.#cursors.dispose();
    for (const [id, file] of [...this.#open]) this.#release(id, file);
    this.#editor.dispose();
  }

  #readOnly(): boolean {
    return this.#editor.getOption(this.monaco.editor.EditorOption.readOnly);
  }

  #bind(entry: FileEntry): OpenFile {
    const model = this.monaco.editor.createModel(
      entry.text.toString(),
      languageOf(entry.name).id,
    );
    const binding = new TextBinding(entry.text, model, this.#viewOf(model));
    keepUndoInOrder();
    const undo = new Y.UndoManager(entry.text, { trackedOrigins: new Set([binding]) });
    const file: OpenFile = { entry, model, binding, undo, view: null };
    this.#open.set(entry.id, file);
    return file;
  }

  #release(id: string, file: OpenFile): void {
    this.#open.delete(id);
    if (this.#shown === file) {
      this.#shown = null;
      this.#editor.setModel(null);
      this.#cursors.show(null);
    }
    file.undo.destroy();
    file.binding.dispose();
    file.model.dispose();
  }

  #viewOf(model: editor.ITextModel): BoundView {
    const at = (offset: number) => model.getPositionAt(offset);
    return {
      read: () => {
        if (this.#editor.getModel() !== model) return null;
        return (this.#editor.getSelections() ?? []).map((selection) => ({
          anchor: model.getOffsetAt({
            lineNumber: selection.selectionStartLineNumber,
            column: selection.selectionStartColumn,
          }),
          head: model.getOffsetAt(selection.getPosition()),
        }));
      },
      write: (selections) =>
        this.#editor.setSelections(
          selections.map(({ anchor, head }) =>
            this.monaco.Selection.fromPositions(at(anchor), at(head))
          ),
        ),
    };
  }
}
