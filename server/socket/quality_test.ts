import { expect } from "@std/expect";
import type { ReceivedSpan } from "../../rooms/activity.ts";
import type { ProducerStats } from "../sfu/media_engine.ts";
import { QualitySampler } from "./quality.ts";

Deno.test("each person gets what their producers received since the last look", async () => {
  let stats: ProducerStats[] = [];
  const sampler = new QualitySampler({ stats: () => Promise.resolve(stats) });
  const taken: [string, ReceivedSpan][] = [];
  const owners: Record<string, string> = { mic: "ada", camera: "ada", other: "tom" };
  const look = (now: number) =>
    sampler.tick(now, "r", (id) => owners[id], {
      received: (id, reception) => taken.push([id, reception]),
    });
  const of = (producerId: string, packets: number, lost: number, jitterMs: number) => ({
    producerId,
    packets,
    lost,
    jitterMs,
    bytes: 0,
  });
  stats = [of("mic", 100, 1, 5), of("camera", 200, 2, 9), of("gone", 7, 0, 0)];
  await look(10_000);
  stats = [of("mic", 150, 1, 6), of("camera", 200, 2, 40), of("other", 30, 3, 7)];
  await look(15_000);
  await look(20_000);
  expect(taken).toEqual([
    ["ada", { packets: 300, lost: 3, jitterMs: 9, spanMs: 10_000 }],
    // The camera is off: its old jitter says nothing.
    ["ada", { packets: 50, lost: 0, jitterMs: 6, spanMs: 10_000 }],
    ["tom", { packets: 30, lost: 3, jitterMs: 7, spanMs: 10_000 }],
  ]);
});
