import { expect } from "@std/expect";
import type { MonotonicMs, UnixMs } from "./clocks.ts";

Deno.test("the type checker keeps a time of day from where a duration is measured, and the other way round", () => {
  const now: UnixMs = 1_700_000_000_000;
  const elapsed: MonotonicMs = 5000;
  // @ts-expect-error -- a time of day
  const measured: MonotonicMs = now;
  // @ts-expect-error -- no time of day
  const shown: UnixMs = elapsed;
  expect([measured, shown]).toEqual([now, elapsed]);
});
