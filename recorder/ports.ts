/** What the recorder needs from outside, as interfaces. `db` implements them. Times are Unix ms where not said. */
import type { MediaSource } from "../rooms/contract/document/schema.ts";
import type { LogPoint } from "../rooms/ports.ts";
import type { EntryKind } from "../rooms/contract/recording/log_entries.ts";
import type { Marker } from "../rooms/contract/recording/manifest.ts";

export interface OpenRecording {
  recordingId: string;
  startedAt: number;
  /** How far its media goes that is stored already. */
  keptUntil: number;
}

export type { LogPoint };

export interface NewTrack {
  trackId: number;
  recordingId: string;
  participantId: string;
  source: MediaSource;
  kind: "audio" | "video";
  codec: "opus" | "vp8";
  width: number | null;
  height: number | null;
  startedAt: number;
  header: Uint8Array;
}

/** A track's pictures became larger than all before. */
export interface NewSize {
  trackId: number;
  width: number;
  height: number;
  header: Uint8Array;
}

export interface NewChunk {
  trackId: number;
  /** On the track's own timeline. */
  fromMs: number;
  toMs: number;
  entry: boolean;
  /** From the first cluster. */
  startByte: number;
  data: Uint8Array;
}

export interface NewEntry {
  recordingId: string;
  at: number;
  kind: Extract<EntryKind, "presence" | "speaker">;
  payload: Uint8Array;
}

/** A marker before it is placed on the timeline. Tracks and pauses make their own. */
export type Happening = Exclude<Marker, { type: "screen" | "pause" }> extends infer M
  ? M extends Marker ? Omit<M, "atMs"> : never
  : never;

export interface NewMarker {
  recordingId: string;
  at: number;
  happening: Happening;
}

/** What is kept in one commit. */
export interface Kept {
  tracks: NewTrack[];
  sizes: NewSize[];
  chunks: NewChunk[];
  entries: NewEntry[];
  markers: NewMarker[];
}

/** What {@linkcode finishTrack} reads of a track: its shape, how long it is, and where it can be begun with. */
export interface TrackIndex {
  codec: "opus" | "vp8";
  width: number | null;
  height: number | null;
  headerBytes: number;
  durationMs: number;
  clustersBytes: number;
  /** The first entry of each `everyMs`, in the order of the file. */
  entries: { fromMs: number; startByte: number }[];
}

/** A stretch of a track's clusters, counted from the first. */
export interface MediaPiece {
  trackId: number;
  recordingId: string;
  startByte: number;
  data: Uint8Array<ArrayBuffer>;
}

/** Media that moves out of the database, piece by piece from a track's beginning, and what is left of it there. */
export interface MediaRows {
  /** Tracks of which something isn't in objects yet. Some of those in `except` may be left out. */
  tracks(except: readonly number[]): Promise<number[]>;
  /** A track's next piece that is worth an object of about so many bytes, or is its last. */
  nextPiece(trackId: number, objectBytes: number): Promise<MediaPiece | null>;
  /** Names the object before it is written, so that it is found again if the process ends meanwhile. */
  beginObject(key: string, piece: MediaPiece, now: number): Promise<void>;
  /** The object is stored: the rows let go of its bytes. False when it isn't needed any more. */
  finishObject(key: string, now: number): Promise<boolean>;
  /** Objects that nothing refers to: of deleted recordings, and those begun before `before` and never finished. */
  unneededObjects(before: number): Promise<string[]>;
  /** The object is gone. */
  forgetObject(key: string): Promise<void>;
}

/** A store of objects beside the database. Keys are made of letters, digits, `-` and `/`. */
export interface ObjectStore {
  put(key: string, data: Uint8Array<ArrayBuffer>): Promise<void>;
  /** A part of an object, `end` excluded. Rejects when it isn't there. */
  read(key: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Resolves when there is no such object (any more). */
  remove(key: string): Promise<void>;
}

/** Where recordings are kept. A method resolves when what it did is durable. */
export interface RecordingStore {
  /** The meeting's recording, made when there is none. Null when it is over already. */
  begin(meetingId: string, point: LogPoint): Promise<OpenRecording | null>;
  pause(recordingId: string, point: LogPoint): Promise<void>;
  resume(recordingId: string, point: LogPoint): Promise<void>;
  /** The recording is ready, and the meeting says where it is. */
  end(recordingId: string, point: LogPoint): Promise<void>;
  keep(kept: Kept): Promise<void>;
  unfinishedTracks(recordingId: string): Promise<number[]>;
  trackIndex(trackId: number, everyMs: number): Promise<TrackIndex | null>;
  completeTrack(trackId: number, file: { header: Uint8Array; cues: Uint8Array }): Promise<void>;
  /** Recordings that ended before `before`, or are in `over`, of whose pauses something may be left in the log. */
  withPauses(before: number, over: readonly string[]): Promise<string[]>;
  /** Takes what was logged in its pauses out of a recording that is over. */
  forgetPauses(recordingId: string): Promise<void>;
  /** Recordings that were not ended although their meetings are over. */
  abandoned(): Promise<string[]>;
  /** How far an abandoned one goes. */
  endOf(recordingId: string): Promise<LogPoint>;
  /** Tracks of recordings that are over whose files were not completed. */
  leftTracks(): Promise<number[]>;
}
