import { expect } from "@std/expect";
import { parseRange } from "./byte_range.ts";

Deno.test("a byte range is read in each of its forms", () => {
  expect(parseRange("bytes=0-99", 1000)).toEqual({ start: 0, end: 100 });
  expect(parseRange("bytes=900-", 1000)).toEqual({ start: 900, end: 1000 });
  expect(parseRange("bytes=-100", 1000)).toEqual({ start: 900, end: 1000 });
  expect(parseRange("bytes=990-5000", 1000)).toEqual({ start: 990, end: 1000 });
  expect(parseRange("bytes=-5000", 1000)).toEqual({ start: 0, end: 1000 });
});

Deno.test("a range that lies past the end is refused, and one that can't be read is ignored", () => {
  expect(parseRange("bytes=1000-", 1000)).toBe("unsatisfiable");
  expect(parseRange("bytes=-0", 1000)).toBe("unsatisfiable");
  for (const header of [undefined, "", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "items=0-1"]) {
    expect(parseRange(header, 1000)).toBeUndefined();
  }
});
