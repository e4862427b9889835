/**
 * Puts frames together from packets in order: one packet a frame of audio, one or more a frame of video.
 *
 * Video may be encrypted but for their first bytes, and those are all that is read (RFC 6386 §9.1).
 * Invariant: a frame leaves whole or not at all, and after a loss no frame of video leaves before the next key frame.
 */
import type { RecordedPacket } from "./packet_batch.ts";

export interface Frame {
  timestamp: number;
  keyFrame: boolean;
  data: Uint8Array;
}

/** A frame of video of more than this is a bug or an attack. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;

export class FrameAssembler {
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #timestamp = 0;
  #keyFrame = false;
  #waitsForKey = true;

  constructor(private readonly kind: "audio" | "video") {}

  /** Whether frames of video are missing until the sender makes a key frame. */
  get waitsForKey(): boolean {
    return this.kind === "video" && this.#waitsForKey;
  }

  /** Something was lost, or the sender's stream goes on elsewhere. */
  interrupt(): void {
    this.#drop();
    this.#waitsForKey = true;
  }

  /** Takes the next packet; answers the frame that it completes. */
  push(packet: RecordedPacket): Frame | undefined {
    if (packet.payload.length === 0) return undefined;
    if (this.kind === "audio") {
      return { timestamp: packet.timestamp, keyFrame: true, data: packet.payload.slice() };
    }
    if (packet.startsFrame && (this.#parts.length === 0 || packet.timestamp !== this.#timestamp)) {
      // The end of the frame before is missing although no packet is: it can't be trusted.
      if (this.#parts.length > 0) this.interrupt();
      this.#timestamp = packet.timestamp;
      this.#keyFrame = packet.keyFrame;
    } else if (this.#parts.length === 0 || packet.timestamp !== this.#timestamp) {
      this.interrupt();
      return undefined;
    }
    if (this.#bytes + packet.payload.length > MAX_FRAME_BYTES) {
      this.interrupt();
      return undefined;
    }
    this.#parts.push(packet.payload);
    this.#bytes += packet.payload.length;
    return packet.endsFrame ? this.#finish() : undefined;
  }

  #finish(): Frame | undefined {
    const data = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      data.set(part, at);
      at += part.length;
    }
    const frame = { timestamp: this.#timestamp, keyFrame: this.#keyFrame, data };
    this.#drop();
    if (frame.keyFrame) this.#waitsForKey = false;
    return this.#waitsForKey ? undefined : frame;
  }

  #drop(): void {
    this.#parts = [];
    this.#bytes = 0;
  }
}

/** The size that a VP8 key frame says; undefined when its start code is missing (RFC 6386 §9.1). */
export function vp8Size(frame: Uint8Array): { width: number; height: number } | undefined {
  if (frame.length < 10 || frame[3] !== 0x9d || frame[4] !== 0x01 || frame[5] !== 0x2a) {
    return undefined;
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return {
    width: view.getUint16(6, true) & 0x3fff,
    height: view.getUint16(8, true) & 0x3fff,
  };
}
