/**
 * How well each person's media arrives, in bars, from the browser's WebRTC statistics.
 *
 * Source: W3C Identifiers for WebRTC's Statistics API. Pure but for the caller's polling; the thresholds follow
 * ITU-T G.114 for delay and what VP8 and Opus bear in loss.
 */

import type { NoticeParams } from "../../rooms/contract/protocol/messages.ts";

/** Bars on a tile: 4 is good, 1 is bad, 0 is nothing arriving. */
export type Quality = 0 | 1 | 2 | 3 | 4;

/** Running totals of one stream. */
export interface StreamTotals {
  received: number;
  lost: number;
  jitterMs: number;
}

/** Each limit missed costs one bar. */
const LOSS_LIMITS = [0.02, 0.05, 0.1];
const JITTER_LIMITS_MS = [30, 60, 100];
const ROUND_TRIP_LIMITS_MS = [200, 400, 800];

function bars(value: number, limits: readonly number[]): Quality {
  return (4 - limits.filter((limit) => value > limit).length) as Quality;
}

const worst = (...qualities: Quality[]): Quality => Math.min(...qualities) as Quality;

/** The quality of one incoming stream over the time between two readings. */
export function receivedQuality(before: StreamTotals | undefined, after: StreamTotals): Quality {
  const received = after.received - (before?.received ?? 0);
  // Late packets are taken back from the losses: the difference may be negative.
  const lost = Math.max(0, after.lost - (before?.lost ?? 0));
  if (received <= 0) return 0;
  return worst(bars(lost / (received + lost), LOSS_LIMITS), bars(after.jitterMs, JITTER_LIMITS_MS));
}

/** The quality of the person's own path up: what the server reports back. */
export function sentQuality(fractionLost: number, roundTripMs: number): Quality {
  return worst(bars(fractionLost, LOSS_LIMITS), bars(roundTripMs, ROUND_TRIP_LIMITS_MS));
}

/** What the server says of somebody's connection. */
export type ConnectionReport = NoticeParams<"media.quality">["people"][number];

const BARS_OF: Readonly<Record<ConnectionReport["grade"], Quality>> = { good: 4, fair: 2, poor: 1 };

/**
 * What is shown of everybody: the server's word on their own connection where it has one, so that nobody is blamed
 * for somebody else's network; nothing arriving is nothing arriving.
 */
export function shownQuality(
  measured: ReadonlyMap<string, Quality>,
  reports: readonly ConnectionReport[],
): Map<string, Quality> {
  const shown = new Map(measured);
  for (const { participantId, grade } of reports) {
    const bars = measured.get(participantId);
    if (bars !== undefined && bars !== 0) shown.set(participantId, BARS_OF[grade]);
  }
  return shown;
}

export function sameQuality(
  a: ReadonlyMap<string, Quality>,
  b: ReadonlyMap<string, Quality>,
): boolean {
  return a.size === b.size && [...a].every(([id, quality]) => b.get(id) === quality);
}

type Stat = Record<string, unknown>;
const number = (stat: Stat, key: string): number => typeof stat[key] === "number" ? stat[key] : 0;

/** Totals of every incoming stream, by the id of its track. */
export function readReceived(report: RTCStatsReport): Map<string, StreamTotals> {
  const streams = new Map<string, StreamTotals>();
  report.forEach((stat: Stat) => {
    if (stat.type !== "inbound-rtp" || typeof stat.trackIdentifier !== "string") return;
    streams.set(stat.trackIdentifier, {
      received: number(stat, "packetsReceived"),
      lost: number(stat, "packetsLost"),
      jitterMs: number(stat, "jitter") * 1000,
    });
  });
  return streams;
}

/** The worst of what is sent, or null before the first receiver report. */
export function readSent(report: RTCStatsReport): Quality | null {
  let quality: Quality | null = null;
  report.forEach((stat: Stat) => {
    if (stat.type !== "remote-inbound-rtp") return;
    // For audio the server reports the loss of whoever hears worst: that is meant for the encoder.
    const lost = stat.kind === "audio" ? 0 : number(stat, "fractionLost");
    const one = sentQuality(lost, number(stat, "roundTripTime") * 1000);
    quality = worst(quality ?? 4, one);
  });
  return quality;
}

/** Bits a second that this page can send, as far as its browser knows. */
export function availableBps(report: RTCStatsReport): number | undefined {
  let bps: number | undefined;
  report.forEach((stat: Stat) => {
    if (stat.type !== "candidate-pair" || stat["nominated"] !== true) return;
    const known = stat["availableOutgoingBitrate"];
    if (typeof known === "number") bps = Math.max(bps ?? 0, known);
  });
  return bps;
}

/** One person's stream as it should be arriving. */
export interface ExpectedStream {
  participantId: string;
  /** The id of the received track, or null while there is none. */
  trackId: string | null;
}

/** Turns readings into bars for each person: the worst of their streams. */
export class QualityTracker {
  #before = new Map<string, StreamTotals>();

  /** `expected` is what should be flowing now: nothing is wrong with a camera that is off. */
  update(expected: Iterable<ExpectedStream>, report: RTCStatsReport): Map<string, Quality> {
    const after = readReceived(report);
    const quality = new Map<string, Quality>();
    for (const { participantId, trackId } of expected) {
      const totals = trackId === null ? undefined : after.get(trackId);
      const one = totals === undefined || trackId === null
        ? 0
        : receivedQuality(this.#before.get(trackId), totals);
      quality.set(participantId, worst(quality.get(participantId) ?? 4, one));
    }
    this.#before = after;
    return quality;
  }
}
