/**
 * How much gets through to one subscriber, estimated from transport-wide feedback (Google congestion control).
 *
 * Sans-I/O, a pure function of what was sent, of feedback and of time: delay ({@linkcode DelayTrend}), loss and probes
 * move one rate ({@linkcode RateControl}). Unknown before the first feedback: who sends none is never limited.
 */
import { DelayTrend } from "./delay_trend.ts";
import { Detour } from "./detour.ts";
import { Prober } from "./probe.ts";
import { QueueDelay } from "./queue_delay.ts";
import { QUEUED_MS, RateControl } from "./rate_control.ts";
import { RateMeter } from "../receive/rate_meter.ts";
import { SendHistory, type SentPacket } from "./send_history.ts";
import { signed24 } from "../packets/sequence.ts";
import type { TransportFeedback } from "../packets/transport_feedback.ts";

/** What most paths bear; probes find out within a second whether it may be more. */
const START_BPS = 500_000;
/** Headers of IPv4 and UDP, which links count too. */
const DATAGRAM_BYTES = 28;
const ARRIVED_WINDOW_MS = 500;
const LOSS_WINDOW_MS = 1000;
const MIN_LOSS_PACKETS = 20;
/** What feedback told of queues so long ago holds no longer. */
const STALE_MS = 1000;
/** Feedback comes ten times a second; silence while packets go out is congestion. */
const SILENT_MS = 1500;
const SILENT_EVERY_MS = 500;
/** So long a silence is no congestion: there is no way. */
const OUTAGE_MS = 4000;
const REFERENCE_MS = 64;

export class BandwidthEstimator {
  readonly #history = new SendHistory();
  readonly #trend = new DelayTrend();
  readonly #queue = new QueueDelay();
  readonly #detour = new Detour();
  readonly #control = new RateControl(START_BPS);
  readonly #prober = new Prober();
  readonly #sent = new RateMeter(ARRIVED_WINDOW_MS);
  readonly #arrived = new RateMeter(ARRIVED_WINDOW_MS);
  readonly #packet: SentPacket = { sentMs: 0, bytes: 0, probe: 0 };
  #firstArrivedMs = -1;
  #lastArrivedMs = 0;
  #lastReference = -1;
  #referenceMs = 0;
  #roundTripMs = 100;
  #feedbackMs = -1;
  #sentSinceFeedback = 0;
  #silentMs = 0;
  #lossPackets = 0;
  #lossLost = 0;
  #lossMs = 0;
  #firstSentMs = -1;

  /** Bits a second; undefined before the first feedback. */
  get bitsPerSecond(): number | undefined {
    return this.#feedbackMs < 0 ? undefined : this.#control.bitsPerSecond;
  }

  /** From sending a packet to hearing of it, feedback's own delay included. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** Whether feedback may still begin: the first packet was sent not long ago, or will be. */
  expectsFeedback(nowMs: number): boolean {
    if (this.#firstSentMs < 0) return true;
    return this.#feedbackMs < 0 && nowMs - this.#firstSentMs < SILENT_MS;
  }

  /** Where nothing was sent for a while nothing waits. */
  #queued(nowMs: number): boolean {
    return this.#queue.ms > QUEUED_MS && nowMs - this.#feedbackMs < STALE_MS;
  }

  /** Notes a datagram that goes out; answers its transport-wide number. */
  send(datagramBytes: number, nowMs: number): number {
    if (this.#firstSentMs < 0) this.#firstSentMs = nowMs;
    const bytes = datagramBytes + DATAGRAM_BYTES;
    const probe = this.#prober.current(nowMs);
    if (probe !== 0) this.#prober.sent(bytes);
    this.#sent.add(bytes, nowMs);
    this.#sentSinceFeedback++;
    return this.#history.add(bytes, probe, nowMs);
  }

  /** Bytes of padding to send now, when it would be of use to know that `wantedBps` get through. */
  paddingDue(wantedBps: number, nowMs: number): number {
    // More on top of a queue would only make it longer.
    if (this.#feedbackMs < 0 || (this.#queued(nowMs) && !this.#prober.running)) return 0;
    return this.#prober.due(this.#control.bitsPerSecond, wantedBps, nowMs);
  }

  receive(feedback: TransportFeedback, nowMs: number): void {
    const silentMs = nowMs - this.#feedbackMs;
    if (this.#feedbackMs >= 0 && silentMs > OUTAGE_MS && this.#sentSinceFeedback > 0) {
      this.#control.restart(START_BPS);
    }
    const referenceMs = this.#reference(feedback.referenceTime);
    let extended = this.#history.extended(feedback.baseSequence);
    let lastSentMs = -1;
    for (const arrival of feedback.arrivals) {
      const packet = this.#packet;
      if (this.#history.take(extended++, packet)) {
        this.#lossPackets++;
        if (arrival === undefined) this.#lossLost++;
        else {
          this.#arrive(packet, referenceMs + arrival / 4);
          lastSentMs = packet.sentMs;
        }
      }
    }
    if (this.#lossMs === 0) this.#lossMs = nowMs;
    this.#feedbackMs = nowMs;
    this.#sentSinceFeedback = 0;
    if (lastSentMs >= 0) this.#roundTripMs += ((nowMs - lastSentMs) - this.#roundTripMs) / 8;
    this.#judge(nowMs);
  }

  #arrive({ sentMs, bytes, probe }: SentPacket, arrivedMs: number): void {
    if (this.#firstArrivedMs < 0) this.#firstArrivedMs = arrivedMs;
    this.#arrived.add(bytes, arrivedMs);
    this.#lastArrivedMs = Math.max(this.#lastArrivedMs, arrivedMs);
    this.#trend.packet(sentMs, arrivedMs);
    this.#queue.packet(sentMs, arrivedMs);
    if (probe !== 0) this.#prober.arrived(probe, bytes, sentMs, arrivedMs);
  }

  #judge(nowMs: number): void {
    const known = this.#lastArrivedMs - this.#firstArrivedMs >= ARRIVED_WINDOW_MS;
    const arrived = known ? this.#arrived.bitsPerSecond(this.#lastArrivedMs) : undefined;
    const sent = this.#sent.bitsPerSecond(nowMs);
    const roundTripMs = this.#roundTripMs;
    if (arrived !== undefined && this.#queue.ms > QUEUED_MS) {
      const passage = { queueMs: this.#queue.ms, sent, arrived, roundTripMs };
      if (this.#detour.observe(passage, nowMs)) this.#queue.accept(this.#lastArrivedMs);
    }
    const { usage } = this.#trend;
    this.#control.observe({ usage, queueMs: this.#queue.ms, arrived, sent, roundTripMs }, nowMs);
    if (nowMs - this.#lossMs >= LOSS_WINDOW_MS && this.#lossPackets >= MIN_LOSS_PACKETS) {
      const lost = this.#lossLost / this.#lossPackets;
      this.#control.observeLoss(lost, this.#roundTripMs, nowMs);
      this.#lossPackets = 0;
      this.#lossLost = 0;
      this.#lossMs = nowMs;
    }
  }

  tick(nowMs: number): void {
    const probed = this.#prober.result(this.#control.bitsPerSecond, this.#roundTripMs, nowMs);
    if (probed !== undefined) this.#control.raise(probed, nowMs);
    if (this.#feedbackMs < 0 || this.#sentSinceFeedback === 0) return;
    if (nowMs - this.#feedbackMs < SILENT_MS || nowMs - this.#silentMs < SILENT_EVERY_MS) return;
    this.#silentMs = nowMs;
    this.#control.lowerInSilence();
  }

  /** The reference time of feedback in ms, unwrapped from 24 bits of 64 ms. */
  #reference(referenceTime: number): number {
    if (this.#lastReference >= 0) {
      this.#referenceMs += signed24(referenceTime - this.#lastReference) * REFERENCE_MS;
    } else this.#referenceMs = referenceTime * REFERENCE_MS;
    this.#lastReference = referenceTime;
    return this.#referenceMs;
  }
}
