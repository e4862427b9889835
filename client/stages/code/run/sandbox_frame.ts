/**
 * The page's side of the sandbox: one hidden frame, made when something is first run, and the runs inside it.
 *
 * Whatever a run says is checked before it is used; only this frame's window is listened to.
 */
import { readEvent, type RunEnd, type RunnerEvent, type RunRequest } from "../sandbox/messages.ts";
import type { FrameCommand, FrameReport } from "../sandbox/messages.ts";

export interface FrameRun {
  /** Answers the program's question; null ends its input. */
  type(line: string | null): void;
  stop(): void;
  readonly ended: Promise<RunEnd>;
}

/** A frame that says nothing for this long after it was made did not arrive. */
const ARRIVAL_MS = 30_000;

export class SandboxFrame {
  readonly #frame = document.createElement("iframe");
  readonly #ready: Promise<void>;
  readonly #runs = new Map<string, (event: RunnerEvent) => void>();
  #markReady: () => void = () => {};
  readonly #arrival = setTimeout(() => this.#lose(), ARRIVAL_MS);
  /** Whether it never arrived: another one must be made. */
  lost = false;

  constructor() {
    this.#ready = new Promise((resolve) => this.#markReady = resolve);
    this.#frame.setAttribute("sandbox", "allow-scripts");
    this.#frame.src = "/sandbox/run.html";
    this.#frame.title = "Where programs run";
    this.#frame.className = "code-sandbox";
    this.#frame.setAttribute("aria-hidden", "true");
    this.#frame.tabIndex = -1;
    globalThis.addEventListener("message", this.#onMessage);
    document.body.append(this.#frame);
  }

  run(request: RunRequest, onEvent: (event: RunnerEvent) => void): FrameRun {
    const run = crypto.randomUUID();
    const { promise, resolve } = Promise.withResolvers<RunEnd>();
    this.#runs.set(run, (event) => {
      if (event.type !== "exit") return onEvent(event);
      this.#runs.delete(run);
      resolve(event.code);
    });
    this.#post({ type: "start", run, request });
    return {
      type: (line) => this.#post({ type: "stdin", run, line }),
      stop: () => this.#post({ type: "stop", run }),
      ended: promise,
    };
  }

  #lose(): void {
    this.lost = true;
    const text = "The place where programs run did not arrive. Press Run again.\n";
    for (const take of [...this.#runs.values()]) {
      take({ type: "stderr", text });
      take({ type: "exit", code: 1 });
    }
    this.close();
  }

  close(): void {
    clearTimeout(this.#arrival);
    globalThis.removeEventListener("message", this.#onMessage);
    this.#frame.remove();
    for (const take of [...this.#runs.values()]) take({ type: "exit", code: "stopped" });
  }

  #post(command: FrameCommand): void {
    // The frame's origin is opaque: no other target can name it.
    void this.#ready.then(() => this.#frame.contentWindow?.postMessage(command, "*"));
  }

  readonly #onMessage = ({ source, data }: MessageEvent<FrameReport>): void => {
    if (source !== this.#frame.contentWindow) return;
    if (data?.type === "ready") {
      clearTimeout(this.#arrival);
      this.#markReady();
    }
    if (data?.type !== "event") return;
    const event = readEvent(data.event);
    if (event !== undefined) this.#runs.get(data.run)?.(event);
  };
}
