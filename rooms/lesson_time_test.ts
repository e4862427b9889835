import { expect } from "@std/expect";
import { LessonTime } from "./lesson_time.ts";

const MINUTE = 60_000;

function machine() {
  const state = { day: 1_700_000_000_000, elapsed: 1234.5 };
  return {
    state,
    pass(ms: number) {
      state.day += ms;
      state.elapsed += ms;
    },
    clocks: { now: () => state.day, clock: () => state.elapsed },
  };
}

Deno.test("LessonTime goes on at its pace while the machine's clock is set back and forth", () => {
  const { state, pass, clocks } = machine();
  const time = new LessonTime(clocks);
  const began = state.day;
  for (const [n, set] of [-30 * MINUTE, 90 * MINUTE, -1, 0].entries()) {
    pass(5000);
    state.day += set;
    expect(time.now()).toBe(began + 5000 * (n + 1));
  }
  expect(time.ofDay()).toBe(state.day);
});

Deno.test("LessonTime says when a booked time comes, however the machine's clock was set", () => {
  const { state, pass, clocks } = machine();
  const time = new LessonTime(clocks);
  const booked = state.day + 60 * MINUTE;
  expect(time.until(booked)).toBe(booked);
  pass(MINUTE);
  state.day += 30 * MINUTE;
  expect(time.until(booked) - time.now()).toBe(29 * MINUTE);
});

Deno.test("LessonTime follows what is stored, and goes back for nothing", () => {
  const { state, pass, clocks } = machine();
  const time = new LessonTime(clocks);
  const stored = state.day + 10 * MINUTE;
  time.follow(stored);
  expect(time.now()).toBe(stored);
  pass(100);
  time.follow(state.day - MINUTE);
  expect(time.now()).toBe(stored + 100);
});
