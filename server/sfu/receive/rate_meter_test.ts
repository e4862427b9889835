import { expect } from "@std/expect";
import { RateMeter } from "./rate_meter.ts";

Deno.test("a steady flow is measured, and silence brings it to nothing within a second", () => {
  const meter = new RateMeter();
  for (let nowMs = 5000; nowMs < 8000; nowMs += 10) meter.add(125, nowMs);
  expect(meter.bitsPerSecond(7990)).toBeCloseTo(100_000);
  expect(meter.bitsPerSecond(8490)).toBeCloseTo(50_000);
  expect(meter.bitsPerSecond(9100)).toBe(0);
  meter.add(1000, 900_000);
  expect(meter.bitsPerSecond(900_050)).toBe(8000);
});
