/**
 * Decides which lost RTP packets to ask a publisher for again, and when to stop (RFC 4585 §6.2.1).
 *
 * No I/O: extended sequence numbers and the time come in, requests go out. Invariants: no packet is asked for more
 * than {@linkcode MAX_TRIES} times or after {@linkcode MAX_AGE_MS}; at most {@linkcode MAX_MISSING} are remembered,
 * and a hole wider than that is given up for a key frame.
 */

export const MAX_TRIES = 10;
export const MAX_AGE_MS = 1000;
export const MAX_MISSING = 256;
/** Between two requests for the same packet, until the first retransmission tells how long one takes. */
const DEFAULT_RETRY_MS = 80;
const MIN_RETRY_MS = 20;
const MAX_RETRY_MS = MAX_AGE_MS / 2;
/** How much longer than usual an answer may take before it counts as lost. */
const PATIENCE = 1.3;
const SMOOTHING = 1 / 4;

interface Missing {
  sinceMs: number;
  firstAskedMs: number;
  askedMs: number;
  tries: number;
}

export class NackTracker {
  readonly #missing = new Map<number, Missing>();
  #highest = -1;
  #retryMs = DEFAULT_RETRY_MS;
  #gaveUp = false;

  get missing(): number {
    return this.#missing.size;
  }

  /** Notes an arrival, by extended sequence number. */
  receive(extended: number, nowMs: number): void {
    if (extended <= this.#highest) {
      if (this.#missing.size > 0) this.#fill(extended, nowMs);
      return;
    }
    if (this.#highest >= 0 && extended > this.#highest + 1) this.#noteHole(extended, nowMs);
    this.#highest = extended;
  }

  #fill(extended: number, nowMs: number): void {
    const missing = this.#missing.get(extended);
    if (missing === undefined) return;
    this.#missing.delete(extended);
    // A packet that nobody asked for was only late.
    if (missing.tries === 0) return;
    const answeredMs = (nowMs - missing.firstAskedMs) * PATIENCE;
    const retryMs = this.#retryMs + (answeredMs - this.#retryMs) * SMOOTHING;
    this.#retryMs = Math.max(MIN_RETRY_MS, Math.min(retryMs, MAX_RETRY_MS));
  }

  #noteHole(extended: number, nowMs: number): void {
    if (extended - this.#highest - 1 + this.#missing.size > MAX_MISSING) {
      this.#missing.clear();
      this.#gaveUp = true;
      return;
    }
    for (let lost = this.#highest + 1; lost < extended; lost++) {
      this.#missing.set(lost, { sinceMs: nowMs, firstAskedMs: 0, askedMs: -Infinity, tries: 0 });
    }
  }

  /** Extended sequence numbers due for a request at `nowMs`, in order. */
  poll(nowMs: number): number[] {
    if (this.#missing.size === 0) return [];
    const due: number[] = [];
    for (const [extended, missing] of this.#missing) {
      if (nowMs - missing.sinceMs > MAX_AGE_MS || missing.tries >= MAX_TRIES) {
        this.#missing.delete(extended);
        this.#gaveUp = true;
      } else if (nowMs - missing.askedMs >= this.#retryMs) {
        if (missing.tries === 0) missing.firstAskedMs = nowMs;
        missing.askedMs = nowMs;
        missing.tries++;
        due.push(extended);
      }
    }
    return due;
  }

  /** True once after a packet was given up: only a key frame helps now. */
  takeGaveUp(): boolean {
    const gaveUp = this.#gaveUp;
    this.#gaveUp = false;
    return gaveUp;
  }

  /** Forgets everything, for a publisher that paused. */
  reset(): void {
    this.#missing.clear();
    this.#highest = -1;
    this.#gaveUp = false;
  }
}
