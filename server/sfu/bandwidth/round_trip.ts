/**
 * How long a packet takes to a receiver and back, from its reports on ours (RFC 3550 §6.4.1).
 *
 * The clock in our sender reports is the publisher's, so the time at which one left is kept beside it.
 */
import type { ReportBlock } from "../packets/rtcp.ts";
import { compactNtp } from "../packets/sequence.ts";

/** The delay in a report block is in 65536ths of a second. */
const UNITS_PER_MS = 65.536;

export class RoundTrip {
  #report: { name: number; sentMs: number } | undefined;
  #ms: number | undefined;

  /** Round-trip time by the last report that could be matched; undefined before. */
  get ms(): number | undefined {
    return this.#ms;
  }

  sent(report: { ntpHigh: number; ntpLow: number }, nowMs: number): void {
    this.#report = { name: compactNtp(report), sentMs: nowMs };
  }

  receive(block: ReportBlock, nowMs: number): void {
    if (this.#report === undefined || block.lastSenderReport !== this.#report.name) return;
    const ms = nowMs - this.#report.sentMs - block.delaySinceLastSenderReport / UNITS_PER_MS;
    // A receiver that claims to have held the report for longer than it was away tells nothing.
    if (ms >= 0) this.#ms = ms;
  }
}
