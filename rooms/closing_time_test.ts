import { expect } from "@std/expect";
import { ClosingTime } from "./closing_time.ts";

const meetingId = "m";
const limits = { emptyMs: 600, warningsMs: [1000, 100], extendMs: 3000 };

class TestTime {
  day = 0;
  /** By how much the machine's clock was set. */
  setMs = 0;

  ofDay(): number {
    return this.day;
  }

  until(ofDay: number): number {
    return ofDay - this.setMs;
  }
}

/** A lesson that closes at 10,000, over a store that says yes; `time.day` is the machine's time of day. */
function closing10000(): { closing: ClosingTime; time: TestTime } {
  const time = new TestTime();
  const kept = { closesAt: 10_000, extendedMs: 0 };
  const extend = (_: string, { byMs }: { byMs: number }) => {
    kept.closesAt += byMs;
    kept.extendedMs += byMs;
    return Promise.resolve({ ...kept });
  };
  const closing = new ClosingTime({ meetingId, ...kept }, { limits, store: { extend }, time });
  return { closing, time };
}

Deno.test("a lesson that was extended is warned again before its new end, and closes then", async () => {
  const { closing, time } = closing10000();
  expect(closing.warning()).toBeNull();
  time.day = 9000;
  expect(closing.due(null)).toEqual({ due: "warning", warned: 1 });
  expect(closing.warning()).toEqual({ endsAt: 10_000, extendableMs: 3000 });
  time.day = 9500;
  expect(await closing.extend(2000)).toBe(12_000);
  expect(closing.warning()).toBeNull();
  time.day = 10_000;
  expect(closing.due(null)).toBeNull();
  time.day = 11_000;
  expect(closing.due(null)).toEqual({ due: "warning", warned: 1 });
  expect(closing.warning()).toEqual({ endsAt: 12_000, extendableMs: 1000 });
  time.day = 11_900;
  expect(closing.due(null)).toEqual({ due: "warning", warned: 2 });
  time.day = 12_000;
  expect(closing.due(null)).toEqual({ due: "timeout" });
});

Deno.test("a short extension within the time of a warning doesn't repeat that warning", async () => {
  const { closing, time } = closing10000();
  time.day = 9950;
  closing.due(null);
  await closing.extend(500);
  time.day = 9960;
  expect(closing.due(null)).toBeNull();
  time.day = 10_400;
  expect(closing.due(null)).toEqual({ due: "warning", warned: 2 });
});

Deno.test("a lesson without a schedule has no end to be moved", async () => {
  const extend = () => Promise.reject(new Error("nothing is to be stored"));
  const closing = new ClosingTime({ meetingId, closesAt: null, extendedMs: 0 }, {
    limits,
    store: { extend },
    time: { ofDay: () => 1e15, until: (at) => at },
  });
  expect(closing.extendableMs).toBe(0);
  await expect(closing.extend(1)).rejects.toMatchObject({ code: "conflict" });
  expect(closing.due(null)).toBeNull();
  expect(closing.due(600)).toEqual({ due: "empty" });
});

Deno.test("the host adds no more than the limit, in all", async () => {
  const { closing } = closing10000();
  await expect(closing.extend(3001)).rejects.toMatchObject({ code: "conflict" });
  await closing.extend(2000);
  await expect(closing.extend(1001)).rejects.toMatchObject({ code: "conflict" });
  expect(await closing.extend(1000)).toBe(13_000);
});

Deno.test("a lesson closes by the time of day also when that is set, and says so in its own time", () => {
  const { closing, time } = closing10000();
  time.day = 4000;
  expect(closing.due(null)).toBeNull();
  time.setMs = 5500;
  time.day += time.setMs;
  expect(closing.due(null)).toEqual({ due: "warning", warned: 1 });
  expect(closing.warning()).toEqual({ endsAt: 4500, extendableMs: 3000 });
});
