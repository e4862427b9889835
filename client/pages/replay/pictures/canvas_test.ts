import { expect } from "@std/expect";
import { contained, covering } from "./canvas.ts";
import { firstRow } from "./code_picture.ts";

Deno.test("a picture that covers a box loses its sides or its top and bottom, evenly", () => {
  const box = { x: 7, y: 9, width: 200, height: 100 };
  expect(covering({ width: 640, height: 480 }, box)).toEqual({
    x: 0,
    y: 80,
    width: 640,
    height: 320,
  });
  expect(covering({ width: 400, height: 100 }, box)).toEqual({
    x: 100,
    y: 0,
    width: 200,
    height: 100,
  });
});

Deno.test("a picture that is contained in a box is whole and in its middle", () => {
  const box = { x: 10, y: 20, width: 200, height: 100 };
  expect(contained({ width: 50, height: 50 }, box)).toEqual({
    x: 60,
    y: 20,
    width: 100,
    height: 100,
  });
});

Deno.test("the line that somebody is at stays in sight, and no row is wasted beyond the end", () => {
  expect(firstRow(10, 20, 9)).toBe(0);
  expect(firstRow(100, 20, 50)).toBe(40);
  expect(firstRow(100, 20, 99)).toBe(80);
  expect(firstRow(100, 20, undefined)).toBe(0);
});
