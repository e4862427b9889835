/**
 * A recorder's ear at one producer: which of its packets are kept, and when a key frame is asked for.
 *
 * It follows the best simulcast layer that arrives. A player can only begin at a key frame, so one is asked for from
 * time to time. Invariant: what a paused producer sends never reaches the sink.
 */
import type { ForwardedPacket, ProducerStream } from "./producer_stream.ts";
import type { SenderReport } from "../packets/rtcp.ts";
import { createVp8Descriptor, parseVp8Descriptor } from "../packets/vp8.ts";

/** Where recorded packets go. Payloads are valid until the call returns. */
export interface RecordingSink {
  packet(packet: {
    track: number;
    layer: number;
    /** When the packet arrived, on the media process's clock. */
    at: number;
    sequence: number;
    timestamp: number;
    endsFrame: boolean;
    startsFrame: boolean;
    keyFrame: boolean;
    /** Without the codec's payload descriptor. */
    payload: Uint8Array;
  }): void;
  report(
    report: { track: number; layer: number; at: number; ntpMs: number; timestamp: number },
  ): void;
}

/** A seek reads as far back as the last key frame; one costs as much as several hundred ms of video. */
export const KEY_FRAME_EVERY_MS = 5000;
/** A layer that is silent for this long gives way to a lower one. */
const SILENT_MS = 1000;

const descriptor = createVp8Descriptor();

export class RecordingTap {
  #layer = -1;
  #packetAtMs = -Infinity;
  #nextKeyFrameMs = -Infinity;

  constructor(
    /** The recorder's number of the producer. */
    readonly track: number,
    private readonly streams: readonly ProducerStream[],
    private readonly sink: RecordingSink,
  ) {
    this.wantKeyFrame();
  }

  /** What follows begins anew, at a key frame. */
  interrupt(): void {
    this.#layer = -1;
    this.wantKeyFrame();
  }

  wantKeyFrame(): void {
    const stream = this.streams[this.#layer] ?? this.streams.at(-1);
    if (stream?.mapping.kind === "video") stream.keyFrames.want();
  }

  packet(
    stream: ProducerStream,
    packet: ForwardedPacket,
    payload: Uint8Array,
    nowMs: number,
  ): void {
    const layer = this.streams.indexOf(stream);
    if (layer !== this.#layer && !this.#follow(layer, packet.entry, nowMs)) return;
    this.#packetAtMs = nowMs;
    const video = stream.mapping.kind === "video";
    if (video && !parseVp8Descriptor(payload, packet.length, descriptor)) return;
    this.sink.packet({
      track: this.track,
      layer,
      at: nowMs,
      sequence: packet.extended,
      timestamp: packet.timestamp,
      endsFrame: packet.marker || !video,
      startsFrame: !video || descriptor.startsFrame,
      keyFrame: !video || packet.entry,
      payload: payload.subarray(video ? descriptor.descriptorBytes : 0, packet.length),
    });
  }

  report(stream: ProducerStream, report: SenderReport, nowMs: number): void {
    this.sink.report({
      track: this.track,
      layer: this.streams.indexOf(stream),
      at: nowMs,
      ntpMs: report.ntpHigh * 1000 + report.ntpLow / 2 ** 32 * 1000,
      timestamp: report.rtpTimestamp,
    });
  }

  tick(nowMs: number): void {
    if (nowMs < this.#nextKeyFrameMs) return;
    if (this.#nextKeyFrameMs > 0) this.wantKeyFrame();
    this.#nextKeyFrameMs = nowMs + KEY_FRAME_EVERY_MS;
  }

  /** Whether this layer is to be kept from this packet on. */
  #follow(layer: number, entry: boolean, nowMs: number): boolean {
    const better = layer > this.#layer || nowMs - this.#packetAtMs > SILENT_MS;
    if (!better) return false;
    if (entry) this.#layer = layer;
    else this.streams[layer]?.keyFrames.want();
    return entry;
  }
}
