import type { MonotonicMs } from "./clocks.ts";

/** Lets a steady rate through, and short bursts. Takes the time, keeps no timer. */
export class TokenBucket {
  #tokens: number;
  #at: MonotonicMs;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    now: MonotonicMs,
  ) {
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes `cost` tokens; false when there aren't enough. */
  take(cost: number, now: MonotonicMs): boolean {
    this.#refill(now);
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Takes `cost` tokens that are spent already, if need be on credit. */
  spend(cost: number, now: MonotonicMs): void {
    this.#refill(now);
    this.#tokens -= cost;
  }

  /** Milliseconds until the credit is paid back; 0 when there is none. */
  blockedForMs(now: MonotonicMs): number {
    this.#refill(now);
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.perSecond * 1000;
  }

  #refill(now: MonotonicMs): void {
    if (now <= this.#at) return;
    const refilled = this.#tokens + (now - this.#at) * this.perSecond / 1000;
    this.#tokens = Math.min(this.burst, refilled);
    this.#at = now;
  }
}
