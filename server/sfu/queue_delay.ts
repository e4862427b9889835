/**
 * How long packets wait in queues on their way: their delay above the least of the last while.
 *
 * Only differences of times matter, so the two clocks need not agree, and may drift. A way that became longer counts
 * as a queue until the least delay is forgotten.
 */

const FORGOTTEN_MS = 10_000;

export class QueueDelay {
  #least = Infinity;
  #leastBefore = Infinity;
  #sinceMs = -Infinity;
  #smoothed = 0;

  packet(sentMs: number, arrivedMs: number): void {
    const delay = arrivedMs - sentMs;
    if (arrivedMs - this.#sinceMs > FORGOTTEN_MS) {
      this.#leastBefore = this.#least;
      this.#least = Infinity;
      this.#sinceMs = arrivedMs;
    }
    this.#least = Math.min(this.#least, delay);
    const queued = delay - Math.min(this.#least, this.#leastBefore);
    this.#smoothed += (queued - this.#smoothed) / 8;
  }

  get ms(): number {
    return this.#smoothed;
  }
}
