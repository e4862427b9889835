import type { SnapshotLimits } from "./document/snapshot_schedule.ts";

/** A lesson is booked for at most so long. */
export const MAX_LESSON_MS = 24 * 3_600_000;

/** How long a room waits, and how large it may grow. */
export interface RoomLimits {
  /** People in a room, here or reconnecting. */
  participants: number;
  /** People who ever came in. */
  people: number;
  /** People in front of the door. */
  waiting: number;
  /** The document: encoded, in items of Yjs, and by an estimate of the memory that it takes. */
  documentBytes: number;
  documentItems: number;
  documentHeapBytes: number;
  /** Client ids that one participant may write under at a time; more than one claim may name (64). */
  clientIds: number;
  /** Milliseconds a second that the server works on one participant's changes, and how many at once (a resync). */
  effortMsPerSecond: number;
  effortBurstMs: number;
  /** One awareness state, as JSON. */
  presenceBytes: number;
  /** Chat messages that a meeting keeps. */
  chatMessages: number;
  /** A dropped person shows as reconnecting for this long, then as left. */
  reconnectMs: number;
  /** A room that everybody left is completed after this. */
  emptyMs: number;
  /** What a host may add to the end, all extensions together; 0 for nothing. */
  extendMs: number;
  /** How long before the end the room is warned. Longest first. */
  warningsMs: readonly number[];
  snapshots: SnapshotLimits;
  /** `saved` notices to one participant keep this distance. */
  savedMs: number;
  /** Wait after a failed commit before the document is tried again. */
  retryMs: number;
}

export const DEFAULT_ROOM_LIMITS: RoomLimits = {
  participants: 200,
  people: 2000,
  waiting: 200,
  documentBytes: 64 * 1024 * 1024,
  documentItems: 1_000_000,
  documentHeapBytes: 512 * 1024 * 1024,
  clientIds: 256,
  effortMsPerSecond: 200,
  effortBurstMs: 2000,
  presenceBytes: 8 * 1024,
  chatMessages: 10_000,
  reconnectMs: 30_000,
  emptyMs: 10 * 60_000,
  extendMs: 60 * 60_000,
  warningsMs: [10 * 60_000, 2 * 60_000],
  snapshots: { logBytes: 2 * 1024 * 1024, everyMs: 5 * 60_000 },
  savedMs: 500,
  retryMs: 2000,
};
