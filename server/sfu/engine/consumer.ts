/**
 * One receiver of one producer: its own ssrc and numbers, its retransmissions and sender reports.
 *
 * A consumer starts paused. After every pause it begins at a key frame and continues its own numbering without a gap;
 * so does a switch to another layer of the producer, and the old layer goes on until that key frame is there.
 * The forwarding path allocates nothing: the header object is kept, and packets are encrypted into the socket's slot.
 */
import { layerForSize } from "../choose/layer_choice.ts";
import type { LayerNeed } from "../choose/allocation.ts";
import type { ReceivedTrack } from "../choose/receiver.ts";
import type { Destination } from "./destination.ts";
import type { ConsumerMapping } from "./ortc.ts";
import type { Outlet } from "./outlet.ts";
import { ReceiverReports } from "./receiver_reports.ts";
import type { ReportBlock } from "../packets/rtcp.ts";
import type { OutgoingHeader } from "../packets/rtp.ts";
import { type CachedPacket, PAYLOAD_BYTES, Repeats } from "../packets/packet_cache.ts";
import type { Producer } from "./producer.ts";
import type { ForwardedPacket, ProducerStream } from "./producer_stream.ts";
import { Rewriter } from "./rewriter.ts";
import { toSequence, toTimestamp } from "../packets/sequence.ts";
import type { FrameSize } from "../packets/vp8.ts";

/** Between two requests for the key frame that a switch waits for. */
const ASK_AGAIN_MS = 1000;
/** Between two sender reports. */
const REPORT_MS = 1000;
/** Publishers' clocks may be set; a jump beyond that isn't time that passed. */
const MAX_CLOCK_ERROR_MS = 5000;

/** Retransmissions are unpacked here one at a time; nothing is kept between calls. */
const repairPayload = new Uint8Array(PAYLOAD_BYTES + 2);

/** RFC 3550 §5.1: the last byte counts the padding. */
const PADDING = new Uint8Array(255);
PADDING[254] = 255;

export class Consumer implements Destination, ReceivedTrack {
  readonly id: string;
  readonly ssrc: number;
  readonly rtxSsrc: number;
  readonly producer: Producer;
  readonly reports = new ReceiverReports();
  readonly mapping: ConsumerMapping;
  readonly #outlet: Outlet;
  readonly #cname: string;
  readonly #header: OutgoingHeader;
  readonly #rewriter: Rewriter;
  readonly #repeats = new Repeats();
  #stream: ProducerStream;
  /** The layer to be forwarded, undefined when there is no room for any. */
  #wanted: ProducerStream | undefined;
  /** What stands in for it while it doesn't come. */
  #standIn: ProducerStream;
  #askAgainMs = 0;
  /** When the highest packet was sent. */
  #sentMs = 0;
  #fitting: number;
  /** Bits a second that the layer may use, where that is less than it could; undefined where nothing limits it. */
  grant: number | undefined;
  /** Whether audio that was sent already is sent again with what follows it. */
  redundant = false;
  /** Since when the subscriber has had no room for it. */
  noRoomSinceMs: number | undefined;
  #toldStarved = false;
  #paused = true;
  /** Waits for a packet to begin with. */
  #waiting = true;
  #rtxIndex: number;
  #packets = 0;
  #octets = 0;
  #nextReportMs = 0;
  /** Packets that had been sent at the last report. */
  #packetsReported = 0;
  /** Size at which the page shows the video, in device pixels. */
  #size: FrameSize | undefined;

  constructor(options: {
    id: string;
    ssrc: number;
    rtxSsrc: number;
    producer: Producer;
    outlet: Outlet;
    mapping: ConsumerMapping;
    cname: string;
    /** First sequence numbers, below 2^15 so that the roll-over counter begins at 0 (RFC 3711 §3.3.1). */
    sequence: number;
    rtxSequence: number;
    timestampOffset: number;
  }) {
    this.id = options.id;
    this.ssrc = options.ssrc;
    this.rtxSsrc = options.rtxSsrc;
    this.producer = options.producer;
    this.mapping = options.mapping;
    this.#outlet = options.outlet;
    this.#cname = options.cname;
    this.#stream = options.producer.defaultStream;
    this.#wanted = this.#stream;
    this.#standIn = this.#stream;
    this.#fitting = this.#stream.layer;
    this.#rtxIndex = options.rtxSequence;
    this.#rewriter = new Rewriter(options);
    this.#header = {
      marker: false,
      padding: false,
      payloadType: options.mapping.payloadType,
      sequence: 0,
      timestamp: 0,
      ssrc: options.ssrc,
      extensionId: 0,
      extensionValue: 0,
      transportWideId: options.mapping.transportWideId,
      transportWideSequence: 0,
    };
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** The stream of the producer that is forwarded. */
  get stream(): ProducerStream {
    return this.#stream;
  }

  get size(): FrameSize | undefined {
    return this.#size;
  }

  setSize(width: number, height: number): void {
    this.#size = { width, height };
    this.#outlet.reallocate();
  }

  /** The layer that suits the size of the video. */
  fittingLayer(): number {
    const sizes = this.producer.streams.map(({ frameSize }) => frameSize);
    this.#fitting = layerForSize(sizes, this.#size, this.#fitting);
    return this.#fitting;
  }

  /** What a layer takes of the bandwidth of this viewer, who would be best served by the layer `fitting`. */
  layerNeed(layer: number, fitting: number, nowMs: number): LayerNeed {
    return this.producer.layerNeed(layer, this, fitting, nowMs);
  }

  /** The layer that the publisher should send for this consumer; −1 for none. */
  get wantedLayer(): number {
    return this.#paused ? -1 : this.#wanted?.layer ?? -1;
  }

  /**
   * Forwards this layer as soon as it has a key frame, the nearest one that comes as long as it doesn't come, and
   * nothing when it is −1.
   */
  follow(layer: number, nowMs: number): void {
    const { streams } = this.producer;
    const wanted = streams[layer];
    if (wanted !== this.#wanted) {
      if (wanted === undefined) this.#waiting = true;
      this.#wanted = wanted;
      this.#askAgainMs = nowMs;
      if (wanted !== undefined && streams.length === 1) this.wantKeyFrame();
    }
    if (wanted === undefined || streams.length === 1) return;
    const standIn = wanted.alive(nowMs) ? wanted : this.#nearestAlive(wanted.layer, nowMs);
    if (standIn !== this.#standIn) {
      this.#standIn = standIn;
      this.#askAgainMs = nowMs;
    }
    if (standIn === this.#stream && !this.#waiting) return;
    if (nowMs < this.#askAgainMs) return;
    this.#askAgainMs = nowMs + ASK_AGAIN_MS;
    this.wantKeyFrame();
  }

  /** Lower ones fit in any case, a higher one only where nothing is narrow. */
  #nearestAlive(layer: number, nowMs: number): ProducerStream {
    const { streams } = this.producer;
    for (let below = layer - 1; below >= 0; below--) {
      if (streams[below]!.alive(nowMs)) return streams[below]!;
    }
    for (let above = layer + 1; this.grant === undefined && above < streams.length; above++) {
      if (streams[above]!.alive(nowMs)) return streams[above]!;
    }
    return streams[layer]!;
  }

  setPaused(paused: boolean): void {
    if (this.#paused === paused) {
      // Asked to go on as before: the receiver lost its video by a fault that isn't seen from here.
      if (!paused) this.wantKeyFrame();
      return;
    }
    this.#paused = paused;
    this.interrupt();
    this.#outlet.reallocate();
  }

  /** Whether there is no room for the video, when that changed since the last call. */
  takeStarved(): boolean | undefined {
    const starved = !this.#paused && !this.producer.paused && this.#wanted === undefined;
    if (starved === this.#toldStarved) return undefined;
    this.#toldStarved = starved;
    return starved;
  }

  /** What follows begins anew: at a key frame, with the next number. */
  interrupt(): void {
    this.#waiting = true;
    this.wantKeyFrame();
  }

  /** Asks the publisher, when this consumer could use a key frame now; `passedOn` when its receiver asks. */
  wantKeyFrame(passedOn = false): void {
    if (this.#paused || this.producer.paused || this.producer.kind !== "video") return;
    if (!this.#outlet.connected || this.#wanted === undefined) return;
    if (passedOn) this.#standIn.keyFrames.passOn();
    else this.#standIn.keyFrames.want();
  }

  /** Sends a packet of the producer on, renumbered. `payload` is decrypted, and without redundancy. */
  send(
    stream: ProducerStream,
    packet: ForwardedPacket,
    payload: Uint8Array,
    nowMs: number,
  ): void {
    if (this.#paused || this.#outlet.target === undefined) return;
    if (this.#waiting || stream !== this.#stream) {
      if (!packet.entry || !this.#mayBegin(stream)) return;
      this.#begin(stream, packet, nowMs);
    }
    const before = this.#rewriter.highest;
    const index = this.#rewriter.index(packet);
    if (index < 0) return;
    if (index > before) this.#sentMs = nowMs;
    const header = this.#header;
    const red = this.redundant && packet.redLength > 0;
    const length = red ? packet.redLength : packet.length;
    header.payloadType = red ? this.mapping.redPayloadType : this.mapping.payloadType;
    header.ssrc = this.ssrc;
    header.sequence = toSequence(index);
    this.#write(packet, red ? stream.buffer : payload, length, index);
    this.#packets++;
    this.#octets += length;
    this.#outlet.counters.rtpForwarded++;
  }

  /** Whether a key frame of this stream is one to begin with, or to switch to. */
  #mayBegin(stream: ProducerStream): boolean {
    if (this.#wanted === undefined) return false;
    return stream === this.#wanted || stream === this.#standIn;
  }

  #begin(stream: ProducerStream, packet: ForwardedPacket, nowMs: number): void {
    const other = stream !== this.#stream && this.#packets > 0;
    this.#rewriter.begin(packet, other ? this.#ticksSince(stream, packet, nowMs) : undefined);
    this.#stream = stream;
    this.#waiting = false;
  }

  /** The time from the last packet sent to the first of another stream, at least one tick. */
  #ticksSince(stream: ProducerStream, packet: ForwardedPacket, nowMs: number): number {
    let ms = nowMs - this.#sentMs;
    const last = this.#stream.capturedMs(this.#rewriter.lastTimestamp);
    const first = stream.capturedMs(packet.timestamp);
    if (last !== undefined && first !== undefined) {
      const captured = first - last;
      if (Math.abs(captured - ms) < MAX_CLOCK_ERROR_MS) ms = captured;
    }
    return Math.max(1, Math.round(ms * stream.mapping.clockRate / 1000));
  }

  #write(
    packet: Omit<CachedPacket, "payload">,
    payload: Uint8Array,
    length: number,
    index: number,
  ): void {
    this.#rewriter.renumber(packet, payload, length - packet.length);
    const header = this.#header;
    header.marker = packet.marker;
    header.timestamp = this.#rewriter.timestamp(packet.timestamp);
    header.extensionId = packet.extensionValue >= 0 ? this.mapping.forwardedId : 0;
    header.extensionValue = packet.extensionValue;
    this.#outlet.sendRtp(header, payload, length, index);
  }

  /** Sends again what the receiver misses, as far as it is kept. */
  retransmit(sequences: number[], nowMs: number): void {
    if (this.#paused || this.#waiting || this.producer.paused) return;
    if (this.#outlet.target === undefined) return;
    const sent = { packets: this.#packets, octets: this.#octets };
    for (const sequence of sequences) {
      const original = this.#rewriter.original(sequence);
      const packet = original && this.#stream.cache?.find(original.extended);
      if (original === undefined || packet === undefined) continue;
      if (!this.#repeats.take(packet, sent, nowMs)) continue;
      const header = this.#header;
      if (this.mapping.rtxPayloadType < 0) {
        header.payloadType = this.mapping.payloadType;
        header.ssrc = this.ssrc;
        header.sequence = sequence;
        this.#write(packet, packet.payload, packet.length, original.index);
      } else {
        repairPayload[0] = sequence >> 8;
        repairPayload[1] = sequence & 0xff;
        repairPayload.set(packet.payload.subarray(0, packet.length), 2);
        const index = this.#rtxIndex++;
        header.payloadType = this.mapping.rtxPayloadType;
        header.ssrc = this.rtxSsrc;
        header.sequence = toSequence(index);
        this.#write(packet, repairPayload, packet.length + 2, index);
      }
      this.#outlet.counters.rtpRetransmitted++;
    }
  }

  /** Whether padding can be sent as retransmissions of this stream. */
  get mayPad(): boolean {
    return this.mapping.rtxPayloadType >= 0 && this.mapping.transportWideId !== 0 && !this.#paused;
  }

  /** Sends a packet of nothing, which tells by its arrival. */
  pad(): void {
    if (this.#outlet.target === undefined) return;
    const header = this.#header;
    const index = this.#rtxIndex++;
    header.marker = false;
    header.padding = true;
    header.payloadType = this.mapping.rtxPayloadType;
    header.ssrc = this.rtxSsrc;
    header.sequence = toSequence(index);
    header.extensionId = 0;
    this.#outlet.sendRtp(header, PADDING, PADDING.length, index);
    header.padding = false;
    this.#outlet.counters.rtpPadding++;
  }

  /**
   * Reports while packets are sent, however often the publisher does: the time by its clock in this consumer's numbers,
   * so that audio and video of one person stay together.
   */
  tick(nowMs: number): void {
    if (nowMs < this.#nextReportMs || this.#packets === this.#packetsReported) return;
    if (this.#paused || this.#waiting || this.#outlet.target === undefined) return;
    const source = this.#stream.clockAt(nowMs);
    if (source === undefined) return;
    this.#nextReportMs = nowMs + REPORT_MS;
    this.#packetsReported = this.#packets;
    this.reports.sent(source, nowMs);
    this.#outlet.sendRtcp([
      {
        type: "sender-report",
        ssrc: this.ssrc,
        ntpHigh: source.ntpHigh,
        ntpLow: source.ntpLow,
        rtpTimestamp: this.#rewriter.timestamp(source.rtpTimestamp),
        packets: toTimestamp(this.#packets),
        octets: toTimestamp(this.#octets),
        reports: [],
      },
      { type: "source-description", ssrc: this.ssrc, cname: this.#cname },
    ]);
  }

  /** Whether redundancy would be of use: packets are lost on the path to the receiver, who can take it. */
  needsRedundancy(nowMs: number): boolean {
    if (this.mapping.redPayloadType < 0 || this.#paused) return false;
    return this.reports.lossy(nowMs);
  }

  /** Whether the receiver reports on it now. */
  reported(nowMs: number): boolean {
    return !this.#paused && this.reports.current(nowMs);
  }

  receiveReport(block: ReportBlock, nowMs: number): void {
    this.reports.receive(block, this.producer.mapping.clockRate, nowMs);
  }
}
