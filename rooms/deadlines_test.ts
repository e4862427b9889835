import { expect } from "@std/expect";
import { deadlineAt, type DeadlineState } from "./deadlines.ts";

const limits = { emptyMs: 600, warningsMs: [1000, 100] };
const state: DeadlineState = { closesAt: 10_000, emptyMs: null, warned: 0 };

Deno.test("a meeting is warned once at each distance from its end, then times out", () => {
  expect(deadlineAt(8999, state, limits)).toBeNull();
  expect(deadlineAt(9000, state, limits)).toEqual({ due: "warning", warned: 1 });
  expect(deadlineAt(9001, { ...state, warned: 1 }, limits)).toBeNull();
  expect(deadlineAt(9900, { ...state, warned: 1 }, limits)).toEqual({ due: "warning", warned: 2 });
  expect(deadlineAt(10_000, { ...state, warned: 2 }, limits)).toEqual({ due: "timeout" });
});

Deno.test("a room that opens late in the meeting gives one warning, not all of them", () => {
  expect(deadlineAt(9950, state, limits)).toEqual({ due: "warning", warned: 2 });
});

Deno.test("a deserted meeting ends, with or without a schedule", () => {
  const deserted = { ...state, emptyMs: 600 };
  expect(deadlineAt(2600, { ...deserted, emptyMs: 599 }, limits)).toBeNull();
  expect(deadlineAt(2600, deserted, limits)).toEqual({ due: "empty" });
  expect(deadlineAt(2600, { ...deserted, closesAt: null }, limits)).toEqual({ due: "empty" });
});
