/** Lets a steady rate through, and short bursts. Takes the time, keeps no timer. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  constructor(private readonly perSecond: number, private readonly burst: number, now: number) {
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes `cost` tokens; false when there aren't enough. */
  take(cost: number, now: number): boolean {
    if (now > this.#at) {
      const refilled = this.#tokens + (now - this.#at) * this.perSecond / 1000;
      this.#tokens = Math.min(this.burst, refilled);
      this.#at = now;
    }
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }
}
