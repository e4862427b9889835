import { expect } from "@std/expect";
import { HOLD_MS, LossWatch } from "./loss_watch.ts";

Deno.test("a path that loses is lossy at once, and for a while after the last loss", () => {
  const watch = new LossWatch();
  expect(watch.lossy(0)).toBe(false);
  watch.report(0.1, 1000);
  expect(watch.lossy(1000)).toBe(true);
  expect(watch.lossy(1000 + HOLD_MS - 1)).toBe(true);
  expect(watch.lossy(1000 + HOLD_MS)).toBe(false);
});

Deno.test("one packet lost in a second of many without loss is no lossy path", () => {
  const watch = new LossWatch();
  for (let s = 1; s <= 20; s++) watch.report(0, s * 1000);
  watch.report(1 / 50, 21_000);
  expect(watch.lossy(21_000)).toBe(false);
});

Deno.test("steady loss of 5% counts whether reports come every second or every five", () => {
  for (const everyMs of [1000, 5000]) {
    const watch = new LossWatch();
    watch.report(0, 0);
    for (let ms = everyMs; ms <= 10_000; ms += everyMs) watch.report(0.05, ms);
    expect(watch.lossy(10_000)).toBe(true);
  }
});
