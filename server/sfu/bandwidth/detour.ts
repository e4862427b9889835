/**
 * Tells a path that became longer from a queue: a queue drains or grows when less or more is sent, a longer path doesn't.
 *
 * Pure. When others fill a queue it looks like a longer path too; what it says then only ends the waiting for it to drain.
 */

/** Delays that differ by this little are the same. */
const SAME_MS = 8;
/** Rates that differ by this part are others. */
const OTHER = 0.25;
/** Where less than that arrives a queue is full. */
const ALL_ARRIVED = 0.95;
/** Beside the round trip: a queue moves by more than {@linkcode SAME_MS} in that time. */
const PROOF_MS = 800;

export interface Passage {
  /** What seems to be a queue. */
  queueMs: number;
  /** Bits a second, both. */
  sent: number;
  arrived: number;
  roundTripMs: number;
}

export class Detour {
  #queueMs = 0;
  #sent = 0;
  #otherSinceMs = -1;

  /** Whether what seemed to be a queue is the path itself. */
  observe({ queueMs, sent, arrived, roundTripMs }: Passage, nowMs: number): boolean {
    if (Math.abs(queueMs - this.#queueMs) > SAME_MS) {
      this.#queueMs = queueMs;
      this.#sent = sent;
      this.#otherSinceMs = -1;
      return false;
    }
    const other = Math.abs(sent - this.#sent) > OTHER * this.#sent && arrived > sent * ALL_ARRIVED;
    if (!other) this.#otherSinceMs = -1;
    else if (this.#otherSinceMs < 0) this.#otherSinceMs = nowMs;
    return other && nowMs - this.#otherSinceMs > roundTripMs + PROOF_MS;
  }
}
