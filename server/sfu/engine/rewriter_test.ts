import { expect } from "@std/expect";
import { Rewriter } from "./rewriter.ts";

/** A packet as its publisher numbered it. */
const packet = (extended: number, timestamp = 0, pictureId = -1, tl0PictureIndex = -1) => ({
  extended,
  timestamp,
  pictureId,
  tl0PictureIndex,
});

Deno.test("a resumed stream continues without a gap", () => {
  const rewriter = new Rewriter({ sequence: 100, timestampOffset: 0 });
  rewriter.begin(packet(70_000));
  expect([70_000, 70_001, 70_002].map((n) => rewriter.index(packet(n)))).toEqual([100, 101, 102]);
  rewriter.begin(packet(70_500));
  expect([70_500, 70_501].map((n) => rewriter.index(packet(n)))).toEqual([103, 104]);
});

Deno.test("the publisher's losses stay losses, and a late packet gets its own place", () => {
  const rewriter = new Rewriter({ sequence: 100, timestampOffset: 0 });
  rewriter.begin(packet(70_000));
  expect([70_000, 70_003, 70_001].map((n) => rewriter.index(packet(n)))).toEqual([100, 103, 101]);
});

Deno.test("packets from before the span are refused, so no index is given twice", () => {
  const rewriter = new Rewriter({ sequence: 100, timestampOffset: 0 });
  rewriter.begin(packet(70_000));
  rewriter.index(packet(70_000));
  rewriter.begin(packet(70_500));
  expect(rewriter.index(packet(70_499))).toBe(-1);
  expect(rewriter.index(packet(70_500))).toBe(101);
});

Deno.test("nothing has an index before the first span", () => {
  expect(new Rewriter({ sequence: 1, timestampOffset: 0 }).index(packet(70_000))).toBe(-1);
});

Deno.test("the index grows beyond 16 bits, and numbers asked for lead back across the wrap", () => {
  const rewriter = new Rewriter({ sequence: 65_530, timestampOffset: 0 });
  rewriter.begin(packet(70_000));
  for (let n = 0; n < 20; n++) expect(rewriter.index(packet(70_000 + n))).toBe(65_530 + n);
  expect(rewriter.original(65_535)).toEqual({ extended: 70_005, index: 65_535 });
  expect(rewriter.original(3)).toEqual({ extended: 70_009, index: 65_539 });
  expect(rewriter.original(65_529)).toBeUndefined();
  expect(rewriter.original(14)).toBeUndefined();
});

Deno.test("timestamps move by a constant and wrap", () => {
  const rewriter = new Rewriter({ sequence: 1, timestampOffset: 0xfffffff0 });
  expect(rewriter.timestamp(0x20)).toBe(0x10);
});

Deno.test("another stream's timestamps go on where the last one's ended, and picture ids without a gap", () => {
  const rewriter = new Rewriter({ sequence: 1, timestampOffset: 0 });
  rewriter.begin(packet(70_000, 1000, 32_767, 255));
  rewriter.index(packet(70_000, 1000, 32_767, 255));
  rewriter.index(packet(70_001, 4000, 0, 0));
  expect([rewriter.pictureId(0), rewriter.tl0PictureIndex(0)]).toEqual([0, 0]);

  rewriter.begin(packet(90_000, 0xfffffff0, 77, 200), 3000);
  expect(rewriter.index(packet(90_000, 0xfffffff0, 77, 200))).toBe(3);
  expect(rewriter.timestamp(0xfffffff0)).toBe(7000);
  expect(rewriter.timestamp(0xfffffff0 + 3000)).toBe(10_000);
  expect([rewriter.pictureId(77), rewriter.tl0PictureIndex(200)]).toEqual([1, 1]);

  rewriter.begin(packet(71_000, 500_000, 5, 9), 90);
  expect(rewriter.timestamp(500_000)).toBe(7090);
  expect(rewriter.pictureId(5)).toBe(2);
  expect(rewriter.pictureId(6, 7)).toBe(3);
});
