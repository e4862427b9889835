import { expect } from "@std/expect";
import { MAX_AGE_MS, MAX_MISSING, MAX_TRIES, NackTracker } from "./nack.ts";
import { SequenceUnwrapper, toSequence } from "./sequence.ts";

Deno.test("NackTracker asks for every hole across the 16-bit wrap", () => {
  const tracker = new NackTracker();
  const unwrapper = new SequenceUnwrapper();
  tracker.receive(unwrapper.unwrap(65534), 0);
  tracker.receive(unwrapper.unwrap(1), 0);
  expect(tracker.poll(0).map(toSequence)).toEqual([65535, 0]);
});

Deno.test("a packet is asked for again after a round trip, and not once it came", () => {
  const tracker = new NackTracker();
  tracker.receive(10, 0);
  tracker.receive(13, 0);
  tracker.setRoundTrip(100);
  expect(tracker.poll(0)).toEqual([11, 12]);
  expect(tracker.poll(50)).toEqual([]);
  tracker.receive(11, 60);
  expect(tracker.poll(120)).toEqual([12]);
  tracker.receive(12, 130);
  expect(tracker.poll(300)).toEqual([]);
  expect(tracker.takeGaveUp()).toBe(false);
});

Deno.test("no packet is asked for more than MAX_TRIES times", () => {
  const tracker = new NackTracker();
  tracker.setRoundTrip(0);
  tracker.receive(1, 0);
  tracker.receive(3, 0);
  let asked = 0;
  for (let nowMs = 0; nowMs < MAX_AGE_MS; nowMs += 20) asked += tracker.poll(nowMs).length;
  expect(asked).toBe(MAX_TRIES);
  expect(tracker.takeGaveUp()).toBe(true);
  expect(tracker.takeGaveUp()).toBe(false);
});

Deno.test("a packet older than MAX_AGE_MS is given up", () => {
  const tracker = new NackTracker();
  tracker.receive(1, 0);
  tracker.receive(3, 0);
  expect(tracker.poll(MAX_AGE_MS + 1)).toEqual([]);
  expect(tracker.missing).toBe(0);
  expect(tracker.takeGaveUp()).toBe(true);
});

Deno.test("a hole wider than the bound is given up at once", () => {
  const tracker = new NackTracker();
  tracker.receive(1, 0);
  tracker.receive(MAX_MISSING + 3, 0);
  expect(tracker.poll(0)).toEqual([]);
  expect(tracker.takeGaveUp()).toBe(true);
  tracker.receive(MAX_MISSING + 5, 0);
  expect(tracker.poll(0)).toEqual([MAX_MISSING + 4]);
});
