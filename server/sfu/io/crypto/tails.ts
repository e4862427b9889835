/**
 * Views of a buffer from an offset to its end, made once: a subarray for each packet would be garbage for each
 * packet.
 */
import { type Slot, SLOT_BYTES } from "../../ports.ts";
import type { Bytes } from "./openssl.ts";

/** Longer RTP headers are legal and rare. */
const KEPT_OFFSETS = 128;

/** The tails of buffers that come again and again, such as those that a socket receives into. */
export class Tails {
  readonly #views = new WeakMap<Bytes, (Bytes | undefined)[]>();

  of(bytes: Bytes, offset: number): Bytes {
    if (offset >= KEPT_OFFSETS) return bytes.subarray(offset);
    let views = this.#views.get(bytes);
    if (views === undefined) {
      views = new Array<Bytes | undefined>(KEPT_OFFSETS).fill(undefined);
      this.#views.set(bytes, views);
    }
    return views[offset] ??= bytes.subarray(offset);
  }
}

/** Offsets for which `Slot.tail` promises one view. */
const SLOT_TAILS = 64;

/** A slot over its own stretch of memory. */
export class SlotView implements Slot {
  readonly view: DataView<ArrayBuffer>;
  readonly #tails: Bytes[];

  constructor(readonly bytes: Bytes) {
    if (bytes.length !== SLOT_BYTES) throw new RangeError(`A slot of ${bytes.length} bytes`);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#tails = Array.from({ length: SLOT_TAILS }, (_, offset) => bytes.subarray(offset));
  }

  tail(offset: number): Bytes {
    return this.#tails[offset] ?? this.bytes.subarray(offset);
  }
}

/** A slot of its own, for packets that are made outside of a socket. */
export function createSlot(): Slot {
  return new SlotView(new Uint8Array(SLOT_BYTES));
}
