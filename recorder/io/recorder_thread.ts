/**
 * One thread of the recorder: started, asked, watched and ended. What follows its death is recorder.ts's to decide.
 *
 * Invariants: it ends once, and every call that had no answer then rejects with a {@linkcode ThreadEnded}; media that
 * it doesn't take in time is dropped, never held without end.
 */
import type { FromWorker, RecorderStart, ToWorker } from "./calls.ts";

/** How often a sign of life is asked for, and how many looks in a row may find none. */
const LOOK_MS = 2000;
const SILENT_LOOKS = 15;
/** A machine with much else to do loads the thread's modules for long, and nothing answers meanwhile. */
const STARTING_LOOKS = 150;
/** Media on its way to a thread that is busy; some 20 s of twenty lessons. */
const MAX_UNTAKEN_BYTES = 64 * 1024 * 1024;
const STOP_MS = 5000;

/** The thread died or was ended before it answered. */
export class ThreadEnded extends Error {
  override readonly name = "ThreadEnded";
}

/** What a thread says that isn't about the thread itself. */
export type Told = Exclude<
  FromWorker,
  { type: "ready" | "failed" | "result" | "error" | "alive" | "taken" | "stopped" }
>;

export interface ThreadOptions {
  /** The module that runs in it. */
  module: URL;
  start: RecorderStart;
  onTold(message: Told): void;
  /** Why it died by itself. Called before its calls reject. */
  onDeath(reason: string): void;
  /** Between looks for a sign of life. */
  lookMs?: number;
}

export class RecorderThread {
  /** Resolves when its database is open; rejects when it can't be opened. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #ready = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #watch: ReturnType<typeof setInterval>;
  #nextCall = 1;
  #silentLooks = 0;
  #isReady = false;
  #untakenBytes = 0;
  #over = false;

  constructor(private readonly options: ThreadOptions) {
    this.ready = this.#ready.promise;
    // Whoever waits hears of it; nobody has to.
    this.ready.catch(() => {});
    this.#worker = new Worker(options.module.href, {
      type: "module",
      deno: { permissions: permissionsFor(options.start) },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#die(event.message);
    };
    this.#watch = setInterval(() => this.#look(), options.lookMs ?? LOOK_MS);
    this.post({ type: "start", at: performance.now(), start: options.start });
  }

  /** Calls a method. Rejects with a {@linkcode ThreadEnded}, or with what the method threw. */
  call(target: "writer" | "library", method: string, args: unknown[]): Promise<unknown> {
    if (this.#over) return Promise.reject(new ThreadEnded("the recorder is not available"));
    const id = this.#nextCall++;
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, answer);
    this.post({ type: "call", id, target, method, args });
    return answer.promise;
  }

  post(message: ToWorker): void {
    if (!this.#over) this.#worker.postMessage(message);
  }

  /** Hands packets over; false when it has more than enough of them. */
  hand(batch: Uint8Array<ArrayBuffer>): boolean {
    if (this.#over || this.#untakenBytes + batch.length > MAX_UNTAKEN_BYTES) return false;
    this.#untakenBytes += batch.length;
    const message: ToWorker = { type: "packets", at: performance.now(), batch };
    this.#worker.postMessage(message, [batch.buffer]);
    return true;
  }

  /** Lets it store what it holds, then ends it. */
  async stop(): Promise<void> {
    if (!this.#over) {
      this.post({ type: "stop" });
      const late = setTimeout(() => this.#stopped.resolve(), STOP_MS);
      await this.#stopped.promise;
      clearTimeout(late);
    }
    this.end("the recorder is closed");
  }

  /** Ends it at once. */
  end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#watch);
    this.#worker.terminate();
    this.#ready.reject(new ThreadEnded(reason));
    this.#stopped.resolve();
    for (const call of this.#pending.values()) call.reject(new ThreadEnded(reason));
    this.#pending.clear();
  }

  #die(reason: string): void {
    if (this.#over) return;
    this.options.onDeath(reason);
    this.end(reason);
  }

  /** Counted in looks, not in time: when this thread stalls, the other isn't to blame. */
  #look(): void {
    const limit = this.#isReady ? SILENT_LOOKS : STARTING_LOOKS;
    if (++this.#silentLooks > limit) this.#die("it hangs");
    else this.post({ type: "ping", at: performance.now() });
  }

  #receive(message: FromWorker): void {
    if (this.#over) return;
    this.#silentLooks = 0;
    switch (message.type) {
      case "ready":
        this.#isReady = true;
        return this.#ready.resolve();
      case "failed":
        return this.#ready.reject(new Error(message.message));
      case "result":
        this.#pending.get(message.id)?.resolve(message.value);
        this.#pending.delete(message.id);
        return;
      case "error":
        this.#pending.get(message.id)?.reject(new Error(message.message));
        this.#pending.delete(message.id);
        return;
      case "alive":
        return;
      case "taken":
        this.#untakenBytes -= message.bytes;
        return;
      case "stopped":
        return this.#stopped.resolve();
      default:
        return this.options.onTold(message);
    }
  }
}

/** What a thread needs: its database, and the store where there is one. It writes files through libSQL alone. */
function permissionsFor(
  { database, dataDir, objects }: RecorderStart,
): Deno.PermissionOptionsObject {
  const hosts = [
    ...(database.kind === "remote" ? [database.url] : []),
    ...(objects === null ? [] : [objects.endpoint]),
  ].map((url) => new URL(url).hostname);
  return {
    read: dataDir === null ? false : [dataDir],
    write: false,
    net: hosts.length === 0 ? false : hosts,
    run: false,
    env: "inherit",
    sys: "inherit",
    ffi: "inherit",
    import: false,
  };
}
