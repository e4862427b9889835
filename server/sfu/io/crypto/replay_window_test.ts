import { expect } from "@std/expect";
import { estimateIndex, REPLAY_WINDOW_PACKETS, ReplayWindow } from "./replay_window.ts";

Deno.test("an index is admitted once", () => {
  const window = new ReplayWindow();
  for (const index of [10, 12, 11, 500, 400]) {
    expect(window.admits(index)).toBe(true);
    window.accept(index);
    expect(window.admits(index)).toBe(false);
  }
  expect(window.highest).toBe(500);
});

Deno.test("what lies behind the window is refused, what lies at its edge is not", () => {
  const window = new ReplayWindow();
  window.accept(100_000);
  expect(window.admits(100_000 - REPLAY_WINDOW_PACKETS + 1)).toBe(true);
  expect(window.admits(100_000 - REPLAY_WINDOW_PACKETS)).toBe(false);
  expect(window.admits(-1)).toBe(false);
});

Deno.test("the window agrees with a set of everything seen, over jumps of every size", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 20; round++) {
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let highest = random(2 ** 30) * 2 ** 17;
    window.accept(highest);
    seen.add(highest);
    for (let i = 0; i < 2000; i++) {
      const jump = [1, 3, 33, REPLAY_WINDOW_PACKETS, 5 * REPLAY_WINDOW_PACKETS][random(5)]!;
      const index = highest - random(jump) + random(jump);
      const old = highest - index >= REPLAY_WINDOW_PACKETS;
      const fresh = !old && !seen.has(index);
      if (window.admits(index) !== fresh) throw new Error(`index ${index}, seed ${seed}`);
      if (!fresh) continue;
      window.accept(index);
      seen.add(index);
      highest = Math.max(highest, index);
    }
  }
});

Deno.test("an index is estimated across the wrap in both directions", () => {
  expect(estimateIndex(-1, 4000)).toBe(4000);
  expect(estimateIndex(65_534, 1)).toBe(65_537);
  expect(estimateIndex(65_537, 65_535)).toBe(65_535);
  expect(estimateIndex(5 * 65_536 + 100, 60_000)).toBe(4 * 65_536 + 60_000);
  expect(estimateIndex(2 ** 40 + 65_535, 0)).toBe(2 ** 40 + 65_536);
});

Deno.test("an index before the beginning of a series has no estimate", () => {
  expect(estimateIndex(3, 65_533)).toBe(-1);
});
