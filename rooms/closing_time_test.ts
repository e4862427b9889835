import { expect } from "@std/expect";
import { ClosingTime } from "./closing_time.ts";

const meetingId = "m";
const limits = { emptyMs: 600, warningsMs: [1000, 100], extendMs: 3000 };

/** A lesson that closes at 10,000, over a store that says yes. */
function closing10000(): ClosingTime {
  const kept = { closesAt: 10_000, extendedMs: 0 };
  const extend = (_: string, { byMs }: { byMs: number }) => {
    kept.closesAt += byMs;
    kept.extendedMs += byMs;
    return Promise.resolve({ ...kept });
  };
  return new ClosingTime({ meetingId, ...kept }, { limits, store: { extend } });
}

Deno.test("a lesson that was extended is warned again before its new end, and closes then", async () => {
  const closing = closing10000();
  expect(closing.warning()).toBeNull();
  expect(closing.due(9000, null)).toEqual({ due: "warning", warned: 1 });
  expect(closing.warning()).toEqual({ endsAt: 10_000, extendableMs: 3000 });
  expect(await closing.extend(2000, 9500)).toBe(12_000);
  expect(closing.warning()).toBeNull();
  expect(closing.due(10_000, null)).toBeNull();
  expect(closing.due(11_000, null)).toEqual({ due: "warning", warned: 1 });
  expect(closing.warning()).toEqual({ endsAt: 12_000, extendableMs: 1000 });
  expect(closing.due(11_900, null)).toEqual({ due: "warning", warned: 2 });
  expect(closing.due(12_000, null)).toEqual({ due: "timeout" });
});

Deno.test("a short extension within the time of a warning doesn't repeat that warning", async () => {
  const closing = closing10000();
  closing.due(9950, null);
  await closing.extend(500, 9950);
  expect(closing.due(9960, null)).toBeNull();
  expect(closing.due(10_400, null)).toEqual({ due: "warning", warned: 2 });
});

Deno.test("a lesson without a schedule has no end to be moved", async () => {
  const extend = () => Promise.reject(new Error("nothing is to be stored"));
  const closing = new ClosingTime({ meetingId, closesAt: null, extendedMs: 0 }, {
    limits,
    store: { extend },
  });
  expect(closing.extendableMs).toBe(0);
  await expect(closing.extend(1, 0)).rejects.toMatchObject({ code: "conflict" });
  expect(closing.due(1e15, null)).toBeNull();
  expect(closing.due(1e15, 600)).toEqual({ due: "empty" });
});

Deno.test("the host adds no more than the limit, in all", async () => {
  const closing = closing10000();
  await expect(closing.extend(3001, 0)).rejects.toMatchObject({ code: "conflict" });
  await closing.extend(2000, 0);
  await expect(closing.extend(1001, 0)).rejects.toMatchObject({ code: "conflict" });
  expect(await closing.extend(1000, 0)).toBe(13_000);
});
