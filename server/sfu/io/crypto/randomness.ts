/**
 * Unpredictable values from the system's generator.
 */
import type { Randomness } from "../../engine/environment.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Bytes at or above this would favour the alphabet's beginning. */
const FAIR_BYTES = 256 - 256 % ALPHABET.length;

export const systemRandomness: Randomness = {
  text(length) {
    let text = "";
    const bytes = new Uint8Array(length * 2);
    while (text.length < length) {
      crypto.getRandomValues(bytes);
      for (const byte of bytes) {
        if (byte < FAIR_BYTES && text.length < length) text += ALPHABET[byte % ALPHABET.length];
      }
    }
    return text;
  },
  integer(below) {
    return Math.floor(crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32 * below);
  },
};
