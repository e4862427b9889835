/**
 * When to ask a publisher for a key frame (RFC 4585 §6.3.1): at once, then no more often than the throttle allows.
 *
 * Many viewers' requests become one. A request that comes too soon waits instead of being dropped, and one of ours that
 * no key frame answers is repeated, because the request itself can be lost; a receiver repeats its own. Invariant:
 * however many ask, after a few in a row a publisher makes a key frame a second, so that nobody can spoil its video.
 */
import { RateLimit } from "../media_limits.ts";

export const THROTTLE_MS = 400;
const RETRY_MS = 800;
const MAX_TRIES = 5;
const PER_SECOND = 1;
/** When many come, or change what they watch, at once. */
const IN_A_ROW = 4;

export class KeyFrameRequests {
  readonly #limit = new RateLimit(PER_SECOND, IN_A_ROW);
  /** Requests that may still be sent for what is wanted. */
  #tries = 0;
  #fresh = false;
  #askedMs = -Infinity;

  /** Somebody needs a key frame. */
  want(): void {
    this.#tries = MAX_TRIES;
    this.#fresh = true;
  }

  /** A receiver asks for one: that is passed on once. */
  passOn(): void {
    this.#tries = Math.max(this.#tries, 1);
    this.#fresh = true;
  }

  /** A key frame came, which answers everybody. */
  receiveKeyFrame(): void {
    this.#tries = 0;
  }

  /** True when a request is to be sent now. */
  poll(nowMs: number): boolean {
    if (this.#tries === 0) return false;
    if (nowMs - this.#askedMs < (this.#fresh ? THROTTLE_MS : RETRY_MS)) return false;
    if (!this.#limit.take(nowMs)) return false;
    this.#askedMs = nowMs;
    this.#fresh = false;
    this.#tries--;
    return true;
  }
}
