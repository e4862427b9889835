import { expect } from "@std/expect";
import { Closing } from "./closing.ts";

const limits = { emptyMs: 600, warningsMs: [1000, 100], extendMs: 3000 };

Deno.test("a lesson that was extended is warned again before its new end, and closes then", () => {
  const closing = new Closing({ closesAt: 10_000, extendedMs: 0 }, limits);
  expect(closing.warning()).toBeNull();
  expect(closing.due(9000, null)).toEqual({ due: "warning", warned: 1 });
  expect(closing.warning()).toEqual({ endsAt: 10_000, extendableMs: 3000 });
  closing.extended({ closesAt: 12_000, extendedMs: 2000 }, 9500);
  expect(closing.warning()).toBeNull();
  expect(closing.due(10_000, null)).toBeNull();
  expect(closing.due(11_000, null)).toEqual({ due: "warning", warned: 1 });
  expect(closing.warning()).toEqual({ endsAt: 12_000, extendableMs: 1000 });
  expect(closing.due(11_900, null)).toEqual({ due: "warning", warned: 2 });
  expect(closing.due(12_000, null)).toEqual({ due: "timeout" });
});

Deno.test("a short extension within the time of a warning doesn't repeat that warning", () => {
  const closing = new Closing({ closesAt: 10_000, extendedMs: 0 }, limits);
  closing.due(9950, null);
  closing.extended({ closesAt: 10_500, extendedMs: 500 }, 9950);
  expect(closing.due(9960, null)).toBeNull();
  expect(closing.due(10_400, null)).toEqual({ due: "warning", warned: 2 });
});

Deno.test("a lesson without a schedule has no end to be moved", () => {
  const closing = new Closing({ closesAt: null, extendedMs: 0 }, limits);
  expect(closing.extendableMs).toBe(0);
  expect(closing.due(1e15, null)).toBeNull();
  expect(closing.due(1e15, 1e15 - 600)).toEqual({ due: "empty" });
});
