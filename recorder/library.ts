/** How recordings are read, listed and deleted. `db` implements it; the server asks it of the recorder's worker. */
import type { CarriedFile } from "./carry_over.ts";
import type { Manifest } from "../rooms/contract/recording/manifest.ts";

export interface RecordingSummary {
  recordingId: string;
  meetingId: string;
  title: string;
  state: "recording" | "paused" | "ready";
  /** Unix ms. */
  startedAt: number;
  endedAt: number | null;
  /** The size of all media files together. */
  mediaBytes: number;
}

export interface RecordingPage {
  recordings: RecordingSummary[];
  /** Where the next page starts; null on the last. */
  next: string | null;
}

export interface RecordingQuery {
  limit: number;
  /** The `next` of the page before. */
  cursor: string | null;
  meetingId?: string | undefined;
  state?: "recording" | "paused" | "ready" | undefined;
}

/** Whole clusters of a track. Times are on the recording's timeline. */
export interface ClusterRange {
  data: Uint8Array<ArrayBuffer>;
  fromMs: number;
  /** Where to go on. */
  toMs: number;
}

/** What a manifest says to everybody alike. */
export type ManifestCore = Omit<Manifest, "you" | "mayDelete">;

/** Null answers: there is no such thing. */
export interface RecordingLibrary {
  find(recordingId: string): Promise<RecordingSummary | null>;
  manifest(recordingId: string): Promise<ManifestCore | null>;
  /** Entries of log_entries.ts. */
  segment(recordingId: string, index: number): Promise<Uint8Array<ArrayBuffer> | null>;
  snapshot(recordingId: string, atMs: number): Promise<Uint8Array<ArrayBuffer> | null>;
  log(recordingId: string, fromMs: number, toMs: number): Promise<Uint8Array<ArrayBuffer> | null>;
  header(recordingId: string, trackId: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Null when there is nothing from there on. `goesOn` asks for no entry at the beginning. */
  clusters(
    recordingId: string,
    trackId: string,
    range: { fromMs: number; toMs: number; goesOn: boolean },
  ): Promise<ClusterRange | null>;
  /** The size of a track's file now. */
  fileBytes(recordingId: string, trackId: string): Promise<number | null>;
  /** A part of a track's file, `end` excluded. */
  file(
    recordingId: string,
    trackId: string,
    start: number,
    end: number,
  ): Promise<Uint8Array<ArrayBuffer> | null>;
  list(query: RecordingQuery): Promise<RecordingPage>;
  /** A token that opens the recording until then. */
  createLink(recordingId: string, now: number, expiresAt: number): Promise<string>;
  /** Whether the token opens this recording. */
  checkLink(recordingId: string, token: string, now: number): Promise<boolean>;
  /** Removes media, log and images. False when it isn't there or still being recorded. */
  delete(recordingId: string): Promise<boolean>;
  /** Ready recordings that ended before `before`. */
  expired(before: number): Promise<string[]>;
  /** A lesson's board at its end, recorded or not: see `carriedBoard`. */
  board(meetingId: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** A lesson's code files at its end, recorded or not. */
  codeFiles(meetingId: string): Promise<CarriedFile[] | null>;
}
