/**
 * What time it is in one lesson: the machine's time of day as it stood when the room opened, and from there on the
 * monotonic clock.
 *
 * Invariant: setting the machine's clock moves nothing of what is stored of a lesson against the rest of it.
 */
import type { MonotonicMs, UnixMs } from "./clocks.ts";

export interface Clocks {
  now(): UnixMs;
  clock(): MonotonicMs;
}

/** Less isn't set: the two clocks are read one after the other. */
const SET_MS = 1000;

export class LessonTime {
  #aheadMs: number;

  constructor(private readonly clocks: Clocks) {
    this.#aheadMs = clocks.now() - clocks.clock();
  }

  now(): UnixMs {
    return Math.round(this.clocks.clock() + this.#aheadMs);
  }

  /** The machine's time of day: what was booked goes by it. */
  ofDay(): UnixMs {
    return this.clocks.now();
  }

  /** What is to be added to the monotonic clock for the lesson's time. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** A time of day that lies ahead, in the lesson's time. */
  until(ofDay: UnixMs): UnixMs {
    const setMs = this.ofDay() - this.now();
    return Math.abs(setMs) < SET_MS ? ofDay : ofDay - setMs;
  }

  /** Something of the lesson is stored that was at `at`, before the server started anew: what comes follows it. */
  follow(at: UnixMs): void {
    if (this.now() < at) this.#aheadMs = at - this.clocks.clock();
  }
}
