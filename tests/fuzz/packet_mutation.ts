/**
 * Seeded damage to packets, of the kinds that find holes in parsers.
 */
import { Random } from "./guard/random.ts";

const TELLING_BYTES = [0, 1, 3, 15, 16, 127, 128, 191, 254, 255];

/** A damaged copy: bits flipped, bytes replaced, cut, repeated, inserted or made longer, one to four times. */
export function mutate(packet: Uint8Array, random: Random): Uint8Array {
  let bytes = [...packet];
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = random.below(bytes.length + 1);
    const length = random.below(12);
    switch (random.below(6)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = random.pick(TELLING_BYTES);
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + length));
        break;
      case 4:
        bytes.splice(at, 0, ...Array.from({ length }, () => random.below(256)));
        break;
      case 5:
        bytes.splice(at, length);
        break;
    }
  }
  return Uint8Array.from(bytes.slice(0, 1500));
}

/** Bytes as hex, to repeat a violation by. */
export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes from hex. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
