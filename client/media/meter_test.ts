import { expect } from "@std/expect";
import { levelOf } from "./meter.ts";

Deno.test("silence is 0 and a full-scale square wave is 1", () => {
  expect(levelOf(new Float32Array(8))).toBe(0);
  expect(levelOf(Float32Array.of(1, -1, 1, -1))).toBe(1);
});

Deno.test("the level falls by a third for every 20 dB", () => {
  expect(levelOf(Float32Array.of(0.1, -0.1))).toBeCloseTo(2 / 3, 5);
  expect(levelOf(Float32Array.of(0.0001, -0.0001))).toBe(0);
});
