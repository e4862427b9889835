import { expect } from "@std/expect";
import { BETWEEN_TRACKS_MS, FrameOrder, type PlacedFrame, WITHIN_TRACK_MS } from "./frame_order.ts";

const TARA = { participantId: "tara", sender: 7 };
/** Frames a second of all that the page sends. */
const PACE = 75;

/** A second of a track's frames: each third that the page sends. */
function second(at: number, { from = at, every = 3 } = {}): PlacedFrame[] {
  return Array.from({ length: PACE / every }, (_, n) => ({
    atMs: at * 1000 + n * 1000 / (PACE / every),
    counter: from * PACE + n * every,
  }));
}

const all = (admitted: readonly boolean[]) => admitted.every((one) => one);
const none = (admitted: readonly boolean[]) => !admitted.some((one) => one);

Deno.test("FrameOrder admits a lesson in whatever order it is read, and as often as one likes", () => {
  const order = new FrameOrder();
  const seconds = Array.from({ length: 120 }, (_, at) => at);
  for (let round = 0; round < 3; round++) {
    for (const at of seconds.toSorted((a, b) => (a * 37 + round) % 120 - (b * 37 + round) % 120)) {
      expect(all(order.admit(TARA, "camera", second(at)))).toBe(true);
      expect(all(order.admit(TARA, "voice", second(at, { every: 5 })))).toBe(true);
    }
  }
});

Deno.test("FrameOrder admits no moment in another's place, of the same track or beside it", () => {
  for (const [shown, claimed] of [[10, 40], [40, 10], [10, 12]] as const) {
    const order = new FrameOrder();
    expect(all(order.admit(TARA, "camera", second(shown)))).toBe(true);
    expect(none(order.admit(TARA, "camera", second(claimed, { from: shown })))).toBe(true);
    // The right frames still find their place.
    expect(all(order.admit(TARA, "camera", second(claimed)))).toBe(true);
  }
  const order = new FrameOrder();
  order.admit(TARA, "voice", second(10));
  order.admit(TARA, "voice", second(40));
  expect(none(order.admit(TARA, "camera", second(25, { from: 60 })))).toBe(true);
  expect(none(order.admit(TARA, "camera", second(25, { from: 5 })))).toBe(true);
  expect(all(order.admit(TARA, "camera", second(25)))).toBe(true);
});

Deno.test("FrameOrder leaves out single frames that were moved, and keeps those around them", () => {
  const order = new FrameOrder();
  order.admit(TARA, "camera", second(10));
  const frames = second(30);
  frames[4] = { ...frames[4]!, counter: 10 * PACE };
  frames[9] = { ...frames[9]!, counter: frames[8]!.counter };
  const admitted = order.admit(TARA, "camera", frames);
  expect(admitted.flatMap((fits, n) => fits ? [] : [n])).toEqual([4, 9]);
});

Deno.test("FrameOrder bears what an honest recorder can't place to the moment", () => {
  const order = new FrameOrder();
  order.admit(TARA, "voice", second(20));
  // Its sender's first report had not come.
  const late = second(20).map(({ atMs, counter }) => ({
    atMs: atMs + BETWEEN_TRACKS_MS,
    counter: counter + 1,
  }));
  expect(all(order.admit(TARA, "camera", late))).toBe(true);
  // Frames of two layers around the change from one to the other.
  const changed = new FrameOrder();
  const frames = second(5).map((frame, n) => ({ ...frame, counter: frame.counter + n % 2 * 8 }));
  expect(all(changed.admit(TARA, "camera", frames))).toBe(true);
  const next = second(5).map(({ atMs, counter }) => ({
    atMs: atMs + WITHIN_TRACK_MS,
    counter: counter + 2,
  }));
  expect(all(changed.admit(TARA, "camera", next))).toBe(true);
});

Deno.test("FrameOrder lets a page that was loaded anew, and everybody else, count from the start", () => {
  const order = new FrameOrder();
  order.admit(TARA, "camera", second(100));
  expect(all(order.admit({ ...TARA, sender: 8 }, "again", second(200, { from: 0 })))).toBe(true);
  expect(all(order.admit({ participantId: "sam", sender: 7 }, "sam", second(200, { from: 0 }))))
    .toBe(true);
});
