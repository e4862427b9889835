import { expect } from "@std/expect";
import { MAX_PAGES, SeenFrames, WINDOW } from "./seen_frames.ts";
import { seeded, someSeed } from "./testing/room.ts";

const TARA = { participantId: "tara", sender: 7 };

Deno.test("SeenFrames takes each counter of a page once, in any order within its window, as a set would", () => {
  const seed = someSeed();
  const random = seeded(seed);
  const seen = new SeenFrames();
  const taken = new Set<number>();
  let newest = 0;
  const wrong: number[] = [];
  for (let step = 0; step < 100_000; step++) {
    const counter = Math.max(
      0,
      newest + Math.round((random() - 0.7) * 2.5 * WINDOW * random() ** 6),
    );
    const fresh = counter > newest - WINDOW && !taken.has(counter);
    newest = Math.max(newest, counter);
    if (seen.take(TARA, counter) !== fresh) wrong.push(step);
    taken.add(counter);
  }
  expect([seed, wrong]).toEqual([seed, []]);
  expect(newest).toBeGreaterThan(10 * WINDOW);
});

Deno.test("SeenFrames begins anew for a page that is loaded anew, and for another person", () => {
  const seen = new SeenFrames();
  expect(seen.take(TARA, 5)).toBe(true);
  expect(seen.take({ ...TARA, sender: 8 }, 5)).toBe(true);
  expect(seen.take({ participantId: "sam", sender: 7 }, 5)).toBe(true);
  expect(seen.take(TARA, 5)).toBe(false);
});

Deno.test("SeenFrames takes the last counters that there are", () => {
  const seen = new SeenFrames();
  for (const counter of [0xfffffffe, 0xffffffff]) {
    expect(seen.take(TARA, counter)).toBe(true);
    expect(seen.take(TARA, counter)).toBe(false);
  }
});

Deno.test("SeenFrames remembers the pages that were heard last, however many a server makes up", () => {
  const seen = new SeenFrames();
  const page = (sender: number) => ({ participantId: "eve", sender });
  seen.take(TARA, 1);
  for (let sender = 0; sender < 3 * MAX_PAGES; sender++) {
    seen.take(page(sender), 1);
    seen.take(TARA, sender + 2);
  }
  expect(seen.take(TARA, 1)).toBe(false);
  expect(seen.take(page(3 * MAX_PAGES - 1), 1)).toBe(false);
  // The first ones are forgotten: their epochs are too.
  expect(seen.take(page(0), 1)).toBe(true);
});
