/** Code as a stage of the room: files and editor, and beside them what runs. */
import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { StageProps } from "../../connection/live_room.ts";
import { Notice } from "../../design/notice.tsx";
import type { CodeEditor } from "./editor/code_editor.ts";
import { type Monaco, openMonaco } from "./editor/monaco.ts";
import { EditorPane } from "./editor/pane.tsx";
import { FileBar } from "./files/file_bar.tsx";
import { Start } from "./files/start.tsx";
import { Panel } from "./panel/panel.tsx";
import { Workspace } from "./workspace.ts";
import "./editor/cursors.css";
import "./code.css";

export default function CodeStage({ session }: StageProps) {
  const [workspace, setWorkspace] = useState<Workspace | null>(null);
  const [monaco, setMonaco] = useState<Monaco | null>(null);
  useEffect(() => {
    const opened = new Workspace(session);
    setWorkspace(opened);
    return () => opened.close();
  }, [session]);
  useEffect(() => {
    let current = true;
    void openMonaco().then((loaded) => current && setMonaco(loaded));
    return () => current = false;
  }, []);
  if (workspace === null || monaco === null) return null;
  return <Code workspace={workspace} monaco={monaco} />;
}

/**
 * The board, once opened, listens at the document for keys and the clipboard, and doesn't know this editor for a field:
 * it would take letters for tools, and put what is pasted here on the board too.
 */
const keepHere = (event: Event) => event.stopPropagation();

function Code({ workspace, monaco }: { workspace: Workspace; monaco: Monaco }) {
  const [editor, setEditor] = useState<CodeEditor | null>(null);
  const trouble = useSignal<string | null>(null);
  const empty = workspace.files.value.length === 0;
  const readOnly = !workspace.session.permissions.value.edit;
  return (
    <div
      class="code"
      data-testid="code"
      onKeyDown={keepHere}
      onKeyUp={keepHere}
      onCopy={keepHere}
      onCut={keepHere}
      onPaste={keepHere}
    >
      <div class="code-parts">
        <FileBar
          workspace={workspace}
          editor={editor}
          onTrouble={(message) => trouble.value = message}
        />
        <div class="code-place-for-editor">
          <EditorPane workspace={workspace} monaco={monaco} onEditor={setEditor} />
          {empty && <Start workspace={workspace} />}
          {readOnly && !empty && <p class="code-read-only">Only the host edits now</p>}
        </div>
        <Panel workspace={workspace} />
      </div>
      {trouble.value !== null && (
        <div class="code-trouble">
          <Notice>
            <p>{trouble.value}</p>
            <button type="button" class="button" onClick={() => trouble.value = null}>Close</button>
          </Notice>
        </div>
      )}
    </div>
  );
}
