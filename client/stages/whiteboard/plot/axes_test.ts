import { expect } from "@std/expect";
import { curvePath, type PlotFrame, ticks } from "./axes.ts";

const frame: PlotFrame = {
  x: { min: -10, max: 10 },
  y: { min: -10, max: 10 },
  width: 200,
  height: 200,
};

Deno.test("ticks are round numbers inside the range", () => {
  expect(ticks({ min: -10, max: 10 }, 200)).toEqual([-10, -5, 0, 5, 10]);
  expect(ticks({ min: 0, max: 1 }, 240)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(ticks({ min: 1, max: 1 }, 240)).toEqual([]);
  expect(ticks({ min: 0, max: Infinity }, 240)).toEqual([]);
});

Deno.test("a straight line is one stroke from edge to edge", () => {
  const path = curvePath((x) => x, frame);
  expect(path.startsWith("M0 200L")).toBe(true);
  expect(path.endsWith("L200 0")).toBe(true);
  expect(path.match(/M/g)).toHaveLength(1);
});

Deno.test("a pole and a gap lift the pen", () => {
  expect(curvePath((x) => 1 / x, frame).match(/M/g)).toHaveLength(2);
  expect(curvePath((x) => Math.sqrt(x * x - 25), frame).match(/M/g)).toHaveLength(2);
  expect(curvePath(() => NaN, frame)).toBe("");
});
