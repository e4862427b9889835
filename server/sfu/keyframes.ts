/**
 * When to ask a publisher for a key frame (RFC 4585 §6.3.1): at once, then no more often than the throttle allows.
 *
 * Many viewers' requests become one. A request that comes too soon waits instead of being dropped, and one that no
 * key frame answers is repeated, because the request itself can be lost.
 */

export const THROTTLE_MS = 400;
const RETRY_MS = 800;
const MAX_RETRIES = 5;

export class KeyFrameRequests {
  #wanted = false;
  #askedMs = -Infinity;
  #retries = 0;

  /** Somebody needs a key frame. */
  want(): void {
    this.#wanted = true;
    this.#retries = 0;
  }

  /** A key frame came, which answers everybody. */
  receiveKeyFrame(): void {
    this.#wanted = false;
  }

  /** True when a request is to be sent now. */
  poll(nowMs: number): boolean {
    if (!this.#wanted) return false;
    const wait = this.#retries === 0 ? THROTTLE_MS : RETRY_MS;
    if (nowMs - this.#askedMs < wait) return false;
    this.#askedMs = nowMs;
    this.#retries++;
    if (this.#retries > MAX_RETRIES) this.#wanted = false;
    return this.#wanted;
  }
}
