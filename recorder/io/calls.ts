/** What the main process and the recorder's worker say to each other. */
import type { DatabaseLocation } from "../../db/database.ts";
import type { RecordingTrouble } from "../../rooms/contract/document/schema.ts";
import type { MonotonicMs, UnixMs } from "../../rooms/clocks.ts";
import type { Task } from "../../rooms/quarantine.ts";
import type { Happening, NewEntry } from "../ports.ts";
import type { S3Location } from "./s3_objects.ts";
import type { TrackSource } from "./live_track.ts";

export interface RecorderStart {
  database: DatabaseLocation;
  /** Media isn't kept while the disk has less than this. 0: until it is full. */
  freeBytes: number;
  /** The folder whose disk is watched; null when the database is elsewhere. */
  dataDir: string | null;
  /** Where media is moved to; null keeps it in the database. */
  objects: S3Location | null;
}

/** `at`: when it was sent, on the main process's monotonic clock. */
export type ToWorker =
  | { type: "start"; at: MonotonicMs; start: RecorderStart }
  | { type: "call"; id: number; target: "writer" | "library"; method: string; args: unknown[] }
  | { type: "packets"; at: MonotonicMs; batch: Uint8Array }
  | { type: "openTrack"; track: number; source: TrackSource }
  | { type: "interruptTrack"; track: number }
  | { type: "closeTracks"; tracks: readonly number[] }
  | { type: "entry"; entry: NewEntry }
  | { type: "mark"; recordingId: string; when: UnixMs; happening: Happening }
  | { type: "ping"; at: MonotonicMs }
  | { type: "stop" };

export type FromWorker =
  | { type: "ready" }
  | { type: "failed"; message: string }
  | { type: "result"; id: number; value: unknown }
  | { type: "error"; id: number; message: string }
  | { type: "kept"; tracks: readonly number[] }
  | { type: "noted"; count: number }
  | { type: "keyFramesWanted"; tracks: readonly number[] }
  | { type: "storing"; trouble: RecordingTrouble | null; reason: string }
  | { type: "moving"; works: boolean; reason: string }
  /** A thing is set aside, or not any more (a null reason). */
  | { type: "setAside"; task: Task; id: string; reason: string | null }
  | { type: "fault"; message: string }
  /** A batch of packets of so many bytes. */
  | { type: "taken"; bytes: number }
  | { type: "alive" }
  | { type: "stopped" };

/** Methods of the writer that the main process may call. */
export const WRITER_CALLS = ["begin", "pause", "resume", "end", "suspend", "recover"] as const;
export type WriterCall = (typeof WRITER_CALLS)[number];

export const LIBRARY_CALLS = [
  "find",
  "manifest",
  "segment",
  "snapshot",
  "log",
  "header",
  "clusters",
  "fileBytes",
  "file",
  "list",
  "createLink",
  "checkLink",
  "delete",
  "expired",
  "board",
  "codeFiles",
] as const;
export type LibraryCall = (typeof LIBRARY_CALLS)[number];
