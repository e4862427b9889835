import { expect } from "@std/expect";
import {
  availableBps,
  QualityTracker,
  readSent,
  receivedQuality,
  sentQuality,
  shownQuality,
} from "./quality.ts";

const report = (...stats: Record<string, unknown>[]) =>
  new Map(stats.map((stat, n) => [String(n), stat])) as unknown as RTCStatsReport;

const inbound = (trackIdentifier: string, packetsReceived: number, packetsLost = 0) => ({
  type: "inbound-rtp",
  trackIdentifier,
  packetsReceived,
  packetsLost,
  jitter: 0.005,
});

Deno.test("a clean stream has four bars and a silent one none", () => {
  const totals = { received: 100, lost: 0, jitterMs: 5 };
  expect(receivedQuality(undefined, totals)).toBe(4);
  expect(receivedQuality(totals, totals)).toBe(0);
});

Deno.test("every limit of loss and jitter costs a bar, and the worse one counts", () => {
  const after = (lost: number, jitterMs = 5) => ({ received: 100 - lost, lost, jitterMs });
  expect([3, 6, 20].map((lost) => receivedQuality(undefined, after(lost)))).toEqual([3, 2, 1]);
  expect(receivedQuality(undefined, after(0, 70))).toBe(2);
  expect(receivedQuality(undefined, after(3, 200))).toBe(1);
});

Deno.test("only the time between two readings counts", () => {
  const before = { received: 100, lost: 50, jitterMs: 5 };
  expect(receivedQuality(before, { received: 200, lost: 50, jitterMs: 5 })).toBe(4);
  expect(receivedQuality(before, { received: 200, lost: 45, jitterMs: 5 })).toBe(4);
});

Deno.test("a long path to the server shows, however clean", () => {
  expect([100, 300, 500, 900].map((ms) => sentQuality(0, ms))).toEqual([4, 3, 2, 1]);
});

Deno.test("a person has the bars of their worst stream, and who sends nothing has none to show", () => {
  const tracker = new QualityTracker();
  const expected = [
    { participantId: "mia", trackId: "a" },
    { participantId: "mia", trackId: "v" },
    { participantId: "tom", trackId: null },
  ];
  tracker.update(expected, report(inbound("a", 10), inbound("v", 10)));
  const quality = tracker.update(expected, report(inbound("a", 60), inbound("v", 106, 4)));
  expect(quality).toEqual(new Map([["mia", 3], ["tom", 0]]));
});

Deno.test("the server's word on a person's connection counts, unless nothing arrives of them", () => {
  const report = { lost: 0.05, roundTripMs: 90, jitterMs: 8 };
  const shown = shownQuality(new Map([["ada", 4], ["ben", 0], ["mia", 1]]), [
    { participantId: "ada", grade: "poor", ...report },
    { participantId: "ben", grade: "good", ...report },
    { participantId: "mia", grade: "good", ...report },
    { participantId: "gil", grade: "fair", ...report },
  ]);
  expect([...shown]).toEqual([["ada", 1], ["ben", 0], ["mia", 4]]);
});

Deno.test("there is no verdict on the path up before the server has reported", () => {
  expect(readSent(report({ type: "outbound-rtp" }))).toBe(null);
  const told = { type: "remote-inbound-rtp", fractionLost: 0.07, roundTripTime: 0.02 };
  expect(readSent(report({ ...told, kind: "video" }))).toBe(2);
  expect(readSent(report({ ...told, kind: "audio" }))).toBe(4);
});

Deno.test("what can be sent is that of the path in use, and unknown where the browser doesn't say", () => {
  const pair = (nominated: boolean, availableOutgoingBitrate?: number) => ({
    type: "candidate-pair",
    nominated,
    ...(availableOutgoingBitrate === undefined ? {} : { availableOutgoingBitrate }),
  });
  expect(availableBps(report(pair(false, 900_000), pair(true, 250_000)))).toBe(250_000);
  expect(availableBps(report(pair(true), pair(false, 900_000)))).toBeUndefined();
});
