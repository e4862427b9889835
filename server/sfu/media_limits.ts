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
/** What is sent because of RTCP, in parts of the bytes of it; retransmissions have a bound of their own. */
export const RTCP_FACTOR = 1.2;
/** What a consumer can be sent again at once; over time it is no more than it was sent. */
export const MAX_RETRANSMITTED_BYTES = 128 * 1024;
/** Requests for lost packets that a publisher's stream can cause at once; over time no more than it sends. */
export const MAX_NACK_BYTES = 16 * 1024;
export const FIRST_NACK_BYTES = 1024;
/** Sender reports of a stream that come sooner after another one say nothing new. */
export const MIN_SENDER_REPORT_MS = 200;

/** Lets `perSecond` things a second through, in bursts of `burst`, or of as many. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #lastMs = -Infinity;

  constructor(perSecond: number, burst = perSecond) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
  }

  take(nowMs: number): boolean {
    if (nowMs > this.#lastMs) {
      const regained = (nowMs - this.#lastMs) * this.#perSecond / 1000;
      this.#left = Math.min(this.#burst, this.#left + regained);
      this.#lastMs = nowMs;
    }
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/**
 * Lets no more bytes out than came in for them: what somebody can cause by asking grows with what they are sent anyway.
 * What was earned is a total that only grows, so that it costs nothing where it is counted already.
 */
export class ByteBudget {
  readonly #mostBytes: number;
  #left: number;
  #earned = 0;

  /** `mostBytes` can be spent at once, `atFirst` before anything is earned. */
  constructor(mostBytes: number, atFirst = 0) {
    this.#mostBytes = mostBytes;
    this.#left = atFirst;
  }

  /** Spends `bytes`, if there are so many; `earned` is the total so far. */
  take(bytes: number, earned: number): boolean {
    this.#left = Math.min(this.#mostBytes, this.#left + earned - this.#earned);
    this.#earned = earned;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}
