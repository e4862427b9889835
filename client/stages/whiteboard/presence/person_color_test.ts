import { expect } from "@std/expect";
import { personColor } from "./person_color.ts";

/** Relative luminance (WCAG 2.2). */
function luminance(color: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * parts[0]! + 0.7152 * parts[1]! + 0.0722 * parts[2]!;
}

Deno.test("a white name can be read on everybody's colour", () => {
  const colors = new Set(Array.from({ length: 200 }, (_, index) => personColor(`p${index}`)));
  expect(colors.size).toBe(8);
  for (const color of colors) {
    const contrast = 1.05 / (luminance(color) + 0.05);
    expect({ color, readable: contrast >= 4.5 }).toEqual({ color, readable: true });
  }
});
