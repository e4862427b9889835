/**
 * How one stream reaches its receiver, as the receiver's reports tell (RFC 3550 §6.4). Pure.
 */
import { LossWatch } from "../choose/loss_watch.ts";
import type { ReportBlock } from "../packets/rtcp.ts";
import { RoundTrip } from "../bandwidth/round_trip.ts";

/** Browsers report every second or five. */
const VALID_MS = 6000;

export class ReceiverReports {
  readonly #roundTrip = new RoundTrip();
  readonly #loss = new LossWatch();
  #atMs = -Infinity;
  #fractionLost = 0;
  #jitterMs = 0;

  /** Undefined before the first report on one of ours. */
  get roundTripMs(): number | undefined {
    return this.#roundTrip.ms;
  }

  /** The fraction lost by the last report, 0–1. */
  get fractionLost(): number {
    return this.#fractionLost;
  }

  /** As the last report tells. */
  get jitterMs(): number {
    return this.#jitterMs;
  }

  /** Notes a sender report of ours, which theirs will name. */
  sent(report: { ntpHigh: number; ntpLow: number }, nowMs: number): void {
    this.#roundTrip.sent(report, nowMs);
  }

  receive(block: ReportBlock, clockRate: number, nowMs: number): void {
    this.#atMs = nowMs;
    this.#jitterMs = block.jitter * 1000 / clockRate;
    this.#fractionLost = block.fractionLost / 256;
    this.#loss.report(this.#fractionLost, nowMs);
    this.#roundTrip.receive(block, nowMs);
  }

  /** Whether there was a report lately. */
  current(nowMs: number): boolean {
    return nowMs - this.#atMs < VALID_MS;
  }

  lossy(nowMs: number): boolean {
    return this.#loss.lossy(nowMs);
  }
}
