/**
 * One media process as its parent sees it: calls out, answers, events and signs of life in.
 *
 * Invariant: every call settles, because the end of the process rejects what is pending.
 */
import { fileURLToPath } from "node:url";
import type { Logger } from "../../../rooms/contract/logger.ts";
import { setClock } from "../../../recorder/packet_batch.ts";
import { PeerClock } from "../../../recorder/peer_clock.ts";
import { MediaError, type MediaEvent, type TakeBatch } from "../media_engine.ts";
import {
  type ControlReply,
  type ControlRequest,
  encodeFrame,
  FrameReader,
} from "./control_frames.ts";

/** A process that says nothing for so many looks at it hangs. */
const SILENT_LOOKS = 5;
const LOOK_MS = 200;
const START_MS = 10_000;
const MAX_PENDING_CALLS = 10_000;
/** Longest line that is logged of the process's error output; native code and the runtime may write there. */
const MAX_LINE_CHARACTERS = 2000;

/** The only program that the main process runs; it says what the media process may do. */
export const LAUNCHER = fileURLToPath(
  new URL("../../start_media.sh", import.meta.url),
);
/** Where Deno keeps compiled modules, and which sockets to use. Everything else stays here, secrets above all. */
export const INHERITED = ["HOME", "XDG_CACHE_HOME", "DENO_DIR", "LECTERN_PORTABLE_IO"];

const MEDIA_ERROR_CODES = ["not-found", "unsupported", "conflict", "unavailable"] as const;

export interface MediaChildOptions {
  address: string;
  port: number;
  announcedAddress: string;
  /** What the ids that it makes begin with. */
  idPrefix: string;
  logger: Logger;
  /** For measuring. */
  v8Flags: string[];
  onEvent: (routerId: string, event: MediaEvent) => void;
  onRecorded: TakeBatch;
}

export class MediaChild {
  readonly pid: number;
  /** Resolves with the port once it serves; rejects when it can't. */
  readonly ready: Promise<number>;
  /** Resolves when the process is gone, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #options: MediaChildOptions;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #ready = Promise.withResolvers<number>();
  readonly #watch: ReturnType<typeof setInterval>;
  readonly #clock = new PeerClock();
  #nextId = 1;
  #serving = false;
  #silentLooks = 0;
  #over = false;

  constructor(options: MediaChildOptions) {
    this.#options = options;
    this.#process = new Deno.Command(LAUNCHER, {
      clearEnv: true,
      env: environmentFor(options.v8Flags),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#process.pid;
    this.#input = this.#process.stdin.getWriter();
    this.ready = this.#ready.promise;
    // Whoever waits hears of it; nobody has to.
    this.ready.catch(() => {});
    this.#watch = setInterval(() => this.#look(), LOOK_MS);
    const late = setTimeout(() => this.#fail("it didn't start in time"), START_MS);
    this.ready.then(() => clearTimeout(late), () => clearTimeout(late));
    this.ended = this.#run();
    const { address, port, announcedAddress, idPrefix } = options;
    this.#write({ type: "start", address, port, announcedAddress, idPrefix });
  }

  /** Calls a method of the core. Rejects with a {@linkcode MediaError}. */
  async call(method: string, args: unknown[]): Promise<unknown> {
    if (this.#over || this.#pending.size >= MAX_PENDING_CALLS) {
      throw new MediaError("unavailable", "the media process is not available");
    }
    const id = this.#nextId++;
    const settled = Promise.withResolvers<unknown>();
    this.#pending.set(id, settled);
    this.#write({ type: "call", id, method, args });
    return await settled.promise;
  }

  /** Lets the process end by itself, and ends it when it doesn't. */
  async close(): Promise<void> {
    const forced = setTimeout(() => this.kill(), 1000);
    await this.#input.close().catch(() => {});
    await this.ended;
    clearTimeout(forced);
  }

  /** Ends it at once. */
  kill(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }

  async #run(): Promise<void> {
    await Promise.all([this.#readReplies(), this.#readErrors(), this.#process.status]);
    this.#over = true;
    clearInterval(this.#watch);
    this.#ready.reject(new MediaError("unavailable", "the media process ended"));
    for (const call of this.#pending.values()) {
      call.reject(new MediaError("unavailable", "the media process ended"));
    }
    this.#pending.clear();
    await this.#input.abort().catch(() => {});
  }

  async #readReplies(): Promise<void> {
    const reader = new FrameReader();
    try {
      for await (const piece of this.#process.stdout) {
        this.#silentLooks = 0;
        for (const message of reader.push(piece)) {
          if (message instanceof Uint8Array) this.#hand(message.slice());
          else this.#receive(message as ControlReply);
        }
      }
    } catch (error) {
      this.#fail(`its answers can't be read: ${error}`);
    }
  }

  #hand(batch: Uint8Array<ArrayBuffer>): void {
    setClock(batch, this.#clock.behindMs);
    this.#options.onRecorded(batch);
  }

  async #readErrors(): Promise<void> {
    const lines = this.#process.stderr.pipeThrough(new TextDecoderStream());
    for await (const text of lines) {
      this.#options.logger.warn("media process wrote", {
        pid: this.pid,
        text: text.slice(0, MAX_LINE_CHARACTERS),
      });
    }
  }

  #receive(reply: ControlReply): void {
    switch (reply.type) {
      case "ready":
        this.#clock.hear(reply.at, performance.now());
        this.#serving = true;
        if (!reply.tcp) {
          this.#options.logger.warn(
            "media goes by UDP alone: the port is taken for TCP. " +
              "Set MEDIA_PORT to another one for networks that let no UDP through",
            { pid: this.pid, port: reply.port },
          );
        }
        this.#ready.resolve(reply.port);
        break;
      case "failed":
        this.#ready.reject(new MediaError("unavailable", reply.message));
        break;
      case "result":
        this.#pending.get(reply.id)?.resolve(reply.value);
        this.#pending.delete(reply.id);
        break;
      case "error": {
        const code = MEDIA_ERROR_CODES.find((known) => known === reply.code) ?? "unavailable";
        this.#pending.get(reply.id)?.reject(new MediaError(code, reply.message));
        this.#pending.delete(reply.id);
        break;
      }
      case "event":
        this.#options.onEvent(reply.routerId, reply.event);
        break;
      case "fault":
        this.#options.logger.error("media process fault", {
          pid: this.pid,
          fault: reply.message,
        });
        break;
      case "alive":
        this.#clock.hear(reply.at, performance.now());
        break;
    }
  }

  /** Counted in looks, not in time: when this process stalls, the other isn't to blame. */
  #look(): void {
    // Until it serves, the limit on starting holds.
    if (!this.#serving) return;
    this.#silentLooks++;
    if (this.#silentLooks > SILENT_LOOKS) this.#fail("it hangs");
  }

  #fail(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.logger.error("media process is ended", { pid: this.pid, reason });
    this.#ready.reject(new MediaError("unavailable", `media process: ${reason}`));
    this.kill();
  }

  #write(request: ControlRequest): void {
    // A broken pipe shows as the end of the process.
    this.#input.write(encodeFrame(request)).catch(() => {});
  }
}

function environmentFor(v8Flags: readonly string[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = Deno.env.get(name);
    if (value !== undefined) environment[name] = value;
  }
  if (v8Flags.length > 0) environment["DENO_V8_FLAGS"] = v8Flags.join(",");
  return environment;
}
