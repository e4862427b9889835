import { expect } from "@std/expect";
import { sayElapsed, sayOrdinal } from "./time.ts";

Deno.test("Elapsed time shows hours only when there are any, and never less than zero", () => {
  expect(sayElapsed(247_900)).toBe("4:07");
  expect(sayElapsed(3_847_000)).toBe("1:04:07");
  expect(sayElapsed(-5_000)).toBe("0:00");
});

Deno.test("Places in a row are said as ordinals", () => {
  expect([1, 2, 3, 4, 11, 12, 22].map(sayOrdinal))
    .toEqual(["1st", "2nd", "3rd", "4th", "11th", "12th", "22nd"]);
});
