import { expect } from "@std/expect";
import { i420Of } from "./film_frame.ts";

/** A picture of one colour, as its Y, U and V. */
function yuvOf(red: number, green: number, blue: number): number[] {
  const size = { width: 4, height: 2 };
  const rgba = new Uint8ClampedArray(32);
  for (let at = 0; at < 32; at += 4) rgba.set([red, green, blue, 255], at);
  const i420 = i420Of(rgba, size);
  expect(new Set(i420.subarray(0, 8)).size).toBe(1);
  return [i420[0]!, i420[8]!, i420[10]!];
}

Deno.test("colours of a film are those of BT.601 in limited range", () => {
  expect(yuvOf(0, 0, 0)).toEqual([16, 128, 128]);
  expect(yuvOf(255, 255, 255)).toEqual([235, 128, 128]);
  expect(yuvOf(255, 0, 0)).toEqual([81, 90, 240]);
  expect(yuvOf(0, 255, 0)).toEqual([145, 54, 34]);
  expect(yuvOf(0, 0, 255)).toEqual([41, 240, 110]);
});
