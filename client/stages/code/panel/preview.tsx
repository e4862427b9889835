/**
 * The live page of an HTML file. Who pressed Run sees it at once, everybody else when they say so; it is renewed shortly after an
 * edit, and can be stopped.
 */
import { Play, Square } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { filesOf } from "../../../../rooms/contract/document/schema.ts";
import { observeDeep } from "../../../../rooms/contract/document/shielded.ts";
import { fileTexts } from "../document/files.ts";
import { MAX_OUTPUT_CHARS } from "../sandbox/messages.ts";
import type { PreviewPage, PreviewReport } from "../sandbox/preview.ts";
import type { PreviewedPage, Workspace } from "../workspace.ts";
import { nameOf } from "./run_bar.tsx";

const RENEW_MS = 600;
/** What each of the page's messages counts beside its text. */
const MESSAGE_CHARS = 100;
/** The preview sends less by itself; a page that sends more means something else. */
const MAX_MESSAGES_CHARS = 4 * MAX_OUTPUT_CHARS;

export function Preview({ workspace }: { workspace: Workspace }) {
  const page = workspace.preview.value;
  if (page === null) {
    return (
      <p class="code-hint">Run an HTML file, and its page shows here. Everyone can look at it.</p>
    );
  }
  if (page.state === "running") return <Running workspace={workspace} page={page} />;
  return <Asking workspace={workspace} page={page} />;
}

interface PageProps {
  workspace: Workspace;
  page: PreviewedPage;
}

const fileName = (workspace: Workspace, { fileId }: PreviewedPage) =>
  workspace.files.value.find(({ id }) => id === fileId)?.name ?? "a deleted file";

function Asking({ workspace, page }: PageProps) {
  const { state, by } = page;
  const whose = by === null ? "your page" : `the page of ${nameOf(workspace, by)}`;
  return (
    <div class="code-asking" data-testid="preview-asking" data-state={state}>
      {state === "asking" && by !== null && (
        <>
          <p class="code-question">A page of {nameOf(workspace, by)}. Run it here?</p>
          <p>
            <strong>{fileName(workspace, page)}</strong>{" "}
            would run in your browser, and change while people write. It can reach nothing outside.
          </p>
        </>
      )}
      {state === "stopped" && (
        <p class="code-question">
          You stopped {whose}. Nothing of it runs here any more.
        </p>
      )}
      {state === "stuck" && (
        <>
          <p class="code-question">
            It was stopped: {whose} kept your browser busy for two seconds without a pause.
          </p>
          <p>The code is as it was. Is there a loop that never ends?</p>
        </>
      )}
      {state === "loud" && (
        <>
          <p class="code-question">It was stopped: {whose} sent more than a preview may.</p>
          <p>The code is as it was. Does it print without end?</p>
        </>
      )}
      <button
        type="button"
        class={`button ${state === "asking" ? "button-main" : ""}`}
        data-testid="preview-run"
        onClick={() => workspace.setPreview("running")}
      >
        <Play size={16} fill="currentColor" aria-hidden="true" />{" "}
        {state === "asking" ? "Run it here" : "Run it again"}
      </button>
    </div>
  );
}

function Running({ workspace, page }: PageProps) {
  const version = useSignal(0);
  const { doc } = workspace.session;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onChange = () => {
      clearTimeout(timer);
      timer = setTimeout(() => version.value++, RENEW_MS);
    };
    const stop = observeDeep(filesOf(doc), onChange);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [doc]);
  return (
    <>
      <div class="code-run-head">
        <p class="code-status">
          <span>
            <strong>{fileName(workspace, page)}</strong>
            {page.by === null ? ", your page" : `, a page of ${nameOf(workspace, page.by)}`}
          </span>
        </p>
        <button
          type="button"
          class="button code-run"
          data-testid="preview-stop"
          onClick={() => workspace.setPreview("stopped")}
        >
          <Square size={16} fill="currentColor" aria-hidden="true" /> Stop
        </button>
      </div>
      <PreviewFrame key={`${page.runId} ${version.value}`} workspace={workspace} page={page} />
    </>
  );
}

function PreviewFrame({ workspace, page: { fileId, runId } }: PageProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    let given = false;
    let left = MAX_MESSAGES_CHARS;
    const onMessage = ({ source, data }: MessageEvent<PreviewReport>) => {
      const target = frame.current?.contentWindow;
      if (!target || source !== target || left <= 0) return;
      const text = typeof data?.text === "string" ? data.text : "";
      left -= text.length + MESSAGE_CHARS;
      if (left <= 0) return workspace.setPreview("loud");
      switch (data?.type) {
        case "ready": {
          // A page that leads its frame here again gets nothing more.
          if (given) return;
          given = true;
          const entry = workspace.files.peek().find(({ id }) => id === fileId)?.name ?? "";
          const files = fileTexts(workspace.session.doc);
          target.postMessage({ type: "page", entry, files } satisfies PreviewPage, "*");
          break;
        }
        case "stdout":
        case "stderr":
          workspace.runner.previewSaid(runId, data.type, text);
          break;
        case "stuck":
          workspace.setPreview("stuck");
      }
    };
    globalThis.addEventListener("message", onMessage);
    return () => globalThis.removeEventListener("message", onMessage);
  }, []);
  return (
    <iframe
      ref={frame}
      class="code-preview"
      title="Preview"
      sandbox="allow-scripts"
      src="/sandbox/preview.html"
      data-testid="code-preview"
    />
  );
}
