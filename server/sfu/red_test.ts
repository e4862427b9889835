import { expect } from "@std/expect";
import { MAX_RED_BLOCKS, renumberRed } from "./red.ts";

/** A payload as Chromium makes it: payload type 111, the block before 960 ticks old. */
function red(primary: number[], ...redundant: number[][]): Uint8Array {
  const headers = redundant.map((block, i) => {
    const word = ((960 * (redundant.length - i)) << 10) | block.length;
    return [0x80 | 111, (word >> 16) & 0xff, (word >> 8) & 0xff, word & 0xff];
  });
  return Uint8Array.from([...headers.flat(), 111, ...redundant.flat(), ...primary]);
}

const renumber = (payload: Uint8Array, length = payload.length) =>
  renumberRed(payload, length, 111, 100);

Deno.test("what is spoken now is found behind what was sent already", () => {
  const payload = red([7, 8, 9], [1, 2], [3, 4, 5]);
  const at = renumber(payload);
  expect([...payload.subarray(at)]).toEqual([7, 8, 9]);
});

Deno.test("a block of more than 255 bytes is stepped over whole", () => {
  const before = Array.from({ length: 700 }, () => 0);
  const payload = red([42], before);
  expect(payload[renumber(payload)]).toBe(42);
});

Deno.test("every block gets the new payload type, and nothing else changes", () => {
  const payload = red([7], [1, 2], [3]);
  const expected = payload.slice();
  for (const at of [0, 4, 8]) expected[at] = (expected[at]! & 0x80) | 100;
  renumber(payload);
  expect(payload).toEqual(expected);
});

Deno.test("a packet without redundancy has a header of one byte", () => {
  expect(renumber(red([1, 2, 3]))).toBe(1);
});

Deno.test("blocks beyond the packet's end, none spoken now and other codecs are malformed", () => {
  const whole = red([7, 8], [1, 2, 3]);
  for (let length = 0; length < whole.length - 1; length++) {
    expect(renumber(whole.slice(), length)).toBe(-1);
  }
  expect(renumber(whole.slice(), whole.length - 1)).toBe(8);
  expect(renumber(red([], [1]))).toBe(-1);
  expect(renumberRed(red([1]), 2, 110, 100)).toBe(-1);
});

Deno.test("more blocks than anybody sends are malformed", () => {
  const blocks = (count: number) => Array.from({ length: count - 1 }, () => [1]);
  expect(renumber(red([1], ...blocks(MAX_RED_BLOCKS)))).toBeGreaterThan(0);
  expect(renumber(red([1], ...blocks(MAX_RED_BLOCKS + 1)))).toBe(-1);
});
