import { expect } from "@std/expect";
import { dueTime } from "./due_time.ts";

const HOUR_MS = 3_600_000;

Deno.test("what is due stays due when the clock is set back, and comes after its rest", () => {
  const state = { day: 1_700_000_000_000, elapsed: 5 };
  const due = dueTime({ now: () => state.day, clock: () => state.elapsed });
  const began = due();
  expect(began).toBe(state.day);
  state.day -= HOUR_MS;
  expect(due()).toBe(began);
  state.day += 5000;
  state.elapsed += 5000;
  expect(due()).toBe(began + 5000);
  state.day += 3 * HOUR_MS;
  expect(due()).toBe(state.day);
  state.day -= 2 * HOUR_MS;
  expect(due()).toBe(began + 5000 + 2 * HOUR_MS);
});
