/**
 * What one pretended publisher sends: RTP in bursts, each payload with the time at which it left.
 *
 * Video is VP8 as far as a forwarding server looks into it: descriptors, frame starts, a key frame every second.
 */
import type { LoadPath } from "./path.ts";

/** How the publisher numbers things; servers map these or pass them on. */
export const AUDIO_PAYLOAD_TYPE = 111;
export const VIDEO_PAYLOAD_TYPE = 96;
export const AUDIO_LEVEL_ID = 1;
export const TRANSPORT_WIDE_ID = 3;

const HEADER_BYTES = 20;
/** In the payload, behind the descriptor. */
const STAMP_AT = 8;
const STAMP_BYTES = STAMP_AT + 8;

export interface Traffic {
  kind: "audio" | "video";
  /** Packets that leave together: a frame. */
  burst: number;
  packetsPerSecond: number;
  payloadBytes: number;
}

export class LoadStream {
  readonly ssrc: number;
  sent = 0;
  readonly #path: LoadPath;
  readonly #traffic: Traffic;
  readonly #payload: Uint8Array;
  readonly #stamp: DataView;
  readonly #intervalMs: number;
  #dueMs = Infinity;
  #index = 1000;
  #frames = 0;

  constructor(path: LoadPath, ssrc: number, traffic: Traffic) {
    this.#path = path;
    this.ssrc = ssrc;
    this.#traffic = traffic;
    this.#payload = new Uint8Array(Math.max(STAMP_BYTES, traffic.payloadBytes));
    // Where a key frame has its start code, which a recorder looks for (RFC 6386 §9.1).
    if (traffic.kind === "video") this.#payload.set([0x9d, 0x01, 0x2a], 4);
    this.#stamp = new DataView(this.#payload.buffer);
    this.#intervalMs = traffic.burst * 1000 / traffic.packetsPerSecond;
  }

  /** The first burst leaves somewhere within one interval, so that publishers don't march in step. */
  begin(nowMs: number, share: number): void {
    this.#dueMs = nowMs + share * this.#intervalMs;
  }

  /** Sends a burst if one is due; answers when the next one is. */
  step(nowMs: number): number {
    if (nowMs < this.#dueMs) return this.#dueMs;
    this.#dueMs += this.#intervalMs;
    // What a busy machine missed isn't sent at once afterwards.
    if (this.#dueMs < nowMs - 100) this.#dueMs = nowMs + this.#intervalMs;
    const { burst } = this.#traffic;
    for (let i = 0; i < burst; i++) this.#send(i, burst);
    this.#path.socket.flush();
    this.#frames++;
    return this.#dueMs;
  }

  #send(i: number, burst: number): void {
    const { srtp, socket } = this.#path;
    if (srtp === undefined) return;
    const { kind } = this.#traffic;
    const index = this.#index++;
    if (kind === "video") {
      const framesPerSecond = Math.round(1000 / this.#intervalMs);
      this.#payload[0] = i === 0 ? 0x10 : 0;
      this.#payload[1] = this.#frames % framesPerSecond === 0 ? 0 : 1;
    }
    const slot = socket.slot();
    const { view } = slot;
    const last = i === burst - 1;
    const payloadType = kind === "audio" ? AUDIO_PAYLOAD_TYPE : VIDEO_PAYLOAD_TYPE;
    view.setUint8(0, 0x90);
    view.setUint8(1, (kind === "video" && last ? 0x80 : 0) | payloadType);
    view.setUint16(2, index & 0xffff);
    view.setUint32(4, this.#timestamp());
    view.setUint32(8, this.ssrc);
    const extension = this.#writeExtensions(view, index);
    this.#stamp.setFloat64(STAMP_AT, performance.now());
    const headerBytes = HEADER_BYTES + extension;
    const { length } = this.#payload;
    socket.commit(srtp.protectRtp(slot, headerBytes, this.#payload, length, this.ssrc, index));
    this.sent++;
  }

  #timestamp(): number {
    const clockRate = this.#traffic.kind === "audio" ? 48_000 : 90_000;
    return Math.round(this.#frames * this.#intervalMs * clockRate / 1000) >>> 0;
  }

  /** Transport-wide number, and for sound its level; answers the bytes beyond the first word of elements. */
  #writeExtensions(view: DataView, index: number): number {
    const audio = this.#traffic.kind === "audio";
    view.setUint16(12, 0xbede);
    view.setUint16(14, audio ? 2 : 1);
    view.setUint8(16, (TRANSPORT_WIDE_ID << 4) | 1);
    view.setUint16(17, index & 0xffff);
    if (!audio) {
      view.setUint8(19, 0);
      return 0;
    }
    view.setUint8(19, AUDIO_LEVEL_ID << 4);
    view.setUint8(20, 0x80 | 30);
    view.setUint8(21, 0);
    view.setUint16(22, 0);
    return 4;
  }
}

/** When the packet with this payload left, on the clock of this process; NaN when it carries no time. */
export function stampOf(payload: Uint8Array, length: number): number {
  if (length < STAMP_BYTES) return NaN;
  return new DataView(payload.buffer, payload.byteOffset).getFloat64(STAMP_AT);
}
