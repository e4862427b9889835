/**
 * The bounds of the media core. Whoever reaches one is refused with `unavailable`; nothing else is affected.
 */

/** Processes that may share a machine's rooms. */
export const MAX_MEDIA_PROCESSES = 16;
export const MAX_ROUTERS = 2000;
export const MAX_TRANSPORTS_PER_ROUTER = 512;
export const MAX_PRODUCERS_PER_TRANSPORT = 16;
export const MAX_CONSUMERS_PER_TRANSPORT = 256;
export const MAX_CONSUMERS_PER_PRODUCER = 512;

/** Larger datagrams than any browser sends; a forwarded one must also fit its slot with header and tag. */
export const MAX_DATAGRAM_BYTES = 1500;

/** RTCP packets a transport may send in a second: feedback every 50 ms from twenty consumers and more. */
export const MAX_RTCP_PER_SECOND = 500;
/** Retransmissions a consumer may ask for in a second, a cap on what a small request can cause. */
export const MAX_RETRANSMISSIONS_PER_SECOND = 600;

/** Lets `perSecond` things a second through, in bursts of as many. */
export class RateLimit {
  readonly #perSecond: number;
  #left: number;
  #lastMs = -Infinity;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  take(nowMs: number): boolean {
    if (nowMs > this.#lastMs) {
      const regained = (nowMs - this.#lastMs) * this.#perSecond / 1000;
      this.#left = Math.min(this.#perSecond, this.#left + regained);
      this.#lastMs = nowMs;
    }
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
