/** Monaco on the page: made once, and led by the workspace's signals. */
import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Workspace } from "../workspace.ts";
import { CodeEditor } from "./code_editor.ts";
import type { Monaco } from "./monaco.ts";

interface PaneProps {
  workspace: Workspace;
  monaco: Monaco;
  onEditor: (editor: CodeEditor | null) => void;
}

export function EditorPane({ workspace, monaco, onEditor }: PaneProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current === null) return;
    const editor = new CodeEditor(monaco, place.current, workspace.session);
    editor.onOwnMove = () => workspace.following.value = null;
    editor.onRun = () => workspace.runShown();
    const stops = [
      effect(() => {
        editor.update(workspace.files.value);
        editor.show(workspace.shown.value);
      }),
      effect(() => editor.setReadOnly(!workspace.session.permissions.value.edit)),
      effect(() => editor.setFontSize(workspace.fontSize.value)),
      effect(() => {
        const by = workspace.following.value;
        if (by !== null && workspace.places.value.length > 0) editor.reveal(by);
      }),
      effect(() => {
        const target = workspace.target.value;
        if (target === null || workspace.shown.value?.id !== target.fileId) return;
        editor.goTo(target.line, target.column);
        workspace.target.value = null;
      }),
    ];
    onEditor(editor);
    return () => {
      onEditor(null);
      for (const stop of stops) stop();
      editor.dispose();
    };
  }, [workspace, monaco]);
  return <div ref={place} class="code-editor" data-testid="code-editor" />;
}
