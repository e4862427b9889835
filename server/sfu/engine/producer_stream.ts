/**
 * One received RTP stream of a producer: order, loss, repair and what is forwarded of it.
 *
 * Decrypted packets come in, retransmissions are turned back into what was lost, and every packet leaves once.
 * The buffer that packets are decrypted into belongs to the stream, so that keeping one costs no copy.
 */
import { extensionLength, findExtension, paddingBytes, type RtpHeader } from "../packets/rtp.ts";
import {
  createVp8Descriptor,
  type FrameSize,
  parseVp8Descriptor,
  parseVp8Size,
} from "../packets/vp8.ts";
import { KeyFrameRequests } from "../receive/keyframes.ts";
import { NackTracker } from "../receive/nack.ts";
import { type EncodingMapping, OPUS_PAYLOAD_TYPE, type ProducerMapping } from "./ortc.ts";
import {
  ByteBudget,
  FIRST_NACK_BYTES,
  MAX_NACK_BYTES,
  MIN_SENDER_REPORT_MS,
} from "../media_limits.ts";
import { type CachedPacket, PacketCache, PAYLOAD_BYTES } from "../packets/packet_cache.ts";
import { RateMeter } from "../receive/rate_meter.ts";
import { RedUnpacker } from "../packets/red.ts";
import { ReceivedWindow } from "../receive/received_window.ts";
import { ReceiverStats } from "../receive/receiver_stats.ts";
import type { SenderReport } from "../packets/rtcp.ts";
import {
  addToNtp,
  SequenceUnwrapper,
  timestampDistance,
  toTimestamp,
} from "../packets/sequence.ts";

/** A packet on its way to the consumers; one object is used for all of a stream's packets. */
export interface ForwardedPacket extends Omit<CachedPacket, "payload"> {
  /** First packet of a key frame; always true for audio, which can begin anywhere. */
  entry: boolean;
  /** Length of the packet as it came where it carries earlier audio too (RED), 0 where it doesn't. */
  redLength: number;
}

/** A stream that is silent for this long isn't being sent. */
const ALIVE_MS = 1000;

/** How fast a high rate is forgotten. */
const PEAK_A_SECOND = 0.8;

export type ReceivedKind = "new" | "duplicate" | "probe" | "malformed";

export class ProducerStream {
  readonly mapping: ProducerMapping;
  /** Among the producer's streams: 0 is the lowest quality. */
  readonly layer: number;
  /** What the publisher means to send at most, bits a second; undefined where it didn't say. */
  readonly maxBitrate: number | undefined;
  readonly rid: string | undefined;
  readonly stats: ReceiverStats;
  readonly keyFrames = new KeyFrameRequests();
  readonly nacks = new NackTracker();
  readonly nackBudget = new ByteBudget(MAX_NACK_BYTES, FIRST_NACK_BYTES);
  readonly cache: PacketCache | undefined;
  /** What {@linkcode receive} filled last. */
  readonly packet = createForwardedPacket();
  /** Audio that was lost just before a redundant packet, and is in it; of length 0 where there is none. */
  readonly recovered = { ...createForwardedPacket(), entry: true };
  /** Known from the start or learnt from the first packet with the rid. */
  ssrc: number | undefined;
  rtxSsrc: number | undefined;
  senderReport: SenderReport | undefined;
  #senderReportMs = -Infinity;
  /** Size of the last key frame; 0 × 0 before it. */
  readonly frameSize: FrameSize = { width: 0, height: 0 };
  #packetAtMs = -Infinity;
  readonly #rate = new RateMeter();
  #peak = 0;
  #peakMs = 0;
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #window = new ReceivedWindow();
  readonly #descriptor = createVp8Descriptor();
  /** For audio, which isn't cached, and for retransmissions before they are unpacked. */
  readonly #scratch: Uint8Array;
  readonly #red: RedUnpacker | undefined;
  readonly #redundantRate = new RateMeter();

  constructor(mapping: ProducerMapping, encoding: EncodingMapping, layer = 0) {
    this.mapping = mapping;
    this.layer = layer;
    this.maxBitrate = encoding.maxBitrate;
    this.rid = encoding.rid;
    this.ssrc = encoding.ssrc;
    this.rtxSsrc = encoding.rtxSsrc;
    this.stats = new ReceiverStats(mapping.clockRate);
    this.#red = mapping.redPayloadType < 0 ? undefined : new RedUnpacker();
    this.#scratch = this.#red?.packed ?? new Uint8Array(PAYLOAD_BYTES);
    this.cache = mapping.kind === "video"
      ? new PacketCache(cacheEntries(mapping.encodings.length - 1 - layer))
      : undefined;
  }

  /** Whether packets come. */
  alive(nowMs: number): boolean {
    return nowMs - this.#packetAtMs < ALIVE_MS;
  }

  /** Over the last second, retransmissions included. */
  bitsPerSecond(nowMs: number): number {
    return this.#rate.bitsPerSecond(nowMs);
  }

  /** What would be left over the last second without redundancy. */
  plainBitsPerSecond(nowMs: number): number {
    return this.#rate.bitsPerSecond(nowMs) - this.#redundantRate.bitsPerSecond(nowMs);
  }

  /** What the stream will take: what it took at most lately, in bits a second. */
  expectedBitsPerSecond(nowMs: number): number {
    const seconds = Math.min(10, Math.max(0, nowMs - this.#peakMs) / 1000);
    this.#peak = Math.max(this.bitsPerSecond(nowMs), this.#peak * PEAK_A_SECOND ** seconds);
    this.#peakMs = nowMs;
    return this.#peak;
  }

  /** Takes the publisher's sender report; false when one came just before. */
  receiveSenderReport(report: SenderReport, nowMs: number): boolean {
    if (nowMs - this.#senderReportMs < MIN_SENDER_REPORT_MS) return false;
    this.senderReport = report;
    this.#senderReportMs = nowMs;
    this.stats.receiveSenderReport(report, nowMs);
    return true;
  }

  /** What the publisher's clock and the stream's timestamp are now; undefined before its first sender report. */
  clockAt(nowMs: number): { ntpHigh: number; ntpLow: number; rtpTimestamp: number } | undefined {
    const report = this.senderReport;
    if (report === undefined) return undefined;
    const passedMs = nowMs - this.#senderReportMs;
    return {
      ...addToNtp(report, passedMs),
      rtpTimestamp: toTimestamp(
        report.rtpTimestamp + Math.round(passedMs * this.mapping.clockRate / 1000),
      ),
    };
  }

  /** When this timestamp was captured, by the publisher's clock in ms; undefined before its first sender report. */
  capturedMs(timestamp: number): number | undefined {
    const report = this.senderReport;
    if (report === undefined) return undefined;
    const ticks = timestampDistance(timestamp, report.rtpTimestamp);
    return (report.ntpHigh + report.ntpLow / 2 ** 32 + ticks / this.mapping.clockRate) * 1000;
  }

  /** Where the next packet of the stream itself is to be decrypted into. */
  get buffer(): Uint8Array {
    return this.cache?.spare ?? this.#scratch;
  }

  /** What the last packet says that is new: all of it, but for audio that was sent before. */
  get payload(): Uint8Array {
    return this.packet.redLength > 0 ? this.#red!.spoken : this.buffer;
  }

  /** The payload of {@linkcode recovered}. */
  get recoveredPayload(): Uint8Array {
    return this.#red!.repeated;
  }

  /** Where the next packet of the retransmission stream is to be decrypted into. */
  get repairBuffer(): Uint8Array {
    return this.#scratch;
  }

  /** Takes a packet whose payload stands in {@linkcode buffer}; `packet` describes it when it is new. */
  receive(
    bytes: Uint8Array,
    header: RtpHeader,
    payloadLength: number,
    nowMs: number,
  ): ReceivedKind {
    const red = header.payloadType === this.mapping.redPayloadType;
    if (!red && header.payloadType !== this.mapping.payloadType) return "malformed";
    let length = payloadLength;
    if (header.padding) {
      const padding = paddingBytes(this.buffer, length);
      if (padding < 0) return "malformed";
      length -= padding;
    }
    const redLength = red ? length : 0;
    if (red) length = this.#red?.unpack(length, this.mapping.payloadType, OPUS_PAYLOAD_TYPE) ?? -1;
    if (length < 0) return "malformed";
    const extended = this.#unwrapper.unwrap(header.sequence);
    const received = this.#window.add(extended);
    // One that was recovered came late and isn't lost.
    if (!received && extended !== this.recovered.extended) return "duplicate";
    this.stats.receive(extended, header.timestamp, payloadLength + header.headerBytes, nowMs);
    if (!received) return "duplicate";
    if (red) this.#recover(extended, header.timestamp);
    this.packet.redLength = redLength;
    if (red) this.#redundantRate.add(redLength - length, nowMs);
    this.#accept(bytes, header, extended, length, nowMs);
    return "new";
  }

  /**
   * Finds what was lost just before a redundant packet in what it repeats. The packet before is the newest that is
   * repeated, and lost if it is later than everything that came.
   */
  #recover(extended: number, timestamp: number): void {
    const { packet, recovered } = this;
    const { repeatedLength = 0, repeatedTicks = 0 } = this.#red ?? {};
    const spokenAt = toTimestamp(timestamp - repeatedTicks);
    recovered.length = 0;
    if (repeatedLength === 0 || packet.extended < 0 || extended <= packet.extended + 1) return;
    if (timestampDistance(spokenAt, packet.timestamp) <= 0) return;
    if (!this.#window.add(extended - 1)) return;
    recovered.extended = extended - 1;
    recovered.timestamp = spokenAt;
    recovered.length = repeatedLength;
  }

  /** Takes a retransmission (RFC 4588 §4) whose payload stands in {@linkcode repairBuffer}. */
  receiveRepair(
    bytes: Uint8Array,
    header: RtpHeader,
    payloadLength: number,
    nowMs: number,
  ): ReceivedKind {
    if (header.payloadType !== this.mapping.rtxPayloadType) return "malformed";
    let length = payloadLength;
    if (header.padding) {
      const padding = paddingBytes(this.#scratch, length);
      if (padding < 0) return "malformed";
      length -= padding;
    }
    // Browsers probe for bandwidth with padding on this stream.
    if (length <= 2) return "probe";
    const original = (this.#scratch[0]! << 8) | this.#scratch[1]!;
    const extended = this.#unwrapper.unwrap(original);
    if (!this.#window.add(extended)) return "duplicate";
    this.stats.recover(payloadLength + header.headerBytes);
    const buffer = this.buffer;
    if (buffer === this.#scratch) this.#scratch.copyWithin(0, 2, length);
    else buffer.set(this.#scratch.subarray(2, length));
    this.#accept(bytes, header, extended, length - 2, nowMs);
    return "new";
  }

  #accept(
    bytes: Uint8Array,
    header: RtpHeader,
    extended: number,
    length: number,
    nowMs: number,
  ): void {
    this.#packetAtMs = nowMs;
    this.#rate.add((this.packet.redLength || length) + header.headerBytes, nowMs);
    const packet = this.packet;
    packet.extended = extended;
    packet.timestamp = header.timestamp;
    packet.marker = header.marker;
    packet.length = length;
    const at = findExtension(bytes, header, this.mapping.forwardedId, 1);
    packet.extensionValue = at >= 0 && extensionLength(bytes, header, at) === 1 ? bytes[at]! : -1;
    if (this.cache === undefined) {
      packet.entry = true;
      return;
    }
    this.nacks.receive(extended, nowMs);
    this.#describe(packet, length);
    if (!packet.entry) return;
    this.keyFrames.receiveKeyFrame();
    parseVp8Size(this.buffer, length, this.#descriptor.descriptorBytes, this.frameSize);
  }

  #describe(packet: ForwardedPacket, length: number): void {
    const descriptor = this.#descriptor;
    const valid = parseVp8Descriptor(this.buffer, length, descriptor);
    packet.entry = valid && descriptor.keyFrame;
    packet.pictureId = valid ? descriptor.pictureId : -1;
    packet.pictureIdAt = valid ? descriptor.pictureIdAt : -1;
    packet.tl0PictureIndex = valid ? descriptor.tl0PictureIndex : -1;
    packet.tl0PictureIndexAt = valid ? descriptor.tl0PictureIndexAt : -1;
  }

  /** Keeps the packet of the last {@linkcode receive} for retransmissions, after it was forwarded. */
  keep(): void {
    this.cache?.keep(this.packet);
  }

  /** Stops asking for what was lost: nobody is to receive it. */
  pause(): void {
    this.nacks.reset();
  }
}

function createForwardedPacket(): ForwardedPacket {
  return {
    extended: -1,
    timestamp: 0,
    marker: false,
    extensionValue: -1,
    pictureId: -1,
    pictureIdAt: -1,
    tl0PictureIndex: -1,
    tl0PictureIndexAt: -1,
    length: 0,
    entry: false,
    redLength: 0,
  };
}

/** Each layer down has about a third of the packets. */
function cacheEntries(layersAbove: number): number | undefined {
  return layersAbove === 0 ? undefined : layersAbove === 1 ? 160 : 96;
}
