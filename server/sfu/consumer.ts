/**
 * One receiver of one producer: its own ssrc and numbers, its retransmissions and sender reports.
 *
 * A consumer starts paused. After every pause it begins at a key frame and continues its own numbering without a gap.
 * The forwarding path allocates nothing: the header object is kept, and packets are encrypted into the socket's slot.
 */
import type { ConsumerMapping } from "./ortc.ts";
import type { ReportBlock } from "./rtcp.ts";
import type { OutgoingHeader } from "./rtp.ts";
import { MAX_RETRANSMISSIONS_PER_SECOND, RateLimit } from "./media_limits.ts";
import { PAYLOAD_BYTES } from "./packet_cache.ts";
import type { Producer } from "./producer.ts";
import type { ForwardedPacket, ProducerStream } from "./producer_stream.ts";
import { Rewriter } from "./rewriter.ts";
import { RoundTrip } from "./round_trip.ts";
import { toSequence, toTimestamp } from "./sequence.ts";
import type { Transport } from "./transport.ts";

/** Retransmissions are unpacked here one at a time; nothing is kept between calls. */
const repairPayload = new Uint8Array(PAYLOAD_BYTES + 2);

export class Consumer {
  readonly id: string;
  readonly ssrc: number;
  readonly rtxSsrc: number;
  readonly producer: Producer;
  readonly transport: Transport;
  readonly #mapping: ConsumerMapping;
  readonly #cname: string;
  readonly #header: OutgoingHeader;
  readonly #rewriter: Rewriter;
  readonly #retransmissions = new RateLimit(MAX_RETRANSMISSIONS_PER_SECOND);
  #stream: ProducerStream;
  #paused = true;
  /** Waits for a packet to begin with. */
  #waiting = true;
  #rtxIndex: number;
  #packets = 0;
  #octets = 0;
  readonly #roundTrip = new RoundTrip();
  #reported = false;
  #fractionLost = 0;
  /** Of the picture shown, in CSS pixels; chooses the layer once a producer has several. */
  #size: { width: number; height: number } | undefined;

  constructor(options: {
    id: string;
    ssrc: number;
    rtxSsrc: number;
    producer: Producer;
    transport: Transport;
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
    this.transport = options.transport;
    this.#mapping = options.mapping;
    this.#cname = options.cname;
    this.#stream = options.producer.defaultStream;
    this.#rtxIndex = options.rtxSequence;
    this.#rewriter = new Rewriter(options);
    this.#header = {
      marker: false,
      payloadType: options.mapping.payloadType,
      sequence: 0,
      timestamp: 0,
      ssrc: options.ssrc,
      extensionId: 0,
      extensionValue: 0,
    };
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** The stream of the producer that is forwarded. */
  get stream(): ProducerStream {
    return this.#stream;
  }

  /** As the receiver's reports tell; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#roundTrip.ms;
  }

  /** Of the last report, 0–1. */
  get fractionLost(): number {
    return this.#fractionLost;
  }

  get size(): { width: number; height: number } | undefined {
    return this.#size;
  }

  setSize(width: number, height: number): void {
    this.#size = { width, height };
  }

  setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    this.interrupt();
  }

  /** What follows begins anew: at a key frame, with the next number. */
  interrupt(): void {
    this.#waiting = true;
    this.wantKeyFrame();
  }

  /** Asks the publisher, when this consumer could use a key frame now. */
  wantKeyFrame(): void {
    if (this.#paused || this.producer.paused || this.producer.kind !== "video") return;
    if (this.transport.connected) this.#stream.keyFrames.want();
  }

  /** Sends a packet of the producer on, renumbered. `payload` is decrypted. */
  send(stream: ProducerStream, packet: ForwardedPacket, payload: Uint8Array): void {
    if (this.#paused || stream !== this.#stream) return;
    if (this.transport.target === undefined) return;
    if (this.#waiting) {
      if (!packet.entry) return;
      this.#waiting = false;
      this.#rewriter.begin(packet.extended);
      this.#reported = false;
    }
    const index = this.#rewriter.index(packet.extended);
    if (index < 0) return;
    const header = this.#header;
    header.payloadType = this.#mapping.payloadType;
    header.ssrc = this.ssrc;
    header.sequence = toSequence(index);
    this.#write(packet, payload, packet.length, index);
    this.#packets++;
    this.#octets += packet.length;
    this.transport.environment.counters.rtpForwarded++;
  }

  #write(
    packet: { timestamp: number; marker: boolean; extensionValue: number },
    payload: Uint8Array,
    length: number,
    index: number,
  ): void {
    const header = this.#header;
    header.marker = packet.marker;
    header.timestamp = this.#rewriter.timestamp(packet.timestamp);
    header.extensionId = packet.extensionValue >= 0 ? this.#mapping.forwardedId : 0;
    header.extensionValue = packet.extensionValue;
    this.transport.sendRtp(header, payload, length, index);
  }

  /** Sends again what the receiver misses, as far as it is kept. */
  retransmit(sequences: number[], nowMs: number): void {
    if (this.#paused || this.#waiting || this.producer.paused) return;
    if (this.transport.target === undefined) return;
    for (const sequence of sequences) {
      const original = this.#rewriter.original(sequence);
      const packet = original && this.#stream.cache?.find(original.extended);
      if (original === undefined || packet === undefined) continue;
      if (!this.#retransmissions.take(nowMs)) return;
      const header = this.#header;
      if (this.#mapping.rtxPayloadType < 0) {
        header.payloadType = this.#mapping.payloadType;
        header.ssrc = this.ssrc;
        header.sequence = sequence;
        this.#write(packet, packet.payload, packet.length, original.index);
      } else {
        repairPayload[0] = sequence >> 8;
        repairPayload[1] = sequence & 0xff;
        repairPayload.set(packet.payload.subarray(0, packet.length), 2);
        const index = this.#rtxIndex++;
        header.payloadType = this.#mapping.rtxPayloadType;
        header.ssrc = this.rtxSsrc;
        header.sequence = toSequence(index);
        this.#write(packet, repairPayload, packet.length + 2, index);
      }
      this.transport.environment.counters.rtpRetransmitted++;
    }
  }

  /**
   * Sends the publisher's last sender report on, in this consumer's numbers: its clock stays the publisher's, so that
   * sound and picture of one person stay together.
   */
  sendReport(stream: ProducerStream, nowMs: number): void {
    const source = stream.senderReport;
    if (source === undefined || stream !== this.#stream) return;
    if (this.#paused || this.#waiting || this.transport.target === undefined) return;
    this.#reported = true;
    this.#roundTrip.sent(source, nowMs);
    this.transport.sendRtcp([
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

  /** Sends a first report as soon as there is something to report on. */
  tick(nowMs: number): void {
    if (!this.#reported && this.#packets > 0) this.sendReport(this.#stream, nowMs);
  }

  receiveReport(block: ReportBlock, nowMs: number): void {
    this.#fractionLost = block.fractionLost / 256;
    this.#roundTrip.receive(block, nowMs);
  }
}
