/**
 * The live preview: becomes the page that the lesson's HTML describes, in an origin of its own.
 *
 * The page brings the document here with everything inlined (see run/preview_page.ts); what its console says goes back.
 * Invariant: it is written once; another version gets another frame.
 */
import { makeConsole } from "./console.ts";
import { MAX_OUTPUT_CHARS } from "./contract.ts";

export interface PreviewPage {
  type: "page";
  html: string;
}

/** What the preview's console says. */
export interface PreviewReport {
  type: "ready" | "stdout" | "stderr";
  text: string;
}

const { parent } = globalThis;
let left = MAX_OUTPUT_CHARS;

function say(type: "stdout" | "stderr", text: string): void {
  if (left <= 0) return;
  left -= text.length;
  parent.postMessage({ type, text } satisfies PreviewReport, "*");
}

function onMessage({ source, data }: MessageEvent<PreviewPage>): void {
  if (source !== parent || data?.type !== "page") return;
  globalThis.removeEventListener("message", onMessage);
  const fault = (error: unknown) => say("stderr", `Uncaught ${error}\n`);
  // `document.open` takes the window's listeners: they are set afterwards, before the page's scripts run.
  document.open();
  Object.assign(
    globalThis.console,
    makeConsole({
      stdout: (text) => say("stdout", text),
      stderr: (text) => say("stderr", text),
      display: (table) => say("stdout", `${JSON.stringify(table)}\n`),
    }),
  );
  globalThis.addEventListener("error", ({ message, error, lineno }) => {
    if (message) fault(error ?? `${message} (line ${lineno})`);
  });
  globalThis.addEventListener("unhandledrejection", ({ reason }) => fault(reason));
  document.write(data.html);
  document.close();
}

globalThis.addEventListener("message", onMessage);
parent.postMessage({ type: "ready", text: "" } satisfies PreviewReport, "*");
