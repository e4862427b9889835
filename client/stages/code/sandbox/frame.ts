/**
 * The sandbox frame: it owns the workers in which programs run, and ends those that say or take too much.
 *
 * Its origin is opaque and its policy lets it fetch the languages and nothing else. Workers from our URLs are refused
 * there, and blob module workers fail without a word: a `data:` module that imports the runner works.
 * Invariants: one program at a time in a worker; a stopped worker is terminated, never asked; a language that was used
 * has a worker in waiting, so that the next run starts at once.
 */
import {
  displaySize,
  type FrameCommand,
  type FrameReport,
  MAX_DISPLAYS,
  MAX_OUTPUT_CHARS,
  readEvent,
  type RunEnd,
  type RunnerEvent,
  type RunnerName,
  type RunRequest,
  type WorkerCommand,
  type WorkerReport,
} from "./messages.ts";

/** A language on its way, or idle. */
class RunnerWorker {
  readonly worker: Worker;
  readonly loaded: Promise<void>;
  onReport: (report: WorkerReport) => void = () => {};
  onFailure: (message: string) => void = () => {};

  constructor(readonly runner: RunnerName) {
    const url = new URL(`./${runner}.js`, location.href).href;
    // A script that doesn't arrive would be an unhandled rejection in there, of which nobody hears.
    const source = `import(${JSON.stringify(url)})` +
      `.catch((error) => postMessage({ type: "missing", message: String(error) }));`;
    this.worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, {
      type: "module",
    });
    this.loaded = new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data }) => {
        if (data?.type === "loaded") resolve();
        else if (data?.type === "missing") this.#lose(String(data.message), reject);
        else this.onReport(data);
      };
      this.worker.onerror = (event) => this.#lose(event.message, reject);
    });
    this.loaded.catch(() => {});
  }

  /** One that is lost while it waits must not be taken for the next run. */
  #lose(message: string, reject: (error: Error) => void): void {
    if (idle.get(this.runner) === this) idle.delete(this.runner);
    reject(new Error(message));
    this.onFailure(message);
  }

  post(command: WorkerCommand): void {
    this.worker.postMessage(command);
  }

  end(): void {
    this.onReport = () => {};
    this.onFailure = () => {};
    this.worker.terminate();
  }
}

const idle = new Map<RunnerName, RunnerWorker>();
const runs = new Map<string, Run>();

function report(message: FrameReport): void {
  parent.postMessage(message, "*");
}

function takeWorker(runner: RunnerName): RunnerWorker {
  const waiting = idle.get(runner);
  idle.delete(runner);
  return waiting ?? new RunnerWorker(runner);
}

class Run {
  #worker: RunnerWorker;
  #chars = 0;
  #displays = 0;
  #leftMs: number;
  #ticking: ReturnType<typeof setTimeout> | undefined;
  #since = 0;
  readonly #token = crypto.randomUUID();

  constructor(readonly id: string, readonly request: RunRequest) {
    this.#leftMs = request.timeLimitMs;
    this.#worker = takeWorker(request.runner);
    this.#worker.onReport = (message) => this.#take(message);
    this.#worker.onFailure = (message) => this.#fail(message);
    this.#worker.loaded.then(
      () => this.#worker.post({ type: "run", request, token: this.#token }),
      (error) => this.#fail(error instanceof Error ? error.message : String(error)),
    );
  }

  answer(line: string | null): void {
    this.#tick(true);
    this.#worker.post({ type: "stdin", line });
  }

  end(code: RunEnd, reusable = false): void {
    if (!runs.delete(this.id)) return;
    this.#tick(false);
    const { runner } = this.request;
    if (reusable) {
      this.#worker.onReport = () => {};
      idle.set(runner, this.#worker);
    } else {
      this.#worker.end();
      if (!idle.has(runner)) idle.set(runner, new RunnerWorker(runner));
    }
    this.#say({ type: "exit", code });
  }

  #take(message: WorkerReport): void {
    if (message?.type === "done") {
      // The token keeps a program from ending its own run by a message that looks like the runner's.
      if (message.token === this.#token) this.end(message.code, message.reusable);
      return;
    }
    const event = message?.type === "event" ? readEvent(message.event) : undefined;
    if (event !== undefined) this.#pass(event);
  }

  #pass(event: RunnerEvent): void {
    switch (event.type) {
      case "started":
        this.#tick(true);
        break;
      case "ask":
        this.#tick(false);
        break;
      case "stdout":
      case "stderr": {
        const room = MAX_OUTPUT_CHARS - this.#chars;
        this.#chars += event.text.length;
        if (event.text.length > room) {
          this.#say({ type: event.type, text: event.text.slice(0, room) });
          return this.end("truncated");
        }
        break;
      }
      case "display":
        this.#chars += displaySize(event.display);
        this.#displays++;
        if (this.#chars > MAX_OUTPUT_CHARS || this.#displays > MAX_DISPLAYS) {
          return this.end("truncated");
        }
        break;
      case "exit":
        return;
    }
    this.#say(event);
  }

  /** The time limit counts what the program takes, not the download and not a person who types. */
  #tick(on: boolean): void {
    if (on === (this.#ticking !== undefined)) return;
    if (on) {
      this.#since = performance.now();
      this.#ticking = setTimeout(() => this.end("timeout"), this.#leftMs);
    } else {
      clearTimeout(this.#ticking);
      this.#ticking = undefined;
      this.#leftMs -= performance.now() - this.#since;
    }
  }

  #fail(message: string): void {
    if (!runs.has(this.id)) return;
    this.#say({ type: "stderr", text: `The language could not be started: ${message}\n` });
    this.end(1);
  }

  #say(event: RunnerEvent): void {
    report({ type: "event", run: this.id, event });
  }
}

globalThis.addEventListener("message", ({ source, data }: MessageEvent<FrameCommand>) => {
  if (source !== parent) return;
  switch (data.type) {
    case "start":
      runs.set(data.run, new Run(data.run, data.request));
      break;
    case "stdin":
      runs.get(data.run)?.answer(data.line);
      break;
    case "stop":
      runs.get(data.run)?.end("stopped");
      break;
  }
});

report({ type: "ready" });
