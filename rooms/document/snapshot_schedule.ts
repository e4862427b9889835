/**
 * Decides when a snapshot of a document is worth its bytes.
 *
 * Loading a room and seeking in a replay cost a snapshot and the log behind it, so the log is cut where it has become
 * as dear as a snapshot is, and every few minutes in between. No I/O; the time comes in.
 * Invariant: by their log alone, snapshots take no more room than the log does.
 */
import type { MonotonicMs } from "../clocks.ts";

export interface SnapshotLimits {
  /** Log bytes that are always cheap to read again. */
  logBytes: number;
  /** The usual distance of snapshots. */
  everyMs: number;
}

/** What reading and applying one row costs beyond its bytes. */
const ROW_BYTES = 64;

/** Where the log is below this share of the document, snapshots are rarer by the factor. */
const QUIET_SHARE = 1 / 16;
const QUIET_FACTOR = 3;

export class SnapshotSchedule {
  #rows = 0;
  #logBytes = 0;

  /** `stateBytes` and `now`: the newest snapshot's, or 0 and when the document was opened. */
  constructor(
    private readonly limits: SnapshotLimits,
    private stateBytes: number,
    private takenAt: MonotonicMs,
  ) {}

  /** Rows of the log that are in no snapshot. */
  get rows(): number {
    return this.#rows;
  }

  logged(updates: readonly { update: Uint8Array }[]): void {
    this.#rows += updates.length;
    for (const { update } of updates) this.#logBytes += update.byteLength + ROW_BYTES;
  }

  taken(stateBytes: number, now: MonotonicMs): void {
    this.#rows = 0;
    this.#logBytes = 0;
    this.stateBytes = stateBytes;
    this.takenAt = now;
  }

  due(now: MonotonicMs): boolean {
    if (this.#rows === 0) return false;
    if (this.#logBytes >= Math.max(this.limits.logBytes, this.stateBytes)) return true;
    const quiet = this.#logBytes < this.stateBytes * QUIET_SHARE;
    return now - this.takenAt >= this.limits.everyMs * (quiet ? QUIET_FACTOR : 1);
  }
}
