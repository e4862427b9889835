/**
 * The recorder as the main process sees it: a worker behind promises.
 *
 * Nothing here waits for the database. Invariant: when the worker dies, calls reject and rooms are told; lessons go on.
 */
import type { RecordingLibrary } from "../library.ts";
import type { Happening, LogPoint, NewEntry, OpenRecording } from "../ports.ts";
import {
  type FromWorker,
  LIBRARY_CALLS,
  type RecorderStart,
  type ToWorker,
  type WriterCall,
} from "./calls.ts";
import type { TrackSource } from "./writer.ts";

export type { TrackSource } from "./writer.ts";

/** What a recording's owner is told. */
export interface TrackListener {
  /** Something of it was stored. */
  kept(): void;
  /** Nothing can be kept of it before a key frame. */
  keyFrameWanted(): void;
}

export interface RecorderLogger {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

const STOP_MS = 5000;
/** A room waits no longer for its recording to be begun or ended; a later start completes it. */
const CALL_MS = 10_000;

export class Recorder {
  readonly library: RecordingLibrary;
  readonly #worker: Worker;
  readonly #logger: RecorderLogger;
  readonly #ready = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #tracks = new Map<number, TrackListener>();
  readonly #storingListeners = new Set<(works: boolean) => void>();
  #nextCall = 1;
  #nextTrack = 1;
  #works = true;
  #over = false;

  private constructor(logger: RecorderLogger) {
    this.#logger = logger;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url).href, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#die(event.message);
    };
    this.library = this.#makeLibrary();
  }

  /** Starts it; rejects when its database can't be opened. */
  static async start(start: RecorderStart, logger: RecorderLogger): Promise<Recorder> {
    const recorder = new Recorder(logger);
    recorder.#post({ type: "start", start });
    try {
      await recorder.#ready.promise;
    } catch (error) {
      recorder.#worker.terminate();
      throw error;
    }
    return recorder;
  }

  /** Whether media can be stored now. */
  get works(): boolean {
    return this.#works && !this.#over;
  }

  /** Begins or takes up the recording of a meeting; null when it is over. */
  async begin(meetingId: string, point: LogPoint): Promise<OpenRecording | null> {
    return await this.#call("begin", meetingId, point) as OpenRecording | null;
  }

  async pause(recordingId: string, point: LogPoint): Promise<void> {
    await this.#call("pause", recordingId, point);
  }

  async resume(recordingId: string, point: LogPoint): Promise<void> {
    await this.#call("resume", recordingId, point);
  }

  /** Resolves when it can be watched. */
  async end(recordingId: string, point: LogPoint): Promise<void> {
    await this.#call("end", recordingId, point);
  }

  /** Lets go of a recording that goes on when the server is there again. */
  async suspend(recordingId: string): Promise<void> {
    await this.#call("suspend", recordingId);
  }

  /** Ends recordings whose meetings are over; answers how many. */
  async recover(now: number): Promise<number> {
    return await this.#call("recover", now) as number;
  }

  /** Answers the number under which the media engine is to hand the producer's packets over. */
  openTrack(source: TrackSource, listener: TrackListener): number {
    const track = this.#nextTrack++;
    this.#tracks.set(track, listener);
    this.#post({ type: "openTrack", track, source });
    return track;
  }

  interruptTrack(track: number): void {
    this.#post({ type: "interruptTrack", track });
  }

  closeTrack(track: number): void {
    if (this.#tracks.delete(track)) this.#post({ type: "closeTrack", track });
  }

  /** Packets from the media process. The batch is handed over. */
  receive(batch: Uint8Array<ArrayBuffer>): void {
    this.#post({ type: "packets", batch }, [batch.buffer]);
  }

  entry(entry: NewEntry): void {
    this.#post({ type: "entry", entry });
  }

  mark(recordingId: string, at: number, happening: Happening): void {
    this.#post({ type: "mark", recordingId, at, happening });
  }

  /** Hears when media can't be stored, and when it can again, until the answered function is called. */
  onStoring(listener: (works: boolean) => void): () => void {
    this.#storingListeners.add(listener);
    return () => this.#storingListeners.delete(listener);
  }

  async close(): Promise<void> {
    if (!this.#over) {
      this.#post({ type: "stop" });
      const late = setTimeout(() => this.#stopped.resolve(), STOP_MS);
      await this.#stopped.promise;
      clearTimeout(late);
    }
    this.#over = true;
    this.#worker.terminate();
    for (const call of this.#pending.values()) call.reject(new Error("the recorder is closed"));
    this.#pending.clear();
  }

  async #call(method: WriterCall, ...args: unknown[]): Promise<unknown> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`${method}: no answer`)), CALL_MS);
    try {
      return await Promise.race([this.#ask("writer", method, args), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #ask(target: "writer" | "library", method: string, args: unknown[]): Promise<unknown> {
    if (this.#over) return Promise.reject(new Error("the recorder is not available"));
    const id = this.#nextCall++;
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, answer);
    this.#post({ type: "call", id, target, method, args });
    return answer.promise;
  }

  #makeLibrary(): RecordingLibrary {
    const calls = LIBRARY_CALLS.map((name) => [
      name,
      (...args: unknown[]) => this.#ask("library", name, args),
    ]);
    return Object.fromEntries(calls) as RecordingLibrary;
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    if (!this.#over) this.#worker.postMessage(message, transfer);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "ready":
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
      case "kept":
        for (const track of message.tracks) this.#tracks.get(track)?.kept();
        return;
      case "keyFramesWanted":
        for (const track of message.tracks) this.#tracks.get(track)?.keyFrameWanted();
        return;
      case "storing":
        return this.#tellStoring(message.works, message.reason);
      case "moving":
        if (message.works) return this.#logger.info("media is moved to the object store again");
        return this.#logger.error(
          "media can't be moved to the object store; the database keeps it",
          {
            reason: message.reason,
          },
        );
      case "fault":
        return this.#logger.error("recorder fault", { fault: message.message });
      case "stopped":
        return this.#stopped.resolve();
    }
  }

  #tellStoring(works: boolean, reason: string): void {
    this.#works = works;
    if (works) this.#logger.info("recordings are stored again");
    else this.#logger.error("recordings can't be stored", { reason });
    for (const listener of this.#storingListeners) listener(works);
  }

  #die(reason: string): void {
    if (this.#over) return;
    this.#tellStoring(false, reason);
    this.#over = true;
    this.#ready.reject(new Error(reason));
    this.#stopped.resolve();
    for (const call of this.#pending.values()) call.reject(new Error("the recorder ended"));
    this.#pending.clear();
  }
}
