/**
 * The monotonic clock of another process or thread of this machine, read on ours. Both tick alike and began at other
 * moments; delay only ever adds, so the quickest message tells the difference.
 */
import type { MonotonicMs } from "../rooms/clocks.ts";

export class PeerClock {
  #behindMs = Infinity;

  /** A message that was sent at `theirs` came at `ours`. */
  hear(theirs: MonotonicMs, ours: MonotonicMs): void {
    this.#behindMs = Math.min(this.#behindMs, ours - theirs);
  }

  /** What is to be added to their times for ours. */
  get behindMs(): number {
    return this.#behindMs;
  }

  /** What their clock shows when ours shows `ours`. */
  at(ours: MonotonicMs): MonotonicMs {
    return ours - this.#behindMs;
  }
}
