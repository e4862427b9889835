/** How many bits a second flow, over the last second or a shorter span. No allocation while counting. */

const BUCKETS = 10;

export class RateMeter {
  readonly #bucketMs: number;
  readonly #bytes = new Float64Array(BUCKETS);
  /** The bucket that is filled now, counted from time 0. */
  #bucket = -1;
  #total = 0;

  constructor(windowMs = 1000) {
    this.#bucketMs = windowMs / BUCKETS;
  }

  add(bytes: number, nowMs: number): void {
    this.#turnTo(nowMs);
    const at = this.#bucket % BUCKETS;
    this.#bytes[at] = this.#bytes[at]! + bytes;
    this.#total += bytes;
  }

  bitsPerSecond(nowMs: number): number {
    this.#turnTo(nowMs);
    return this.#total * 8 * 1000 / (this.#bucketMs * BUCKETS);
  }

  #turnTo(nowMs: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs);
    if (bucket <= this.#bucket) return;
    for (let next = Math.max(this.#bucket + 1, bucket - BUCKETS + 1); next <= bucket; next++) {
      this.#total -= this.#bytes[next % BUCKETS]!;
      this.#bytes[next % BUCKETS] = 0;
    }
    this.#bucket = bucket;
  }
}
