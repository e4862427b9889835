/**
 * Wrap arithmetic of 16-bit sequence numbers and 32-bit timestamps (RFC 3550 §A.1, RFC 1982).
 *
 * Invariant: no other file of the core computes modulo 2^16 or 2^32 on RTP numbers. Everything downstream of an
 * {@linkcode SequenceUnwrapper} works on extended numbers, which only grow and compare as plain numbers.
 */

/** How far `to` lies after `from`, −32768…32767. */
export function sequenceDistance(to: number, from: number): number {
  return ((to - from) << 16) >> 16;
}

/** The 16-bit sequence number of an extended one, or of any sum. */
export function toSequence(extended: number): number {
  return extended & 0xffff;
}

/** How far `to` lies after `from`, −2^31…2^31−1. */
export function timestampDistance(to: number, from: number): number {
  return (to - from) | 0;
}

/** The 32-bit timestamp of any sum below 2^53. */
export function toTimestamp(sum: number): number {
  return sum >>> 0;
}

/** Bits of a picture id in its short and in its long form, and of a TL0 picture index (RFC 7741 §4.2). */
export const SHORT_PICTURE_BITS = 7;
export const LONG_PICTURE_BITS = 15;
export const TL0_BITS = 8;

/** The low `bits` (below 31) of any sum. */
export function toBits(sum: number, bits: number): number {
  return sum & ((1 << bits) - 1);
}

/** The 24-bit two's-complement number in the low bits of `value`. */
export function signed24(value: number): number {
  return (value << 8) >> 8;
}

/** The middle 32 bits of an NTP time, as reports name it (RFC 3550 §4). */
export function compactNtp(time: { ntpHigh: number; ntpLow: number }): number {
  return (((time.ntpHigh & 0xffff) << 16) | (time.ntpLow >>> 16)) >>> 0;
}

/** The NTP time `ms` later. */
export function addToNtp(
  time: { ntpHigh: number; ntpLow: number },
  ms: number,
): { ntpHigh: number; ntpLow: number } {
  const fraction = time.ntpLow + Math.round(ms * 2 ** 32 / 1000);
  const seconds = Math.floor(fraction / 2 ** 32);
  return { ntpHigh: toTimestamp(time.ntpHigh + seconds), ntpLow: fraction - seconds * 2 ** 32 };
}

/** Extended numbers begin one cycle up, so that packets from before the first one stay positive. */
const FIRST_CYCLE = 65536;

/** Turns 16-bit sequence numbers into ones that never wrap, following the highest seen. */
export class SequenceUnwrapper {
  #highest = -1;

  /** The highest extended number so far, −1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  unwrap(sequence: number): number {
    if (this.#highest < 0) {
      this.#highest = FIRST_CYCLE + sequence;
      return this.#highest;
    }
    const extended = this.#highest + sequenceDistance(sequence, this.#highest & 0xffff);
    if (extended > this.#highest) this.#highest = extended;
    return extended;
  }

  /** Starts over: the sender began a new series. */
  reset(): void {
    this.#highest = -1;
  }
}
