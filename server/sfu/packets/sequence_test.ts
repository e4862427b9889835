import { expect } from "@std/expect";
import {
  addToNtp,
  compactNtp,
  sequenceDistance,
  SequenceUnwrapper,
  signed24,
  timestampDistance,
  toSequence,
  toTimestamp,
} from "./sequence.ts";

Deno.test("sequenceDistance is signed and crosses the 16-bit wrap", () => {
  expect(sequenceDistance(1, 65535)).toBe(2);
  expect(sequenceDistance(65535, 1)).toBe(-2);
  expect(sequenceDistance(7, 7)).toBe(0);
  expect(sequenceDistance(32767, 0)).toBe(32767);
  expect(sequenceDistance(32768, 0)).toBe(-32768);
});

Deno.test("timestampDistance is signed and crosses the 32-bit wrap", () => {
  expect(timestampDistance(10, 0xfffffff6)).toBe(20);
  expect(timestampDistance(0xfffffff6, 10)).toBe(-20);
});

Deno.test("toSequence and toTimestamp wrap sums", () => {
  expect(toSequence(65536 + 5)).toBe(5);
  expect(toTimestamp(0xffffffff + 3)).toBe(2);
  expect(toTimestamp(-1)).toBe(0xffffffff);
});

Deno.test("signed24 reads two's complement", () => {
  expect(signed24(0xffffff)).toBe(-1);
  expect(signed24(0x7fffff)).toBe(0x7fffff);
  expect(signed24(0x800000)).toBe(-0x800000);
});

Deno.test("SequenceUnwrapper grows over many wraps and places late packets before the highest", () => {
  const unwrapper = new SequenceUnwrapper();
  const first = unwrapper.unwrap(65000);
  let last = first;
  for (let n = 1; n < 300_000; n += 7) last = unwrapper.unwrap((65000 + n) & 0xffff);
  expect(last - first).toBe(299_993);
  expect(unwrapper.unwrap((65000 + 299_990) & 0xffff) - first).toBe(299_990);
  expect(unwrapper.highest).toBe(last);
});

Deno.test("SequenceUnwrapper keeps packets from before the first one positive", () => {
  const unwrapper = new SequenceUnwrapper();
  const first = unwrapper.unwrap(2);
  expect(unwrapper.unwrap(65534)).toBe(first - 4);
  expect(first - 4).toBeGreaterThan(0);
});

Deno.test("compactNtp takes the middle 32 bits", () => {
  expect(compactNtp({ ntpHigh: 0x1234fedc, ntpLow: 0xba981234 })).toBe(0xfedcba98);
});

Deno.test("addToNtp carries from the fraction into the seconds, which wrap", () => {
  const time = { ntpHigh: 0xffffffff, ntpLow: 0x80000000 };
  expect(addToNtp(time, 250)).toEqual({ ntpHigh: 0xffffffff, ntpLow: 0xc0000000 });
  expect(addToNtp(time, 1750)).toEqual({ ntpHigh: 1, ntpLow: 0x40000000 });
  expect(addToNtp(time, -500)).toEqual({ ntpHigh: 0xffffffff, ntpLow: 0 });
});
