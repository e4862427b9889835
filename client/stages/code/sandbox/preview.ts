/**
 * The preview of a lesson's HTML page: becomes that page, in an origin of its own, with nothing to reach anybody by.
 *
 * The room's page hands over the files; what the page's console says goes back. Scripts that may run are named by their
 * hashes in a policy inside the page: those that `loop_guard.ts` has been through.
 * Invariant: it is written once; another version gets another frame.
 */
import { busyCheck } from "./busy.ts";
import { makeConsole } from "./console.ts";
import { MAX_OUTPUT_CHARS } from "./messages.ts";
import { lockWindow, makeTrust } from "./lock.ts";
import { guarded } from "./loop_guard.ts";
import { buildPage, resolveName } from "./page.ts";

export interface PreviewPage {
  type: "page";
  /** The page's file, and every file of the lesson by name. */
  entry: string;
  files: Record<string, string>;
}

/** What the preview's console says; `stuck` when the page was ended because it kept the browser busy. */
export interface PreviewReport {
  type: "ready" | "stdout" | "stderr" | "stuck";
  text: string;
}

const { parent } = globalThis;
const post = parent.postMessage.bind(parent) as (report: PreviewReport, target: string) => void;
let left = MAX_OUTPUT_CHARS;

function say(type: "stdout" | "stderr", text: string): void {
  if (left <= 0) return;
  left -= text.length;
  post({ type, text }, "*");
}

async function onMessage({ source, data }: MessageEvent<PreviewPage>): Promise<void> {
  if (source !== parent || data?.type !== "page") return;
  globalThis.removeEventListener("message", onMessage);
  const trust = makeTrust();
  const name = `lectern_${crypto.getRandomValues(new Uint8Array(8)).toHex()}`;
  const modules = new Modules();
  Object.defineProperty(globalThis, name, {
    value: Object.assign(busyCheck(() => post({ type: "stuck", text: "" }, "*")), {
      define: modules.define,
      main: modules.main,
    }),
  });
  const check = { name };
  const page = buildPage(data.entry, data.files, trust, check);
  const hashes = await Promise.all(page.scripts.map(hashOf));
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
  globalThis.addEventListener("securitypolicyviolation", explain);
  globalThis.addEventListener("click", stay);
  for (const text of page.faults) say("stderr", `${text}\n`);
  const { write } = document;
  lockWindow(trust, {
    compile: (source, isBody) => guarded(source, { ...check, isBody }),
    say: (text) => say("stderr", text),
  });
  const policy = `script-src 'unsafe-eval' ${hashes.join(" ")}; script-src-attr 'none'`;
  write.call(document, trust.html(page.html(policy)));
  document.close();
}

const explained = new Set<string>();

/** Says in words what the policy stopped, once for each address. */
function explain({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent): void {
  if (effectiveDirective === "script-src-attr" || explained.has(blockedURI)) return;
  explained.add(blockedURI);
  say(
    "stderr",
    /^[a-z]+:/i.test(blockedURI)
      ? `${blockedURI} was not loaded: the preview can reach nothing outside the lesson.\n`
      : "The preview doesn’t run scripts that a page writes into itself.\n",
  );
}

/** A link to another page would leave an empty frame. */
function stay(event: MouseEvent): void {
  const link = event.composedPath().find((target) => target instanceof HTMLAnchorElement);
  const address = link instanceof HTMLAnchorElement ? link.getAttribute("href") : null;
  if (address === null || address.startsWith("#") || event.defaultPrevented) return;
  event.preventDefault();
  say("stderr", `${address} was not opened: the preview shows this page alone.\n`);
}

async function hashOf(script: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  return `'sha256-${new Uint8Array(digest).toBase64()}'`;
}

type Module = (
  require: (name: string) => unknown,
  module: { exports: object },
  exports: object,
) => unknown;

/** The lesson's modules as functions, each run when it is first asked for. */
class Modules {
  readonly #known = new Map<string, Module>();
  readonly #loaded = new Map<string, { exports: object }>();

  readonly define = (name: string, module: Module): void => void this.#known.set(name, module);

  /** Runs one of the page's own, after all that the page has to show. */
  readonly main = (from: string, module: Module): void => {
    document.addEventListener("DOMContentLoaded", () => this.#run(from, module, { exports: {} }), {
      once: true,
    });
  };

  #run(from: string, module: Module, holder: { exports: object }): unknown {
    return module((address) => this.#require(from, address), holder, holder.exports);
  }

  #require(from: string, address: string): unknown {
    const name = resolveName(from, address);
    const module = name === undefined ? undefined : this.#known.get(name);
    if (name === undefined || module === undefined) {
      throw new Error(`${from}: there is no module "${address}" in this lesson.`);
    }
    const loaded = this.#loaded.get(name);
    if (loaded !== undefined) return loaded.exports;
    const holder = { exports: {} };
    this.#loaded.set(name, holder);
    this.#run(name, module, holder);
    return holder.exports;
  }
}

globalThis.addEventListener("message", onMessage);
post({ type: "ready", text: "" }, "*");
