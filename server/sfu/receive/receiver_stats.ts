/**
 * How well a stream arrives: loss and jitter, and the report block that says so (RFC 3550 §6.4, §A.3, §A.8).
 */
import type { ReportBlock, SenderReport } from "../packets/rtcp.ts";
import { compactNtp, timestampDistance, toTimestamp } from "../packets/sequence.ts";

export class ReceiverStats {
  readonly #clockRate: number;
  #first = -1;
  #highest = -1;
  #received = 0;
  #recovered = 0;
  #bytes = 0;
  #jitter = 0;
  #lastArrivalMs = 0;
  #lastTimestamp = 0;
  #expectedAtReport = 0;
  #receivedAtReport = 0;
  #senderReport = 0;
  #senderReportMs = 0;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  get packets(): number {
    return this.#received;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get jitterMs(): number {
    return this.#jitter * 1000 / this.#clockRate;
  }

  /** Packets that are missing so far; retransmissions that came count as received. */
  get lost(): number {
    return this.#first < 0 ? 0 : Math.max(0, this.#highest - this.#first + 1 - this.#received);
  }

  /** Notes a packet by extended sequence number. */
  receive(extended: number, timestamp: number, byteLength: number, nowMs: number): void {
    this.#received++;
    this.#bytes += byteLength;
    if (this.#first < 0) this.#first = extended;
    else if (extended > this.#highest && timestamp !== this.#lastTimestamp) {
      // Packets of one frame share a timestamp and tell nothing of the network's jitter but pacing's.
      const arrived = (nowMs - this.#lastArrivalMs) * this.#clockRate / 1000;
      const difference = Math.abs(arrived - timestampDistance(timestamp, this.#lastTimestamp));
      this.#jitter += (Math.min(difference, this.#clockRate) - this.#jitter) / 16;
    }
    if (extended > this.#highest) {
      this.#highest = extended;
      if (timestamp !== this.#lastTimestamp) {
        this.#lastArrivalMs = nowMs;
        this.#lastTimestamp = timestamp;
      }
    }
    if (extended < this.#first) this.#first = extended;
  }

  /** Packets that should have come so far. */
  get expected(): number {
    return this.#first < 0 ? 0 : this.#highest - this.#first + 1;
  }

  /** Packets that are missing so far, or came only when they were asked for again. */
  get lostOnce(): number {
    return this.lost + this.#recovered;
  }

  /** A retransmitted packet: received, but no measure of jitter. */
  recover(byteLength: number): void {
    this.#received++;
    this.#recovered++;
    this.#bytes += byteLength;
  }

  receiveSenderReport(report: SenderReport, nowMs: number): void {
    this.#senderReport = compactNtp(report);
    this.#senderReportMs = nowMs;
  }

  /** The report on what came since the last one; undefined before the first packet. */
  report(ssrc: number, nowMs: number): ReportBlock | undefined {
    if (this.#first < 0) return undefined;
    const expected = this.#highest - this.#first + 1;
    const expectedNow = expected - this.#expectedAtReport;
    const lostNow = expectedNow - (this.#received - this.#receivedAtReport);
    this.#expectedAtReport = expected;
    this.#receivedAtReport = this.#received;
    const fractionLost = expectedNow <= 0 || lostNow <= 0
      ? 0
      : Math.min(255, Math.floor(lostNow * 256 / expectedNow));
    return {
      ssrc,
      fractionLost,
      cumulativeLost: Math.max(-0x800000, Math.min(0x7fffff, expected - this.#received)),
      highestSequence: toTimestamp(this.#highest),
      jitter: Math.floor(this.#jitter),
      lastSenderReport: this.#senderReport,
      delaySinceLastSenderReport: this.#senderReport === 0
        ? 0
        : toTimestamp(Math.round((nowMs - this.#senderReportMs) * 65.536)),
    };
  }
}
