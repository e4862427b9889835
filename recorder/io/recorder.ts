/**
 * The recorder as the main process sees it: a thread behind promises, replaced when it dies.
 *
 * Nothing here waits for the database. Invariants: when the thread dies, the recordings of running lessons go on in a
 * new one, each source as a new track, and calls wait for it; rooms are told when that takes long; lessons go on.
 */
import type { RecordingTrouble } from "../../rooms/contract/document/schema.ts";
import type { Logger } from "../../rooms/contract/logger.ts";
import { Quarantine, reportsTo } from "../../rooms/quarantine.ts";
import type { RecordingLibrary } from "../library.ts";
import type { Happening, LogPoint, NewEntry, OpenRecording } from "../ports.ts";
import { LIBRARY_CALLS, type RecorderStart, type ToWorker, type WriterCall } from "./calls.ts";
import { RecorderThread, ThreadEnded, type Told } from "./recorder_thread.ts";
import type { TrackSource } from "./live_track.ts";

export type { TrackSource } from "./live_track.ts";

/** What a recording's owner is told. */
export interface TrackListener {
  /** Something of it was stored. */
  kept(): void;
  /** Nothing can be kept of it before a key frame. */
  keyFrameWanted(): void;
}

/** A room waits no longer for its recording to be begun or ended; a later start completes it. */
const CALL_MS = 10_000;
/** Between attempts to start a thread that can't start or dies at once, at first; it doubles up to the limit. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 30_000;
/** A thread that lived longer is replaced at once. */
const STABLE_MS = 60_000;
/** Rooms aren't alarmed by a gap that is shorter. */
const GAP_MS = 3000;
/** Cursors and markers that aren't stored yet. */
const MAX_NOTES = 5000;

const WORKER = new URL("./worker.ts", import.meta.url);

interface OpenTrack {
  source: TrackSource;
  listener: TrackListener;
}

export class Recorder {
  readonly library: RecordingLibrary;
  /** What the thread set aside, and recordings that a new thread couldn't take up. */
  readonly quarantine: Quarantine;
  readonly #tracks = new Map<number, OpenTrack>();
  /** What a new thread has to take up. */
  readonly #recordings = new Map<string, { meetingId: string; point: LogPoint }>();
  /** Recordings that the thread has. */
  readonly #taken = new Set<string>();
  readonly #storingListeners = new Set<(trouble: RecordingTrouble | null) => void>();
  /** The thread that serves; null while it is replaced. */
  #thread: RecorderThread | null = null;
  #serving: Promise<RecorderThread>;
  /** Cursors and markers that a new thread has to be given again, and how many before them this one has stored. */
  readonly #notes: ToWorker[] = [];
  #notesStored = 0;
  #nextTrack = 1;
  /** Why media can't be stored; null while it can. */
  #trouble: { kind: RecordingTrouble; reason: string } | null = null;
  #restarts = 0;
  #droppedBatches = 0;
  #retryMs = 0;
  #startedAt = 0;
  #closed = false;

  private constructor(
    private readonly begun: RecorderStart,
    private readonly logger: Logger,
    private readonly module: URL,
  ) {
    this.library = this.#makeLibrary();
    this.quarantine = new Quarantine(reportsTo(logger));
    this.#serving = this.#spawn();
  }

  /** Starts it; rejects when its database can't be opened. `module` is what runs in its thread. */
  static async start(
    start: RecorderStart,
    logger: Logger,
    module: URL = WORKER,
  ): Promise<Recorder> {
    const recorder = new Recorder(start, logger, module);
    await recorder.#serving;
    return recorder;
  }

  /** Why media can't be stored now, the reason in words for the operator; null while it can. */
  get trouble(): { kind: RecordingTrouble; reason: string } | null {
    return this.#trouble;
  }

  counters(): Record<string, number> {
    return {
      recorderWorks: this.#trouble === null ? 1 : 0,
      recorderRestarts: this.#restarts,
      recordings: this.#recordings.size,
      recordedTracks: this.#tracks.size,
      recordingBatchesDropped: this.#droppedBatches,
    };
  }

  /** Begins or takes up the recording of a meeting; null when it is over. */
  async begin(meetingId: string, point: LogPoint): Promise<OpenRecording | null> {
    const open = await this.#call("begin", meetingId, point) as OpenRecording | null;
    if (open !== null) {
      this.#recordings.set(open.recordingId, { meetingId, point });
      this.#taken.add(open.recordingId);
    }
    return open;
  }

  async pause(recordingId: string, point: LogPoint): Promise<void> {
    await this.#call("pause", recordingId, point);
  }

  async resume(recordingId: string, point: LogPoint): Promise<void> {
    await this.#call("resume", recordingId, point);
  }

  /** Resolves when it can be watched. */
  async end(recordingId: string, point: LogPoint): Promise<void> {
    try {
      await this.#call("end", recordingId, point);
    } finally {
      this.#letGo(recordingId);
    }
  }

  /** Lets go of a recording that goes on when the server is there again. */
  async suspend(recordingId: string): Promise<void> {
    try {
      await this.#call("suspend", recordingId);
    } finally {
      this.#letGo(recordingId);
    }
  }

  /** Ends recordings whose meetings are over; answers how many. */
  async recover(now: number): Promise<number> {
    const thread = this.#thread;
    // One that ends meanwhile is replaced.
    if (thread !== null) await this.#takeUp(thread).catch(() => {});
    // Without a limit of time: nobody waits for it.
    return await this.#ask("writer", "recover", [now]) as number;
  }

  /** Answers the number under which the media engine is to hand the producer's packets over. */
  openTrack(source: TrackSource, listener: TrackListener): number {
    const track = this.#nextTrack++;
    this.#tracks.set(track, { source, listener });
    this.#thread?.post({ type: "openTrack", track, source });
    return track;
  }

  interruptTrack(track: number): void {
    this.#thread?.post({ type: "interruptTrack", track });
  }

  /** Their files are completed: one step for all of them. */
  closeTracks(tracks: readonly number[]): void {
    const open = tracks.filter((track) => this.#tracks.delete(track));
    if (open.length > 0) this.#thread?.post({ type: "closeTracks", tracks: open });
  }

  /** Packets from the media process. The batch is handed over. */
  receive(batch: Uint8Array<ArrayBuffer>): void {
    if (this.#thread?.hand(batch) !== true) this.#droppedBatches++;
  }

  entry(entry: NewEntry): void {
    this.#note({ type: "entry", entry });
  }

  mark(recordingId: string, at: number, happening: Happening): void {
    this.#note({ type: "mark", recordingId, when: at, happening });
  }

  /** Hears when media can't be stored, and when it can again, until the answered function is called. */
  onStoring(listener: (trouble: RecordingTrouble | null) => void): () => void {
    this.#storingListeners.add(listener);
    return () => this.#storingListeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#thread?.stop();
    this.#thread = null;
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

  /** Asks the thread, and the next one when it dies meanwhile: every call may be made twice. */
  async #ask(target: "writer" | "library", method: string, args: unknown[]): Promise<unknown> {
    for (let again = false;; again = true) {
      if (this.#closed) throw new Error("the recorder is closed");
      const thread = await this.#serving;
      try {
        return await thread.call(target, method, args);
      } catch (error) {
        if (again || !(error instanceof ThreadEnded)) throw error;
      }
    }
  }

  #makeLibrary(): RecordingLibrary {
    const calls = LIBRARY_CALLS.map((name) => [
      name,
      (...args: unknown[]) => this.#ask("library", name, args),
    ]);
    return Object.fromEntries(calls) as RecordingLibrary;
  }

  #note(message: ToWorker): void {
    if (this.#notes.length >= MAX_NOTES) return;
    this.#notes.push(message);
    this.#thread?.post(message);
  }

  // Starting and replacing

  /** Starts a thread and has it take up what is open. */
  async #spawn(): Promise<RecorderThread> {
    const thread = new RecorderThread({
      module: this.module,
      start: this.begun,
      onTold: (message) => this.#receive(message),
      onDeath: (reason) => this.#lost(thread, reason),
    });
    try {
      await thread.ready;
      this.#taken.clear();
      this.quarantine.clear();
      await this.#takeUp(thread);
    } catch (error) {
      thread.end("it couldn't be started");
      throw error;
    }
    if (this.#closed) thread.end("the recorder is closed");
    else this.#thread = thread;
    this.#startedAt = performance.now();
    this.#openTracks(thread, this.#taken);
    this.#notesStored = 0;
    for (const message of this.#notes) thread.post(message);
    return thread;
  }

  /** Has the thread go on with what it hasn't taken up yet: each recording by itself, and again when that failed. */
  async #takeUp(thread: RecorderThread): Promise<void> {
    for (const [recordingId, { meetingId, point }] of this.#recordings) {
      if (this.#taken.has(recordingId)) continue;
      let ended: ThreadEnded | null = null;
      await this.quarantine.attempt("recorded", recordingId, performance.now(), async () => {
        try {
          const open = await thread.call("writer", "begin", [meetingId, point]);
          if (open === null) return this.#recordings.delete(recordingId);
        } catch (error) {
          // That isn't the recording's fault.
          if (!(error instanceof ThreadEnded)) throw error;
          ended = error;
          return;
        }
        this.#taken.add(recordingId);
        if (thread === this.#thread) this.#openTracks(thread, new Set([recordingId]));
      });
      if (ended !== null) throw ended;
    }
  }

  #openTracks(thread: RecorderThread, recordings: ReadonlySet<string>): void {
    for (const [track, { source }] of this.#tracks) {
      if (recordings.has(source.recordingId)) thread.post({ type: "openTrack", track, source });
    }
  }

  #letGo(recordingId: string): void {
    this.#recordings.delete(recordingId);
    this.#taken.delete(recordingId);
    this.quarantine.release("recorded", recordingId);
  }

  #lost(thread: RecorderThread, reason: string): void {
    // One that dies while it is started is tried again by whoever starts it.
    if (this.#closed || thread !== this.#thread) return;
    this.#thread = null;
    this.logger.error("the recorder's thread ended", { reason });
    this.#serving = this.#replace();
    this.#serving.catch(() => {});
  }

  async #replace(): Promise<RecorderThread> {
    const gap = setTimeout(
      () => this.#tellStoring("storage", "the recorder is restarting"),
      GAP_MS,
    );
    try {
      if (performance.now() - this.#startedAt > STABLE_MS) this.#retryMs = 0;
      while (true) {
        await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
        this.#retryMs = Math.min(Math.max(RETRY_MS, 2 * this.#retryMs), MAX_RETRY_MS);
        if (this.#closed) throw new Error("the recorder is closed");
        this.#restarts++;
        const thread = await this.#spawn().catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : `${error}`;
          this.logger.error("the recorder's thread doesn't start", { reason });
        });
        if (thread === undefined) continue;
        this.logger.warn("the recorder's thread was replaced", {
          recordings: this.#recordings.size,
        });
        this.#tellStoring(null, "");
        // Video begins with a key frame.
        for (const { listener } of this.#tracks.values()) listener.keyFrameWanted();
        return thread;
      }
    } finally {
      clearTimeout(gap);
    }
  }

  #receive(message: Told): void {
    switch (message.type) {
      case "kept":
        for (const track of message.tracks) this.#tracks.get(track)?.listener.kept();
        return;
      case "keyFramesWanted":
        for (const track of message.tracks) this.#tracks.get(track)?.listener.keyFrameWanted();
        return;
      case "noted":
        this.#notes.splice(0, message.count - this.#notesStored);
        this.#notesStored = message.count;
        return;
      case "storing":
        return this.#tellStoring(message.trouble, message.reason);
      case "moving":
        if (message.works) return this.logger.info("media is moved to the object store again");
        return this.logger.error(
          "media can't be moved to the object store; the database keeps it",
          { reason: message.reason },
        );
      case "setAside": {
        const { task, id, reason } = message;
        if (reason === null) return this.quarantine.release(task, id);
        return this.quarantine.failed(task, id, reason, performance.now());
      }
      case "fault":
        return this.logger.error("recorder fault", { fault: message.message });
    }
  }

  #tellStoring(kind: RecordingTrouble | null, reason: string): void {
    const before = this.#trouble?.kind ?? null;
    this.#trouble = kind === null ? null : { kind, reason };
    if (before === kind) return;
    if (kind === null) this.logger.info("recordings are stored again");
    else this.logger.error("recordings can't be stored", { reason });
    for (const listener of this.#storingListeners) listener(kind);
  }
}
