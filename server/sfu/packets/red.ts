/**
 * Redundant audio (RED, RFC 2198 §3): in one packet what is spoken now, and before it what was sent already.
 *
 * The unpacker owns the buffer that a stream's packets are decrypted into, so that taking one apart makes no garbage.
 * Invariant: of a payload that is accepted every block lies within its length, all are Opus, and something is spoken now.
 */
import { PAYLOAD_BYTES } from "./packet_cache.ts";

/** Chromium sends one redundant block; more than these are nobody's. */
export const MAX_RED_BLOCKS = 8;

const REDUNDANT_HEADER_BYTES = 4;
const FOLLOWED = 0x80;

export class RedUnpacker {
  readonly #bytes = new Uint8Array(3 * PAYLOAD_BYTES);
  /** The payload as it comes. */
  readonly packed = this.#bytes.subarray(0, PAYLOAD_BYTES);
  /** What is spoken now, after {@linkcode unpack}. */
  readonly spoken = this.#bytes.subarray(PAYLOAD_BYTES, 2 * PAYLOAD_BYTES);
  /** The newest of what was sent already. */
  readonly repeated = this.#bytes.subarray(2 * PAYLOAD_BYTES);
  /** 0 where nothing is repeated. */
  repeatedLength = 0;
  /** How much earlier it was spoken. */
  repeatedTicks = 0;

  /**
   * Takes what stands in {@linkcode packed} apart, and puts the payload type `to` where each block says `from`. Answers the
   * length of what is spoken now; −1 where the payload is malformed, and of no use any more.
   */
  unpack(length: number, from: number, to: number): number {
    const { packed } = this;
    let at = 0;
    let redundantBytes = 0;
    this.repeatedLength = 0;
    for (let block = 0; block < MAX_RED_BLOCKS; block++) {
      if (at >= length) return -1;
      const first = packed[at]!;
      if ((first & 0x7f) !== from) return -1;
      packed[at] = (first & FOLLOWED) | to;
      if ((first & FOLLOWED) === 0) return this.#copy(at + 1 + redundantBytes, length);
      if (at + REDUNDANT_HEADER_BYTES > length) return -1;
      this.repeatedTicks = (packed[at + 1]! << 6) | (packed[at + 2]! >> 2);
      this.repeatedLength = ((packed[at + 2]! & 0x03) << 8) | packed[at + 3]!;
      redundantBytes += this.repeatedLength;
      at += REDUNDANT_HEADER_BYTES;
    }
    return -1;
  }

  #copy(spokenAt: number, length: number): number {
    if (spokenAt >= length) return -1;
    this.#bytes.copyWithin(PAYLOAD_BYTES, spokenAt, length);
    this.#bytes.copyWithin(2 * PAYLOAD_BYTES, spokenAt - this.repeatedLength, spokenAt);
    return length - spokenAt;
  }
}
