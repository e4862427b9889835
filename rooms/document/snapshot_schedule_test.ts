import { expect } from "@std/expect";
import { SnapshotSchedule } from "./snapshot_schedule.ts";

const LIMITS = { logBytes: 100_000, everyMs: 300_000 };
const rows = (count: number, bytes: number) =>
  Array.from({ length: count }, () => ({ update: new Uint8Array(bytes) }));

Deno.test("a busy document gets a snapshot every few minutes, and none while nothing changes", () => {
  const schedule = new SnapshotSchedule(LIMITS, 0, 0);
  expect(schedule.due(1_000_000)).toBe(false);
  schedule.logged(rows(10, 100));
  expect(schedule.due(299_999)).toBe(false);
  expect(schedule.due(300_000)).toBe(true);
  schedule.taken(1000, 300_000);
  expect(schedule.rows).toBe(0);
  expect(schedule.due(1_000_000)).toBe(false);
});

Deno.test("a log that has grown long gets a snapshot at once", () => {
  const schedule = new SnapshotSchedule(LIMITS, 0, 0);
  schedule.logged(rows(99, 936));
  expect(schedule.due(1)).toBe(false);
  schedule.logged(rows(1, 936));
  expect(schedule.due(1)).toBe(true);
});

Deno.test("tiny updates count for more than their bytes", () => {
  const schedule = new SnapshotSchedule(LIMITS, 0, 0);
  schedule.logged(rows(2000, 10));
  expect(schedule.due(1)).toBe(true);
});

Deno.test("a large document waits until its log is as long as itself", () => {
  const schedule = new SnapshotSchedule(LIMITS, 1_000_000, 0);
  schedule.logged(rows(500, 936));
  expect(schedule.due(1)).toBe(false);
  schedule.logged(rows(500, 936));
  expect(schedule.due(1)).toBe(true);
});

Deno.test("a large document that hardly changes is written more rarely", () => {
  const schedule = new SnapshotSchedule(LIMITS, 10_000_000, 0);
  schedule.logged(rows(10, 100));
  expect(schedule.due(300_000)).toBe(false);
  expect(schedule.due(900_000)).toBe(true);
});

Deno.test("an hour of drawing is kept with a dozen snapshots", () => {
  const schedule = new SnapshotSchedule({ logBytes: 2 * 1024 * 1024, everyMs: 300_000 }, 0, 0);
  let snapshots = 0;
  let state = 0;
  for (let n = 0; n < 86_000; n++) {
    const now = Math.round(n * 3_600_000 / 86_000);
    schedule.logged(rows(1, 60));
    state += 15;
    if (!schedule.due(now)) continue;
    snapshots++;
    schedule.taken(state, now);
  }
  expect(snapshots).toBe(11);
});
