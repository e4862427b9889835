/** What the recorder needs from outside, as interfaces. `db` implements them. Times are Unix ms where not said. */
import type { MediaSource } from "../rooms/document/schema.ts";
import type { LogPoint } from "../rooms/ports.ts";
import type { EntryKind } from "./log_entries.ts";
import type { Marker } from "./manifest.ts";

export interface OpenRecording {
  recordingId: string;
  startedAt: number;
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
  chunks: NewChunk[];
  entries: NewEntry[];
  markers: NewMarker[];
}

/** What {@linkcode finishTrack} reads of a track: its shape and where its clusters stand. */
export interface TrackIndex {
  codec: "opus" | "vp8";
  width: number | null;
  height: number | null;
  headerBytes: number;
  /** In the order of the file. */
  chunks: { fromMs: number; toMs: number; entry: boolean; startByte: number; bytes: number }[];
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
  trackIndex(trackId: number): Promise<TrackIndex | null>;
  completeTrack(trackId: number, file: { header: Uint8Array; cues: Uint8Array }): Promise<void>;
  /** Takes what was logged in pauses out of recordings that ended before `before`. */
  forgetPauses(before: number): Promise<void>;
  /** Recordings that were not ended although their meetings are over, and how far they go. */
  abandoned(): Promise<{ recordingId: string; point: LogPoint }[]>;
}
