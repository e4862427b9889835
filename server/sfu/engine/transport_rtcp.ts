/**
 * The control traffic of one transport: what the peer's reports and requests mean, and what it is told when.
 *
 * Publishers get transport-wide feedback, requests for lost packets and key frames, and receiver reports; consumers'
 * requests reach their producer's stream.
 */
import type { BandwidthEstimator } from "../bandwidth/bandwidth.ts";
import type { Consumer } from "./consumer.ts";
import type { Outlet } from "./outlet.ts";
import type { Producer } from "./producer.ts";
import type { ProducerStream } from "./producer_stream.ts";
import { RTCP_FACTOR } from "../media_limits.ts";
import type { ReportBlock, RtcpPacket } from "../packets/rtcp.ts";
import { toSequence } from "../packets/sequence.ts";
import type { SsrcTable } from "./ssrc_table.ts";
import type { ArrivalRecorder } from "../receive/twcc.ts";

const FEEDBACK_MS = 100;
/** Interval of feedback for audio alone, which is a few packets: as browsers do among themselves. */
const SOUND_FEEDBACK_MS = 250;
const REPORT_MS = 1000;
/** A datagram that asks for a key frame: the packet, SRTCP's index and the longer tag. */
const REQUEST_BYTES = 32;
/** Ours as a receiver: it sends no media, so any number that no stream has will do. */
const OWN_SSRC = 1;
/** Lost packets that one request names at most, to keep it in a datagram. */
const MAX_NACKED = 128;
/** At most, of a request for lost packets: all of it, and each packet's part. */
const MIN_NACK_BYTES = 60;
const NACKED_BYTES = 4;
/** A receiver report holds 31 blocks. */
const MAX_BLOCKS = 31;

/** What the control traffic needs of its transport. */
export interface ControlledTransport extends Pick<Outlet, "counters" | "sendRtcp"> {
  readonly producers: ReadonlyMap<string, Producer>;
  readonly consumers: ReadonlyMap<string, Consumer>;
  /** What gets through to the peer; undefined as long as nothing of it will be told. */
  readonly bandwidth: BandwidthEstimator | undefined;
  /** Whether lost packets are asked for as often as can be. */
  readonly urgent: boolean;
}

export class TransportRtcp {
  readonly #transport: ControlledTransport;
  readonly #arrivals: ArrivalRecorder;
  readonly #consumers = new Map<number, Consumer>();
  #nextFeedbackMs = 0;
  #nextReportMs = 0;
  /** Requests for key frames that the datagram may still cause. */
  #passable = 0;

  constructor(transport: ControlledTransport, arrivals: ArrivalRecorder) {
    this.#transport = transport;
    this.#arrivals = arrivals;
  }

  addConsumer(consumer: Consumer): void {
    this.#consumers.set(consumer.ssrc | 0, consumer);
  }

  removeConsumer(consumer: Consumer): void {
    this.#consumers.delete(consumer.ssrc | 0);
  }

  /** Acts on an authentic compound, which came in a datagram of so many bytes. */
  receive(packets: readonly RtcpPacket[], bytes: number, ssrcs: SsrcTable, nowMs: number): void {
    // A request that stands alone in its datagram is as long as ours.
    this.#passable = Math.max(1, Math.floor(bytes * RTCP_FACTOR / REQUEST_BYTES));
    for (const packet of packets) this.#receive(packet, ssrcs, nowMs);
  }

  #receive(packet: RtcpPacket, ssrcs: SsrcTable, nowMs: number): void {
    switch (packet.type) {
      case "sender-report": {
        const binding = ssrcs.find(packet.ssrc);
        if (binding !== undefined && !binding.repair) {
          binding.producer.receiveSenderReport(binding.stream, packet, nowMs);
        }
        this.#receiveReports(packet.reports, nowMs);
        break;
      }
      case "receiver-report":
        this.#receiveReports(packet.reports, nowMs);
        break;
      case "nack":
        this.#transport.counters.nacksReceived++;
        this.#consumers.get(packet.mediaSsrc | 0)?.retransmit(packet.sequences, nowMs);
        break;
      case "picture-loss":
      case "full-intra-request":
        if (this.#passable-- > 0) {
          this.#consumers.get(packet.mediaSsrc | 0)?.wantKeyFrame(true);
        }
        break;
      case "goodbye":
        for (const ssrc of packet.ssrcs) ssrcs.find(ssrc)?.stream.pause();
        break;
      case "transport-feedback":
        this.#transport.bandwidth?.receive(packet, nowMs);
        break;
      case "source-description":
        break;
    }
  }

  #receiveReports(reports: ReportBlock[], nowMs: number): void {
    for (const report of reports) {
      this.#consumers.get(report.ssrc | 0)?.receiveReport(report, nowMs);
    }
  }

  /** Sends what is due. */
  tick(nowMs: number): void {
    const { producers, consumers } = this.#transport;
    if (producers.size > 0) {
      for (const producer of producers.values()) this.#askFor(producer, nowMs);
      if (nowMs >= this.#nextFeedbackMs) {
        const { urgent } = this.#transport;
        this.#nextFeedbackMs = nowMs + (urgent ? FEEDBACK_MS : SOUND_FEEDBACK_MS);
        this.#sendFeedback(producers.values());
      }
      if (nowMs >= this.#nextReportMs) {
        this.#nextReportMs = nowMs + REPORT_MS;
        this.#sendReports(producers.values(), nowMs);
      }
    }
    for (const consumer of consumers.values()) consumer.tick(nowMs);
  }

  #askFor(producer: Producer, nowMs: number): void {
    if (producer.kind !== "video" || producer.paused) return;
    for (const stream of producer.streams) {
      if (stream.ssrc === undefined) continue;
      this.#askForLost(stream, stream.ssrc, nowMs);
      if (stream.keyFrames.poll(nowMs)) {
        this.#transport.counters.keyFrameRequests++;
        this.#transport.sendRtcp([
          { type: "picture-loss", senderSsrc: OWN_SSRC, mediaSsrc: stream.ssrc },
        ]);
      }
    }
  }

  #askForLost(stream: ProducerStream, mediaSsrc: number, nowMs: number): void {
    if (stream.nacks.missing > 0) {
      const sequences = stream.nacks.poll(nowMs).slice(0, MAX_NACKED).map(toSequence);
      const bytes = MIN_NACK_BYTES + NACKED_BYTES * sequences.length;
      if (sequences.length > 0 && stream.nackBudget.take(bytes, stream.stats.bytes)) {
        this.#transport.counters.nacksSent++;
        this.#transport.sendRtcp([{ type: "nack", senderSsrc: OWN_SSRC, mediaSsrc, sequences }]);
      }
    }
    if (stream.nacks.takeGaveUp()) stream.keyFrames.want();
  }

  #sendFeedback(producers: Iterable<Producer>): void {
    const mediaSsrc = firstSsrc(producers);
    if (mediaSsrc === undefined) return;
    const feedback = this.#arrivals.take(OWN_SSRC, mediaSsrc);
    if (feedback !== undefined) this.#transport.sendRtcp([feedback]);
  }

  #sendReports(producers: Iterable<Producer>, nowMs: number): void {
    const reports: ReportBlock[] = [];
    for (const producer of producers) {
      for (const stream of producer.streams) {
        const report = stream.ssrc === undefined
          ? undefined
          : stream.stats.report(stream.ssrc, nowMs);
        if (report === undefined || reports.length >= MAX_BLOCKS) continue;
        if (producer.kind === "audio") {
          producer.loss.report(report.fractionLost / 256, nowMs);
          raiseToListeners(report, producer, nowMs);
        }
        reports.push(report);
      }
    }
    if (reports.length > 0) {
      this.#transport.sendRtcp([{ type: "receiver-report", ssrc: OWN_SSRC, reports }]);
    }
  }
}

/**
 * Tells a speaker's encoder the loss on the whole path to whoever hears worst: by it the encoder decides how much
 * error correction it adds. The counts stay those of the path here, by which its bandwidth is estimated.
 */
function raiseToListeners(report: ReportBlock, producer: Producer, nowMs: number): void {
  const heard = Math.min(255, Math.round(producer.worstLoss(nowMs) * 256));
  report.fractionLost = Math.max(report.fractionLost, heard);
}

function firstSsrc(producers: Iterable<Producer>): number | undefined {
  for (const producer of producers) {
    for (const stream of producer.streams) if (stream.ssrc !== undefined) return stream.ssrc;
  }
  return undefined;
}
