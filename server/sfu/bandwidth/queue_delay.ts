/**
 * How long packets wait in queues on their way: the least delay of the last moments above the least of the last while.
 *
 * Unsteady paths and busy computers delay some packets, a queue delays all of them. Only differences of times matter,
 * so the two clocks need not agree, and may drift. A path that became longer counts as a queue until the least delay
 * is forgotten, or somebody says so.
 */

const FORGOTTEN_MS = 10_000;
const MOMENT_MS = 200;

/** The least over the present span and the one before. */
class Least {
  #now = Infinity;
  #before = Infinity;
  #sinceMs = -Infinity;

  constructor(private readonly spanMs: number) {}

  add(value: number, nowMs: number): void {
    if (nowMs - this.#sinceMs > this.spanMs) {
      this.#before = this.#now;
      this.#now = Infinity;
      this.#sinceMs = nowMs;
    }
    this.#now = Math.min(this.#now, value);
  }

  restart(value: number, nowMs: number): void {
    this.#now = value;
    this.#before = Infinity;
    this.#sinceMs = nowMs;
  }

  get value(): number {
    return Math.min(this.#now, this.#before);
  }
}

export class QueueDelay {
  readonly #usual = new Least(FORGOTTEN_MS);
  readonly #lately = new Least(MOMENT_MS);

  packet(sentMs: number, arrivedMs: number): void {
    const delay = arrivedMs - sentMs;
    this.#usual.add(delay, arrivedMs);
    this.#lately.add(delay, arrivedMs);
  }

  /** The least of the last moments is usual from now on. */
  accept(arrivedMs: number): void {
    if (Number.isFinite(this.#lately.value)) this.#usual.restart(this.#lately.value, arrivedMs);
  }

  get ms(): number {
    const ms = this.#lately.value - this.#usual.value;
    return Number.isFinite(ms) ? ms : 0;
  }
}
