import { expect } from "@std/expect";
import { ReplayClock } from "./clock.ts";

function clockAndTime() {
  let now = 5000;
  const clock = new ReplayClock(() => now);
  return { clock, pass: (ms: number) => now += ms };
}

Deno.test("a clock runs at its rate while it plays, and a change of rate moves nothing", () => {
  const { clock, pass } = clockAndTime();
  pass(1000);
  expect(clock.at).toBe(0);
  clock.setPlaying(true);
  pass(1000);
  clock.setRate(2);
  expect(clock.at).toBe(1000);
  pass(1000);
  expect(clock.at).toBe(3000);
  clock.setPlaying(false);
  pass(1000);
  expect(clock.at).toBe(3000);
});

Deno.test("a clock that is held stands still and goes on from there, still wanting to play", () => {
  const { clock, pass } = clockAndTime();
  clock.setPlaying(true);
  pass(500);
  clock.setHeld(true);
  pass(9000);
  expect([clock.at, clock.playing]).toEqual([500, true]);
  clock.setHeld(false);
  pass(100);
  expect(clock.at).toBe(600);
});

Deno.test("a seek lands where it was aimed at, playing or not", () => {
  const { clock, pass } = clockAndTime();
  clock.seek(40_000);
  expect(clock.at).toBe(40_000);
  clock.setPlaying(true);
  pass(10);
  clock.seek(100);
  pass(10);
  expect(clock.at).toBe(110);
});
