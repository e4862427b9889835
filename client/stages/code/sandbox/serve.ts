/**
 * The worker's side of a run: takes a program, hands it to one language, and batches what it prints.
 *
 * A program that never yields must be heard too, so a batch leaves by size or by the clock at each write, not by timers
 * alone.
 */
import type { Display, Program, RunnerEvent, RunRequest, WorkerCommand } from "./messages.ts";
import { MAX_OUTPUT_CHARS } from "./messages.ts";

/** What a language gets to talk with. */
export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  display(display: Display): void;
  /** The next line of input without its end, or null at the end of the input. */
  readLine(): Promise<string | null>;
  /** The same without waiting: undefined when nobody has typed yet. */
  typedLine(): string | null | undefined;
  /** Sends what is batched. */
  flush(): void;
  /** From here on the program's own time counts; called by languages that begin by compiling. */
  started(): void;
}

export type Progress = (loadedBytes: number, totalBytes: number) => void;

/** One language. `Loaded` is what stays in the worker between runs. */
export interface Runner<Loaded> {
  /** Whether the worker may run another program afterwards. */
  reusable: boolean;
  /** Whether it says itself when the program starts, as one does that compiles first. */
  startsItself?: boolean;
  /** Begins when the worker does, so that a worker in waiting is ready. */
  load(progress: Progress): Promise<Loaded>;
  /** Answers the exit code. What it throws is our fault, not the program's. */
  run(loaded: Loaded, program: Program, io: Io): Promise<number>;
}

const FLUSH_CHARS = 16 * 1024;
const FLUSH_MS = 40;

// Taken before the program runs, which may replace the globals.
const post = globalThis.postMessage.bind(globalThis) as (message: unknown) => void;
const now = performance.now.bind(performance);
const later = setTimeout;

class WorkerIo implements Io {
  readonly #typed: (string | null)[];
  readonly #interactive: boolean;
  #waiting: ((line: string | null) => void) | null = null;
  #batch: { type: "stdout" | "stderr"; text: string } | null = null;
  #flushed = 0;
  #scheduled = false;
  #chars = 0;

  constructor({ input, interactive }: RunRequest) {
    this.#typed = [...input];
    this.#interactive = interactive;
    if (!interactive) this.#typed.push(null);
  }

  stdout(text: string): void {
    this.#write("stdout", text);
  }

  stderr(text: string): void {
    this.#write("stderr", text);
  }

  display(display: Display): void {
    this.flush();
    this.#send({ type: "display", display });
  }

  typedLine(): string | null | undefined {
    const line = this.#typed[0];
    if (line !== null) this.#typed.shift();
    return line;
  }

  readLine(): Promise<string | null> {
    const typed = this.typedLine();
    if (typed !== undefined) return Promise.resolve(typed);
    this.flush();
    this.#send({ type: "ask" });
    return new Promise((resolve) => this.#waiting = resolve);
  }

  /** A line that somebody typed. */
  take(line: string | null): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (line === null) this.#typed.push(null);
    if (waiting !== null) waiting(line);
    else if (line !== null && this.#interactive) this.#typed.push(line);
  }

  started(): void {
    this.#send({ type: "started" });
  }

  flush(): void {
    const batch = this.#batch;
    this.#batch = null;
    this.#flushed = now();
    if (batch !== null) this.#send(batch);
  }

  #write(type: "stdout" | "stderr", text: string): void {
    if (text === "" || this.#chars > MAX_OUTPUT_CHARS) return;
    // The frame ends the program at its cap; what comes meanwhile is dropped here, not queued.
    const room = MAX_OUTPUT_CHARS + 1 - this.#chars;
    const kept = text.length > room ? text.slice(0, room) : text;
    this.#chars += text.length;
    if (this.#batch !== null && this.#batch.type !== type) this.flush();
    this.#batch ??= { type, text: "" };
    this.#batch.text += kept;
    const full = this.#batch.text.length > FLUSH_CHARS || this.#chars > MAX_OUTPUT_CHARS;
    if (full || now() - this.#flushed > FLUSH_MS) return this.flush();
    if (this.#scheduled) return;
    this.#scheduled = true;
    later(() => {
      this.#scheduled = false;
      this.flush();
    }, FLUSH_MS);
  }

  #send(event: RunnerEvent): void {
    sendEvent(event);
  }
}

function sendEvent(event: RunnerEvent): void {
  post({ type: "event", event });
}

/** Makes this worker run programs in one language. */
export function serve<Loaded>(runner: Runner<Loaded>): void {
  let io: WorkerIo | null = null;
  const loading = runner.load((loadedBytes, totalBytes) =>
    sendEvent({ type: "progress", loadedBytes, totalBytes })
  );
  // A worker in waiting that fails to load says so when it is needed.
  loading.catch(() => {});
  globalThis.addEventListener("message", async ({ data }: MessageEvent<WorkerCommand>) => {
    if (data.type === "stdin") return io?.take(data.line);
    io = new WorkerIo(data.request);
    let code = 1;
    let reusable = runner.reusable;
    try {
      const loaded = await loading;
      if (runner.startsItself !== true) io.started();
      code = await runner.run(loaded, data.request, io);
    } catch (error) {
      reusable = false;
      io.stderr(`${error instanceof Error ? error.message : String(error)}\n`);
    }
    io.flush();
    post({ type: "done", token: data.token, code, reusable });
  });
  post({ type: "loaded" });
}
