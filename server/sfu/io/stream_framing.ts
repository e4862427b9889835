/**
 * Datagrams over a byte stream: a 16-bit length before each (RFC 4571 §2), as ICE over TCP wants it (RFC 6544 §3).
 *
 * Invariant: neither side holds more than its bound, however the peer sends and reads. What is large, and therefore a
 * piece of video, has the smaller bound: when a path is too narrow, audio and control still get through.
 */
import type { Bytes } from "./crypto/openssl.ts";

const LENGTH_BYTES = 2;
/** No browser sends larger ones. */
export const MAX_FRAME_BYTES = 1500;
const INPUT_BYTES = 8192;
/** A batch of the largest packets fits, and half a second of 2 Mbit/s. */
export const MAX_VIDEO_BYTES = 128 * 1024;
export const MAX_OUTPUT_BYTES = 160 * 1024;
/** A packet of stereo music with its header and tag; pieces of video frames are nearly always larger. */
const SMALL_BYTES = 500;
const LEAST_OUTPUT_BYTES = 16 * 1024;

/** Finds the frames in what a peer sends. */
export class FramedInput {
  readonly #bytes = new Uint8Array(INPUT_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #end = 0;

  /** Where the next read goes. Never empty once {@linkcode next} has answered 0. */
  get room(): Bytes {
    this.#bytes.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    return this.#bytes.subarray(this.#end);
  }

  /** So many bytes were read into {@linkcode room}. */
  took(count: number): void {
    this.#end += count;
  }

  /** Copies the next frame into `into`; answers its length, 0 when none is complete, -1 when it is too long to be one. */
  next(into: Uint8Array): number {
    while (this.#end - this.#start >= LENGTH_BYTES) {
      const length = this.#view.getUint16(this.#start);
      if (length > MAX_FRAME_BYTES) return -1;
      const at = this.#start + LENGTH_BYTES;
      if (at + length > this.#end) return 0;
      this.#start = at + length;
      if (length === 0) continue;
      into.set(this.#bytes.subarray(at, this.#start));
      return length;
    }
    return 0;
  }
}

/** Collects frames while earlier ones are on their way out. */
export class FramedOutput {
  #filling: Bytes | undefined;
  #length = 0;
  /** What {@linkcode take} handed out last; at its next call it is free again. */
  #lent: Bytes | undefined;
  #spare: Bytes | undefined;

  /** Adds a frame; false when it has no room. */
  push(bytes: Uint8Array, length: number): boolean {
    const end = this.#length + LENGTH_BYTES + length;
    if (end > (length > SMALL_BYTES ? MAX_VIDEO_BYTES : MAX_OUTPUT_BYTES)) return false;
    const into = this.#roomFor(end);
    into[this.#length] = length >> 8;
    into[this.#length + 1] = length & 0xff;
    into.set(bytes.subarray(0, length), this.#length + LENGTH_BYTES);
    this.#length = end;
    return true;
  }

  /** What has collected, valid until the next call; undefined when there is nothing. */
  take(): Bytes | undefined {
    // Larger buffers are for a path that is too narrow, and go with the trouble.
    if (this.#lent?.length === LEAST_OUTPUT_BYTES) this.#spare = this.#lent;
    this.#lent = this.#filling;
    const length = this.#length;
    this.#filling = undefined;
    this.#length = 0;
    return this.#lent?.subarray(0, length);
  }

  #roomFor(bytes: number): Bytes {
    const before = this.#filling;
    if (before !== undefined && before.length >= bytes) return before;
    if (before === undefined && this.#spare !== undefined) {
      this.#filling = this.#spare;
      this.#spare = undefined;
      return this.#roomFor(bytes);
    }
    const grown = Math.max(LEAST_OUTPUT_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const filling = new Uint8Array(Math.min(grown, MAX_OUTPUT_BYTES));
    if (before !== undefined) filling.set(before);
    this.#filling = filling;
    return filling;
  }
}
