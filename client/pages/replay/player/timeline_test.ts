import { expect } from "@std/expect";
import { clampTo, isWithin, playableFrom } from "./timeline.ts";

Deno.test("a pause is jumped over to its end, and one that still lasts is not", () => {
  const pauses = [{ fromMs: 1000, toMs: 4000 }, { fromMs: 9000, toMs: null }];
  expect([999, 1000, 3999, 4000, 9500].map((at) => playableFrom(at, pauses, [])))
    .toEqual([999, 4000, 4000, 4000, 9500]);
});

Deno.test("a silence is cut but for a breath at both ends", () => {
  const silences = [{ fromMs: 10_000, toMs: 20_000 }];
  expect([10_000, 10_399, 10_400, 19_599, 19_600].map((at) => playableFrom(at, [], silences)))
    .toEqual([10_000, 10_399, 19_600, 19_600, 19_600]);
});

Deno.test("seeks end at the ends, and stretches exclude theirs", () => {
  expect([clampTo(-5, 10), clampTo(50, 10), clampTo(5, 10)]).toEqual([0, 10, 5]);
  expect([isWithin([{ fromMs: 1, toMs: 2 }], 1), isWithin([{ fromMs: 1, toMs: 2 }], 2)])
    .toEqual([true, false]);
});
