/**
 * Refuses what has been received before, and finds the 48-bit index of a packet (RFC 3711 §3.3.1–2).
 *
 * Invariant: an index is accepted once. The window moves only by {@linkcode ReplayWindow.accept}, which is called
 * after the packet proved authentic, so that forged packets can't move it.
 */
import { sequenceDistance } from "../../packets/sequence.ts";

/** RFC 3711 asks for at least 64; a burst of video that took another path can lie further back. */
export const REPLAY_WINDOW_PACKETS = 512;

/** One word more than the window, so that moving clears whole words (RFC 6479). */
const WORDS = REPLAY_WINDOW_PACKETS / 32 + 1;
const WORD_BITS = 32;

export class ReplayWindow {
  readonly #seen = new Uint32Array(WORDS);
  #highest = -1;

  /** The highest accepted index, −1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether `index` is neither accepted already nor too old to tell. */
  admits(index: number): boolean {
    if (index < 0) return false;
    if (index > this.#highest) return true;
    if (this.#highest - index >= REPLAY_WINDOW_PACKETS) return false;
    const word = Math.floor(index / WORD_BITS) % WORDS;
    return (this.#seen[word]! & (1 << (index % WORD_BITS))) === 0;
  }

  accept(index: number): void {
    const slot = Math.floor(index / WORD_BITS);
    if (index > this.#highest) {
      const top = this.#highest < 0 ? -1 : Math.floor(this.#highest / WORD_BITS);
      const fresh = Math.min(slot - top, WORDS);
      for (let i = 0; i < fresh; i++) this.#seen[(slot - i) % WORDS] = 0;
      this.#highest = index;
    }
    this.#seen[slot % WORDS]! |= 1 << (index % WORD_BITS);
  }
}

/**
 * The index that `sequence` most likely stands for when `highest` is the highest so far; −1 when that would lie
 * before the series began.
 */
export function estimateIndex(highest: number, sequence: number): number {
  if (highest < 0) return sequence;
  const index = highest + sequenceDistance(sequence, highest % 65536);
  return index < 0 ? -1 : index;
}
