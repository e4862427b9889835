/**
 * Redundant sound (RED, RFC 2198 §3): in one packet what is spoken now, and before it what was sent already.
 *
 * No copy and no garbage. Invariant: a payload that is accepted has every block within its length, all of Opus, and
 * something spoken now.
 */

/** Chromium sends one redundant block; more than these are nobody's. */
export const MAX_RED_BLOCKS = 8;

const REDUNDANT_HEADER_BYTES = 4;
const FOLLOWED = 0x80;

/**
 * Puts the payload type `to` where each block says `from`, and answers where the block spoken now begins: it goes on
 * to the payload's end. −1 where the payload is malformed; its bytes are of no use then.
 */
export function renumberRed(payload: Uint8Array, length: number, from: number, to: number): number {
  let at = 0;
  let redundantBytes = 0;
  for (let block = 0; block < MAX_RED_BLOCKS; block++) {
    if (at >= length) return -1;
    const first = payload[at]!;
    if ((first & 0x7f) !== from) return -1;
    payload[at] = (first & FOLLOWED) | to;
    if ((first & FOLLOWED) === 0) {
      const primary = at + 1 + redundantBytes;
      return primary < length ? primary : -1;
    }
    if (at + REDUNDANT_HEADER_BYTES > length) return -1;
    redundantBytes += ((payload[at + 2]! & 0x03) << 8) | payload[at + 3]!;
    at += REDUNDANT_HEADER_BYTES;
  }
  return -1;
}
