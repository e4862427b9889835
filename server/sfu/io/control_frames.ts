/**
 * How the main process and a media process talk over a pipe: JSON, or the bytes of recorded media, behind a four-byte
 * length whose highest bit tells which.
 *
 * Both ends are ours, so a frame beyond the bound or text that isn't JSON is a bug and throws; the reader's process is
 * then replaced.
 */
import type { MediaEvent } from "../media_engine.ts";

/** A consumer's parameters have 2 kB; the counters and statistics of a large meeting some 100 kB. */
export const MAX_FRAME_BYTES = 4 << 20;
const LENGTH_BYTES = 4;
const BYTES_FLAG = 0x80000000;

/** What the main process says. */
export type ControlRequest =
  | { type: "start"; address: string; port: number; announcedAddress: string; idPrefix: string }
  | { type: "call"; id: number; method: string; args: unknown[] };

/** What a media process says. */
export type ControlReply =
  /** `tcp`: whether the port takes TCP too. `at` is on its own monotonic clock, here and below. */
  | { type: "ready"; at: number; port: number; tcp: boolean }
  /** It can't serve: the port is taken, OpenSSL is missing. */
  | { type: "failed"; message: string }
  | { type: "result"; id: number; value: unknown }
  /** `code` is a `MediaError`'s, absent for our own bugs. */
  | { type: "error"; id: number; code?: string; message: string }
  | { type: "event"; routerId: string; event: MediaEvent }
  | { type: "fault"; message: string }
  | { type: "alive"; at: number };

/** One frame, ready to write. @throws {RangeError} beyond {@linkcode MAX_FRAME_BYTES}. */
export function encodeFrame(message: ControlRequest | ControlReply): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(message));
  if (text.length > MAX_FRAME_BYTES) {
    throw new RangeError(`a control frame of ${text.length} bytes`);
  }
  return frameOf(text, 0);
}

/** Bytes as one frame, ready to write. @throws {RangeError} beyond {@linkcode MAX_FRAME_BYTES}. */
export function encodeBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length > MAX_FRAME_BYTES) {
    throw new RangeError(`a frame of ${bytes.length} bytes`);
  }
  return frameOf(bytes, BYTES_FLAG);
}

function frameOf(content: Uint8Array, flag: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(LENGTH_BYTES + content.length);
  new DataView(frame.buffer).setUint32(0, content.length + flag);
  frame.set(content, LENGTH_BYTES);
  return frame;
}

/** Puts frames together again from the pieces that a pipe delivers. */
export class FrameReader {
  #pending = new Uint8Array();

  /** The messages that `piece` completes, a `Uint8Array` (a view) for each frame of bytes. @throws when the stream is not one of frames. */
  push(piece: Uint8Array): unknown[] {
    const bytes = new Uint8Array(this.#pending.length + piece.length);
    bytes.set(this.#pending);
    bytes.set(piece, this.#pending.length);
    const view = new DataView(bytes.buffer);
    const messages: unknown[] = [];
    let at = 0;
    while (at + LENGTH_BYTES <= bytes.length) {
      const head = view.getUint32(at);
      const isBytes = head >= BYTES_FLAG;
      const length = isBytes ? head - BYTES_FLAG : head;
      if (length > MAX_FRAME_BYTES) throw new RangeError(`a control frame of ${length} bytes`);
      const end = at + LENGTH_BYTES + length;
      if (end > bytes.length) break;
      const content = bytes.subarray(at + LENGTH_BYTES, end);
      messages.push(isBytes ? content : JSON.parse(new TextDecoder().decode(content)));
      at = end;
    }
    this.#pending = bytes.slice(at);
    return messages;
  }
}
