/**
 * One received RTP stream of a producer: order, loss, repair and what is forwarded of it.
 *
 * Decrypted packets come in, retransmissions are turned back into what was lost, and every packet leaves once.
 * The buffer that packets are decrypted into belongs to the stream, so that keeping one costs no copy.
 */
import { extensionLength, findExtension, paddingBytes, type RtpHeader } from "./rtp.ts";
import { createVp8Descriptor, parseVp8Descriptor } from "./vp8.ts";
import { KeyFrameRequests } from "./keyframes.ts";
import { NackTracker } from "./nack.ts";
import type { EncodingMapping, ProducerMapping } from "./ortc.ts";
import { type CachedPacket, PacketCache, PAYLOAD_BYTES } from "./packet_cache.ts";
import { ReceivedWindow } from "./received_window.ts";
import { ReceiverStats } from "./receiver_stats.ts";
import type { SenderReport } from "./rtcp.ts";
import { SequenceUnwrapper } from "./sequence.ts";

/** A packet on its way to the consumers; one object is used for all of a stream's packets. */
export interface ForwardedPacket extends Omit<CachedPacket, "payload"> {
  /** First packet of a key frame; always true for audio, which can begin anywhere. */
  entry: boolean;
}

export type ReceivedKind = "new" | "duplicate" | "probe" | "malformed";

export class ProducerStream {
  readonly mapping: ProducerMapping;
  readonly rid: string | undefined;
  readonly stats: ReceiverStats;
  readonly keyFrames = new KeyFrameRequests();
  readonly nacks = new NackTracker();
  readonly cache: PacketCache | undefined;
  /** What {@linkcode receive} filled last. */
  readonly packet: ForwardedPacket = {
    extended: -1,
    timestamp: 0,
    marker: false,
    extensionValue: -1,
    length: 0,
    entry: false,
  };
  /** Known from the start or learnt from the first packet with the rid. */
  ssrc: number | undefined;
  rtxSsrc: number | undefined;
  senderReport: SenderReport | undefined;
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #window = new ReceivedWindow();
  readonly #descriptor = createVp8Descriptor();
  /** For audio, which isn't cached, and for retransmissions before they are unpacked. */
  readonly #scratch = new Uint8Array(PAYLOAD_BYTES);

  constructor(mapping: ProducerMapping, encoding: EncodingMapping) {
    this.mapping = mapping;
    this.rid = encoding.rid;
    this.ssrc = encoding.ssrc;
    this.rtxSsrc = encoding.rtxSsrc;
    this.stats = new ReceiverStats(mapping.clockRate);
    this.cache = mapping.kind === "video" ? new PacketCache() : undefined;
  }

  /** Where the next packet of the stream itself is to be decrypted into. */
  get buffer(): Uint8Array {
    return this.cache?.spare ?? this.#scratch;
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
    if (header.payloadType !== this.mapping.payloadType) return "malformed";
    let length = payloadLength;
    if (header.padding) {
      const padding = paddingBytes(this.buffer, length);
      if (padding < 0) return "malformed";
      length -= padding;
    }
    const extended = this.#unwrapper.unwrap(header.sequence);
    if (!this.#window.add(extended)) return "duplicate";
    this.stats.receive(extended, header.timestamp, payloadLength + header.headerBytes, nowMs);
    this.#accept(bytes, header, extended, length, nowMs);
    return "new";
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
    packet.entry = parseVp8Descriptor(this.buffer, length, this.#descriptor) &&
      this.#descriptor.keyFrame;
    if (packet.entry) this.keyFrames.receiveKeyFrame();
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
