/**
 * Keeps the recordings of this node: packets in, rows out, a few commits a second for all lessons together.
 *
 * The shell gives it batches, calls and the time. Invariants: {@linkcode FLUSH_MS} of media wait in memory, more only
 * while the database is slow and never more than {@linkcode MAX_HELD_BYTES}; when nothing can be stored, media that
 * comes is dropped, and what was stored stays as it is; what can't be stored of one recording costs no other.
 */
import type { RecordingTrouble } from "../../rooms/contract/document/schema.ts";
import { StepQueue } from "../../rooms/contract/step_queue.ts";
import type { Quarantine } from "../../rooms/quarantine.ts";
import type { MonotonicMs, UnixMs } from "../../rooms/clocks.ts";
import { finishLeft, finishTracks } from "../finish.ts";
import { isEmpty, joined, nothingKept, partsOf } from "../kept.ts";
import { readBatch } from "../packet_batch.ts";
import type {
  Happening,
  Kept,
  LogPoint,
  NewEntry,
  OpenRecording,
  RecordingStore,
} from "../ports.ts";
import { OffsetEstimator } from "../sender_clock.ts";
import { Track } from "../track.ts";
import { collect, type LiveTrack, type TrackSource } from "./live_track.ts";

/** Media that was received longer ago is stored. */
export const FLUSH_MS = 250;
/** After a failure, how long nothing is tried. */
const RETRY_MS = 5000;
/** Media that waits for a slow database; more is dropped. */
export const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** A room that ended earlier has stored everything. */
const CLOSED_MS = 60_000;
/** Many sweeps later its pauses are forgotten. */
const FORGOTTEN_MS = 3_600_000;
/** Cursors and markers that wait for a commit. */
const MAX_WAITING = 5000;

/** SQLite's own words for a disk, or a database, without room (SQLITE_FULL). */
const DISK_FULL = /SQLITE_FULL|disk is full/i;

export interface WriterEvents {
  /** These tracks have something new in the database. */
  kept(tracks: readonly number[]): void;
  /** These tracks can't go on before a key frame. */
  keyFramesWanted(tracks: readonly number[]): void;
  /** So many of the entries and markers that were ever given need not be given again. */
  noted(count: number): void;
  /** Storing fails, or works again (null). */
  storing(trouble: RecordingTrouble | null, reason: string): void;
}

export interface WriterPorts {
  quarantine: Quarantine;
  clock(): MonotonicMs;
  /** Why nothing more is to be stored, such as a full disk; null when there is no reason. */
  obstacle(): Promise<string | null>;
}

interface LiveRecording {
  /** By participant: the clock of all their tracks. */
  senders: Map<string, OffsetEstimator>;
  tracks: Set<LiveTrack>;
  /** When its last pause ended, by the time of the lesson. */
  resumedAt: UnixMs;
}

export class RecordingWriter {
  readonly #tracks = new Map<number, LiveTrack>();
  readonly #recordings = new Map<string, LiveRecording>();
  /** When recordings ended here that may have pauses to be forgotten. */
  readonly #endedAt = new Map<string, MonotonicMs>();
  #waiting: Pick<Kept, "entries" | "markers"> = { entries: [], markers: [] };
  /** Entries and markers that were given, ever. */
  #notes = 0;
  readonly #steps = new StepQueue();
  /** A flush that hasn't begun. */
  #nextFlush: Promise<void> | null = null;
  /** Received and not yet stored. */
  #heldBytes = 0;
  #trouble: RecordingTrouble | null = null;
  #retryAt: MonotonicMs = -Infinity;
  #now: MonotonicMs = 0;
  #storedBytes = 0;
  #droppedBatches = 0;

  constructor(
    private readonly store: RecordingStore,
    private readonly events: WriterEvents,
    private readonly ports: WriterPorts,
  ) {}

  get counters(): Record<string, number> {
    return {
      recordings: this.#recordings.size,
      recordedTracks: this.#tracks.size,
      recordedBytes: this.#storedBytes,
      recordingBatchesDropped: this.#droppedBatches,
    };
  }

  /** Begins or takes up the recording of a meeting; null when it is over. */
  begin(meetingId: string, point: LogPoint): Promise<OpenRecording | null> {
    return this.#steps.run(async () => {
      const open = await this.store.begin(meetingId, point);
      if (open === null) return null;
      // Whatever was open before a restart won't be continued.
      await this.#finish(await this.store.unfinishedTracks(open.recordingId));
      this.#recordings.set(open.recordingId, {
        senders: new Map(),
        tracks: new Set(),
        resumedAt: -Infinity,
      });
      return open;
    });
  }

  /** Nothing of what follows is kept. */
  pause(recordingId: string, point: LogPoint): Promise<void> {
    const stopped = this.#closeTracks(recordingId);
    return this.#steps.run(async () => {
      await stopped;
      await this.store.pause(recordingId, point);
    });
  }

  resume(recordingId: string, point: LogPoint): Promise<void> {
    const recording = this.#recordings.get(recordingId);
    if (recording !== undefined) recording.resumedAt = point.at;
    return this.#steps.run(() => this.store.resume(recordingId, point));
  }

  /** Completes every track; afterwards the recording is ready. What fails is left to {@linkcode recover}. */
  end(recordingId: string, point: LogPoint): Promise<void> {
    const stopped = this.#closeTracks(recordingId);
    return this.#steps.run(async () => {
      this.#recordings.delete(recordingId);
      await stopped;
      await this.#finish(await this.store.unfinishedTracks(recordingId));
      await this.store.end(recordingId, point);
      this.#endedAt.set(recordingId, this.ports.clock());
    });
  }

  /** Lets go of a recording that another start of the server will take up. */
  suspend(recordingId: string): Promise<void> {
    const stopped = this.#closeTracks(recordingId);
    return this.#steps.run(async () => {
      await stopped;
      this.#recordings.delete(recordingId);
    });
  }

  /**
   * Ends recordings whose meetings are over, tidies up behind pauses, and completes files that couldn't be; answers how
   * many recordings were ended.
   */
  recover(now: number): Promise<number> {
    return this.#steps.run(async () => {
      const { quarantine, clock } = this.ports;
      const over: string[] = [];
      for (const [recordingId, at] of this.#endedAt) {
        if (clock() - at >= CLOSED_MS) over.push(recordingId);
        if (clock() - at >= FORGOTTEN_MS) this.#endedAt.delete(recordingId);
      }
      const live = new Set([...this.#tracks.values()].map(({ trackId }) => trackId));
      return await finishLeft(this.store, quarantine, clock(), {
        before: now - CLOSED_MS,
        over,
        open: this.#recordings,
        isLive: (trackId) => live.has(trackId),
      });
    });
  }

  openTrack(number: number, source: TrackSource): void {
    const recording = this.#recordings.get(source.recordingId);
    if (recording === undefined) return;
    const { participantId, kind } = source;
    let sender = recording.senders.get(participantId);
    if (sender === undefined) {
      sender = new OffsetEstimator();
      recording.senders.set(participantId, sender);
    }
    const track = new Track(kind, sender, recording.resumedAt - source.aheadMs);
    const live: LiveTrack = {
      ...source,
      number,
      track,
      trackId: null,
      header: null,
      bytes: 0,
      closing: false,
    };
    this.#tracks.set(number, live);
    recording.tracks.add(live);
  }

  /** Its packets stop on purpose for a while. */
  interruptTrack(number: number): void {
    this.#tracks.get(number)?.track.interrupt();
  }

  /** Their producers are gone. */
  async closeTracks(numbers: readonly number[]): Promise<void> {
    const closing = numbers.flatMap((number) => this.#tracks.get(number) ?? []);
    if (closing.length > 0) await this.#close(closing);
  }

  /** Packets from the media process. */
  receive(batch: Uint8Array): void {
    if (this.#trouble !== null) {
      this.#droppedBatches++;
      return;
    }
    if (this.#heldBytes + batch.length > MAX_HELD_BYTES) {
      this.#droppedBatches++;
      return this.#say("storage", "the database is too slow");
    }
    this.#heldBytes += batch.length;
    for (const item of readBatch(batch)) {
      const live = this.#tracks.get(item.track);
      if (live === undefined || live.closing) continue;
      if (item.type === "packet") live.track.receive(item);
      else live.track.report(item);
    }
  }

  entry(entry: NewEntry): void {
    this.#notes++;
    if (this.#waiting.entries.length < MAX_WAITING) this.#waiting.entries.push(entry);
  }

  mark(recordingId: string, at: number, happening: Happening): void {
    this.#notes++;
    if (this.#waiting.markers.length >= MAX_WAITING) return;
    this.#waiting.markers.push({ recordingId, at, happening });
  }

  /**
   * Stores what is complete at `now`, on the clock of the packets; call it every {@linkcode FLUSH_MS}. Never rejects.
   */
  flush(now: MonotonicMs): Promise<void> {
    this.#now = now;
    return this.#nextFlush ??= this.#steps.run(() => {
      this.#nextFlush = null;
      return this.#storeAll(this.#now);
    }).catch(() => {});
  }

  async #storeAll(now: MonotonicMs): Promise<void> {
    const held = this.#heldBytes;
    await this.#store(now, this.#tracks.values());
    this.#heldBytes = Math.max(0, this.#heldBytes - held);
  }

  /** Stores what these tracks have complete. The others' clusters grow on. */
  async #store(now: MonotonicMs, lives: Iterable<LiveTrack>): Promise<void> {
    const { obstacle: look, clock } = this.ports;
    if (this.#trouble !== null && clock() < this.#retryAt) return this.#drop();
    const kept: Kept = { ...nothingKept(), ...this.#waiting };
    this.#waiting = { entries: [], markers: [] };
    const notes = this.#notes;
    const touched: LiveTrack[] = [];
    const starving: number[] = [];
    for (const live of lives) {
      if (collect(live, now, kept)) touched.push(live);
      if (live.track.starves) starving.push(live.number);
    }
    const obstacle = await look().catch((error: unknown) => `${error}`);
    let refused: ReadonlySet<string> = new Set();
    try {
      if (obstacle !== null) throw new Error(obstacle);
      if (!isEmpty(kept)) {
        refused = await this.#keep(kept, touched);
        this.events.noted(notes);
      }
    } catch (error) {
      this.#forget(kept, touched);
      // What the database itself refuses it would refuse again.
      if (obstacle !== null) this.#waiting.markers.unshift(...kept.markers);
      this.#retryAt = clock() + RETRY_MS;
      const reason = textOf(error);
      this.#say(obstacle !== null || DISK_FULL.test(reason) ? "disk-full" : "storage", reason);
      return;
    }
    this.#forget(kept, touched.filter(({ recordingId }) => refused.has(recordingId)));
    this.#say(null, "");
    const stored = touched.filter(({ recordingId }) => !refused.has(recordingId));
    if (stored.length > 0) this.events.kept(stored.map(({ number }) => number));
    if (starving.length > 0) this.events.keyFramesWanted(starving);
  }

  /** Answers of which recordings it couldn't be stored. Rejects when nothing can be stored at all. */
  async #keep(kept: Kept, touched: readonly LiveTrack[]): Promise<ReadonlySet<string>> {
    const { store, ports: { quarantine, clock } } = this;
    const recordings = new Map(touched.map((live) => [live.trackId ?? 0, live.recordingId]));
    const refused = new Set(quarantine.held("recorded", clock()));
    const parts = [...partsOf(kept, recordings)].filter(([id]) => !refused.has(id));
    const due = joined(parts.map(([, part]) => part));
    if (isEmpty(due)) return refused;
    try {
      await store.keep(due);
      for (const [id] of parts) quarantine.release("recorded", id);
      this.#count(due);
    } catch (error) {
      if (DISK_FULL.test(textOf(error))) throw error;
      for (const [id, part] of parts) {
        if (await quarantine.attempt("recorded", id, clock(), () => store.keep(part))) {
          this.#count(part);
        } else refused.add(id);
      }
      // When it is so of all, the fault isn't any recording's own.
      if ([...this.#recordings.keys()].every((id) => refused.has(id))) {
        for (const id of refused) quarantine.release("recorded", id);
        throw error;
      }
    }
    return refused;
  }

  #count({ chunks }: Kept): void {
    for (const { data } of chunks) this.#storedBytes += data.length;
  }

  /** While nothing can be stored, what the tracks still hold goes nowhere. Markers are few, and wait. */
  #drop(): void {
    this.#waiting.entries = [];
    for (const { track } of this.#tracks.values()) {
      track.interrupt();
      track.flush(Infinity);
    }
  }

  /** What couldn't be stored leaves no hole in a file: it is as if it had never come. */
  #forget(kept: Kept, touched: readonly LiveTrack[]): void {
    for (const live of touched) {
      const first = kept.chunks.find((chunk) => chunk.trackId === live.trackId);
      live.bytes = first?.startByte ?? live.bytes;
      live.header = null;
      if (kept.tracks.some((track) => track.trackId === live.trackId)) live.trackId = null;
      live.track.interrupt();
      live.track.flush(Infinity);
    }
  }

  #say(trouble: RecordingTrouble | null, reason: string): void {
    if (this.#trouble === trouble) return;
    this.#trouble = trouble;
    this.events.storing(trouble, reason);
  }

  #closeTracks(recordingId: string): Promise<void> {
    return this.#close([...this.#recordings.get(recordingId)?.tracks ?? []]);
  }

  /** Stores what the tracks still hold, and completes their files. What comes meanwhile isn't theirs any more. */
  #close(closing: readonly LiveTrack[]): Promise<void> {
    for (const live of closing) live.closing = true;
    return this.#steps.run(async () => {
      for (const { track } of closing) track.interrupt();
      await this.#store(this.#now, closing);
      for (const live of closing) {
        this.#tracks.delete(live.number);
        this.#recordings.get(live.recordingId)?.tracks.delete(live);
      }
      await this.#finish(closing.flatMap(({ trackId }) => trackId === null ? [] : [trackId]));
    });
  }

  #finish(trackIds: readonly number[]): Promise<void> {
    const { quarantine, clock } = this.ports;
    return finishTracks(this.store, quarantine, clock(), trackIds);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`;
}
