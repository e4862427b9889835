/**
 * The recording of one room: which producers are kept, what happens meanwhile, and what the room is told about it.
 *
 * It stands between the room (which decides), the recorder (which keeps) and the media engine (which hands out).
 * Invariants: while the recording is paused nothing is handed out; a live source of which nothing is stored for
 * {@linkcode SILENT_MS} is told to the room, once.
 */
import type { Recorder, TrackSource } from "../../recorder/io/recorder.ts";
import { watchHappenings, type WorkTimes } from "../../recorder/happenings.ts";
import { ThinPresence } from "../../recorder/thin_presence.ts";
import type { MonotonicMs } from "../../rooms/clocks.ts";
import type { MediaSource, RecordingTrouble } from "../../rooms/contract/document/schema.ts";
import { RoomError } from "../../rooms/contract/errors.ts";
import type { Logger } from "../../rooms/contract/logger.ts";
import type { LessonTime } from "../../rooms/lesson_time.ts";
import type { LogPoint, RecordingPort } from "../../rooms/ports.ts";
import type { Room } from "../../rooms/room.ts";
import { type MediaEngine, MediaError } from "../sfu/media_engine.ts";
import type * as Y from "yjs";

/** A live source of which nothing was stored for so long isn't being recorded. */
export const SILENT_MS = 10_000;

const NAMES: Record<MediaSource, string> = {
  audio: "microphone",
  video: "camera",
  screen: "screen",
  screenAudio: "screen's sound",
};

const STOPPED: Record<RecordingTrouble, string> = {
  "disk-full": "The recording has stopped: the server's disk is full. The lesson goes on.",
  storage: "The recording has stopped: the server can't store it. The lesson goes on.",
};

interface Producer {
  source: Omit<TrackSource, "recordingId" | "aheadMs">;
  /** The recorder's number, null while it isn't kept. */
  track: number | null;
  /** Something was stored, or there was nothing to store. */
  wellAt: MonotonicMs;
  warned: boolean;
  /** Its sender is out of reach: there is nothing to store, and their tile says so. */
  quiet: boolean;
}

export interface RecordingDeps {
  recorder: Recorder;
  engine: Pick<MediaEngine, "record">;
  logger: Logger;
  time: LessonTime;
  clock(): MonotonicMs;
}

export class RecordingFeed implements RecordingPort {
  #room: Room | null = null;
  #recordingId: string | null = null;
  #keeping = false;
  readonly #producers = new Map<string, Producer>();
  readonly #presence = new ThinPresence();
  readonly #work: WorkTimes = { board: -Infinity, code: -Infinity };
  #watched: Y.Doc | null = null;
  #unwatch: () => void = () => {};
  #speaker = "";
  #trouble: RecordingTrouble | null = null;
  readonly #deafen: () => void;

  constructor(private readonly meetingId: string, private readonly deps: RecordingDeps) {
    this.#deafen = deps.recorder.onStoring((trouble) => this.#storing(trouble));
  }

  /** Names the room; before that, there is nobody to tell anything. */
  attach(room: Room): void {
    this.#room = room;
    this.#watch();
  }

  // What the room decides

  async begin(point: LogPoint, paused: boolean): Promise<void> {
    const open = await this.deps.recorder.begin(this.meetingId, point);
    if (open === null) throw new RoomError("over", "The recording of this meeting is over");
    this.#recordingId = open.recordingId;
    this.deps.time.follow(open.keptUntil);
    if (paused) {
      // Also when it was paused before it could be begun.
      await this.deps.recorder.pause(open.recordingId, point);
    } else {
      for (const participantId of this.#present()) this.#mark("join", participantId);
      this.#keep();
    }
    const { trouble } = this.deps.recorder;
    this.#storing(trouble?.kind ?? null);
  }

  hold(): void {
    this.#keeping = false;
    this.#letGo(this.#producers);
  }

  async pause(point: LogPoint): Promise<void> {
    this.hold();
    if (this.#recordingId !== null) await this.deps.recorder.pause(this.#recordingId, point);
  }

  async resume(point: LogPoint): Promise<void> {
    if (this.#recordingId === null) throw new Error("nothing was begun");
    await this.deps.recorder.resume(this.#recordingId, point);
    this.#keep();
  }

  async end(point: LogPoint): Promise<string | null> {
    const recordingId = this.#recordingId;
    this.#release();
    if (recordingId === null) return null;
    await this.deps.recorder.end(recordingId, point);
    return `/recordings/${recordingId}`;
  }

  async suspend(): Promise<void> {
    const recordingId = this.#recordingId;
    this.#release();
    if (recordingId !== null) await this.deps.recorder.suspend(recordingId);
  }

  presence(frame: Uint8Array): void {
    if (!this.#keeping) return;
    this.#presence.receive(frame, this.deps.clock());
    this.#flushPresence();
  }

  // What media tells

  produced(producerId: string, source: Omit<TrackSource, "recordingId" | "aheadMs">): void {
    const producer: Producer = {
      source,
      track: null,
      wellAt: this.deps.clock(),
      warned: false,
      quiet: false,
    };
    this.#producers.set(producerId, producer);
    if (this.#keeping) this.#take(producerId, producer);
  }

  gone(producerId: string): void {
    const producer = this.#producers.get(producerId);
    this.#producers.delete(producerId);
    if (producer !== undefined && producer.track !== null) {
      this.deps.recorder.closeTracks([producer.track]);
    }
  }

  /** Nothing comes from a producer's sender any more, or again something. */
  quiet(producerId: string, quiet: boolean): void {
    const producer = this.#producers.get(producerId);
    if (producer !== undefined) producer.quiet = quiet;
  }

  /** A muted producer's packets end at the server. */
  paused(producerId: string): void {
    const track = this.#producers.get(producerId)?.track ?? null;
    if (track !== null) this.deps.recorder.interruptTrack(track);
  }

  /** Participant ids, loudest first. */
  speakers(participantIds: readonly string[]): void {
    const [loudest = ""] = participantIds;
    if (!this.#keeping || this.#recordingId === null || loudest === this.#speaker) return;
    this.#speaker = loudest;
    this.deps.recorder.entry({
      recordingId: this.#recordingId,
      at: this.deps.time.now(),
      kind: "speaker",
      payload: new TextEncoder().encode(loudest),
    });
  }

  /** Does what is due; call it a few times a second. */
  tick(): void {
    this.#watch();
    if (!this.#keeping) return;
    this.#flushPresence();
    const now = this.deps.clock();
    for (const producer of this.#producers.values()) this.#checkHeard(producer, now);
  }

  // Inside

  #keep(): void {
    this.#keeping = true;
    for (const [id, producer] of this.#producers) this.#take(id, producer);
  }

  #take(producerId: string, producer: Producer): void {
    if (this.#recordingId === null || producer.track !== null) return;
    const track = this.deps.recorder.openTrack(
      {
        ...producer.source,
        recordingId: this.#recordingId,
        aheadMs: this.deps.time.aheadMs,
      },
      {
        kept: () => {
          producer.wellAt = this.deps.clock();
          producer.warned = false;
        },
        keyFrameWanted: () => this.#record(producerId, track),
      },
    );
    producer.track = track;
    producer.wellAt = this.deps.clock();
    this.#record(producerId, track);
  }

  #letGo(producers: Iterable<[string, Producer]>): void {
    const tracks: number[] = [];
    for (const [producerId, producer] of producers) {
      if (producer.track === null) continue;
      this.#record(producerId, null);
      tracks.push(producer.track);
      producer.track = null;
    }
    this.deps.recorder.closeTracks(tracks);
  }

  #record(producerId: string, track: number | null): void {
    this.deps.engine.record(producerId, track).catch((error: unknown) => {
      // It went meanwhile.
      if (error instanceof MediaError && error.code === "not-found") return;
      this.deps.logger.warn("Media: record failed", { meetingId: this.meetingId, error });
    });
  }

  #release(): void {
    this.hold();
    this.#producers.clear();
    this.#recordingId = null;
    this.#unwatch();
    this.#deafen();
  }

  #checkHeard(producer: Producer, now: MonotonicMs): void {
    const { participantId, source } = producer.source;
    const person = this.#room?.people.get(participantId);
    const live = person?.member != null && person.fields[source].on && !producer.quiet;
    if (!live || this.deps.recorder.trouble !== null) producer.wellAt = now;
    if (now - producer.wellAt < SILENT_MS || producer.warned) return;
    producer.warned = true;
    this.#warn(`${person?.fields.name ?? "Somebody"}'s ${NAMES[source]} isn't being recorded.`);
    if (producer.track !== null) {
      this.deps.logger.warn("nothing is recorded of a live source", {
        meetingId: this.meetingId,
        participantId,
        source,
      });
    }
  }

  #storing(trouble: RecordingTrouble | null): void {
    const before = this.#trouble;
    this.#trouble = trouble;
    this.#room?.recording?.troubled(trouble, this.deps.time.now());
    if (!this.#keeping || before === trouble) return;
    this.#warn(trouble === null ? "The recording goes on." : STOPPED[trouble]);
  }

  #warn(message: string): void {
    this.#room?.audience.notify("recording.warning", { message });
  }

  #present(): string[] {
    return this.#room?.people.present().map((person) => person.id) ?? [];
  }

  #mark(type: "join", participantId: string): void {
    if (this.#recordingId === null) return;
    this.deps.recorder.mark(this.#recordingId, this.deps.time.now(), { type, participantId });
  }

  #flushPresence(): void {
    if (this.#recordingId === null) return;
    const payload = this.#presence.take(this.deps.clock());
    if (payload === null) return;
    this.deps.recorder.entry({
      recordingId: this.#recordingId,
      at: this.deps.time.now(),
      kind: "presence",
      payload,
    });
  }

  /** The document is another one after it was rebuilt from the log. */
  #watch(): void {
    const doc = this.#room?.replica.doc ?? null;
    if (doc === null || doc === this.#watched) return;
    this.#unwatch();
    this.#watched = doc;
    this.#unwatch = watchHappenings(doc, this.#work, this.deps.clock, (happening) => {
      if (!this.#keeping || this.#recordingId === null) return;
      this.deps.recorder.mark(this.#recordingId, this.deps.time.now(), happening);
    });
  }
}
