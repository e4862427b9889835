/** The live page of an HTML file: everybody's stage runs its own, and renews it shortly after an edit. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { filesOf } from "../../../../rooms/contract/document/schema.ts";
import { fileTexts } from "../document/files.ts";
import { previewPage } from "../run/preview_page.ts";
import type { PreviewPage, PreviewReport } from "../sandbox/preview.ts";
import type { Workspace } from "../workspace.ts";

const RENEW_MS = 600;

export function Preview({ workspace }: { workspace: Workspace }) {
  const version = useSignal(0);
  const { doc } = workspace.session;
  const wanted = workspace.preview.value;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onChange = () => {
      clearTimeout(timer);
      timer = setTimeout(() => version.value++, RENEW_MS);
    };
    filesOf(doc).observeDeep(onChange);
    return () => {
      clearTimeout(timer);
      filesOf(doc).unobserveDeep(onChange);
    };
  }, [doc]);
  if (wanted === null) {
    return <p class="code-hint">Run an HTML file, and its page shows here for everyone.</p>;
  }
  return (
    <PreviewFrame
      key={`${wanted.runId} ${version.value}`}
      workspace={workspace}
      fileId={wanted.fileId}
      runId={wanted.runId}
    />
  );
}

interface FrameProps {
  workspace: Workspace;
  fileId: string;
  runId: string;
}

function PreviewFrame({ workspace, fileId, runId }: FrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const onMessage = ({ source, data }: MessageEvent<PreviewReport>) => {
      const target = frame.current?.contentWindow;
      if (!target || source !== target) return;
      if (data?.type === "ready") {
        const name = workspace.files.peek().find(({ id }) => id === fileId)?.name ?? "";
        const html = previewPage(name, fileTexts(workspace.session.doc));
        target.postMessage({ type: "page", html } satisfies PreviewPage, "*");
      } else if (
        (data?.type === "stdout" || data?.type === "stderr") && typeof data.text === "string"
      ) {
        workspace.runner.previewSaid(runId, data.type, data.text);
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
