import { expect } from "@std/expect";
import { MAX_AGE_MS, MAX_MISSING, MAX_TRIES, NackTracker } from "./nack.ts";
import { SequenceUnwrapper, toSequence } from "../packets/sequence.ts";

Deno.test("NackTracker asks for every hole across the 16-bit wrap", () => {
  const tracker = new NackTracker();
  const unwrapper = new SequenceUnwrapper();
  tracker.receive(unwrapper.unwrap(65534), 0);
  tracker.receive(unwrapper.unwrap(1), 0);
  expect(tracker.poll(0).map(toSequence)).toEqual([65535, 0]);
});

Deno.test("a packet is asked for again after a while, and not once it came", () => {
  const tracker = new NackTracker();
  tracker.receive(10, 0);
  tracker.receive(13, 0);
  expect(tracker.poll(0)).toEqual([11, 12]);
  expect(tracker.poll(50)).toEqual([]);
  tracker.receive(11, 60);
  expect(tracker.poll(120)).toEqual([12]);
  tracker.receive(12, 130);
  expect(tracker.poll(300)).toEqual([]);
  expect(tracker.takeGaveUp()).toBe(false);
});

/** Loses every second packet from `first` on and answers each request after `roundTripMs`; asks 20 times. */
function answerAfter(tracker: NackTracker, first: number, roundTripMs: number): number {
  let asked = 0;
  for (let n = 0; n < 20; n++) {
    const atMs = n * 2000;
    tracker.receive(first + 2 * n, atMs);
    tracker.receive(first + 2 * n + 2, atMs);
    for (let waited = 0; waited < roundTripMs; waited += 10) {
      asked += tracker.poll(atMs + waited).length;
    }
    tracker.receive(first + 2 * n + 1, atMs + roundTripMs);
  }
  return asked;
}

Deno.test("retries adapt to how long answers take, so a far publisher isn't asked over and over", () => {
  const tracker = new NackTracker();
  answerAfter(tracker, 1, 350);
  expect(answerAfter(tracker, 41, 350)).toBeLessThanOrEqual(21);
});

Deno.test("no packet is asked for more than MAX_TRIES times", () => {
  const tracker = new NackTracker();
  answerAfter(tracker, 1, 10);
  tracker.receive(43, 50_000);
  let asked = 0;
  for (let ms = 0; ms < MAX_AGE_MS; ms += 10) asked += tracker.poll(50_000 + ms).length;
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
