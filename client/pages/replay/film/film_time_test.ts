import { expect } from "@std/expect";
import { FilmTime } from "./film_time.ts";

Deno.test("a film leaves out the pauses and is as long as what is left", () => {
  const time = new FilmTime(60_000, [{ fromMs: 10_000, toMs: 30_000 }, {
    fromMs: 50_000,
    toMs: null,
  }]);
  expect(time.durationMs).toBe(30_000);
  expect([0, 9999, 10_000, 29_999].map((at) => time.lessonAt(at))).toEqual([
    0,
    9999,
    30_000,
    49_999,
  ]);
});

Deno.test("a stretch of the film over a pause is two stretches of the lesson", () => {
  const time = new FilmTime(60_000, [{ fromMs: 10_500, toMs: 30_000 }]);
  expect(time.stretches(10_000, 11_000)).toEqual([
    { fromMs: 10_000, toMs: 10_500, filmMs: 10_000 },
    { fromMs: 30_000, toMs: 30_500, filmMs: 10_500 },
  ]);
});

Deno.test("pauses that overlap or reach beyond the end leave no holes and no time of their own", () => {
  const time = new FilmTime(10_000, [{ fromMs: 2000, toMs: 5000 }, { fromMs: 4000, toMs: 6000 }, {
    fromMs: 9000,
    toMs: 20_000,
  }]);
  expect(time.durationMs).toBe(5000);
  expect(new FilmTime(0, []).durationMs).toBe(0);
});
