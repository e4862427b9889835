import { expect } from "@std/expect";
import { MAX_RED_BLOCKS, RedUnpacker } from "./red.ts";

/** A payload as Chromium makes it: payload type 111, the block before 960 ticks old. */
function red(primary: number[], ...redundant: number[][]): Uint8Array {
  const headers = redundant.map((block, i) => {
    const word = ((960 * (redundant.length - i)) << 10) | block.length;
    return [0x80 | 111, (word >> 16) & 0xff, (word >> 8) & 0xff, word & 0xff];
  });
  return Uint8Array.from([...headers.flat(), 111, ...redundant.flat(), ...primary]);
}

/** Unpacks it; answers what is spoken now, undefined where it is malformed. */
function unpack(payload: Uint8Array, { length = payload.length, from = 111 } = {}) {
  const red = new RedUnpacker();
  red.packed.set(payload);
  const spoken = red.unpack(length, from, 100);
  return spoken < 0 ? undefined : {
    spoken: [...red.spoken.subarray(0, spoken)],
    repeated: [...red.repeated.subarray(0, red.repeatedLength)],
    ticks: red.repeatedTicks,
    packed: [...red.packed.subarray(0, length)],
  };
}

Deno.test("what is spoken now is found behind what was sent already, and the newest of that", () => {
  expect(unpack(red([7, 8, 9], [1, 2], [3, 4, 5])))
    .toMatchObject({ spoken: [7, 8, 9], repeated: [3, 4, 5], ticks: 960 });
});

Deno.test("a block of more than 255 bytes is taken whole", () => {
  const before = Array.from({ length: 700 }, (_, i) => i & 0xff);
  expect(unpack(red([42], before))).toMatchObject({ spoken: [42], repeated: before });
});

Deno.test("every block gets the new payload type, and nothing else changes", () => {
  const payload = red([7], [1, 2], [3]);
  const expected = [...payload];
  for (const at of [0, 4, 8]) expected[at] = (expected[at]! & 0x80) | 100;
  expect(unpack(payload)?.packed).toEqual(expected);
});

Deno.test("a packet without redundancy has a header of one byte", () => {
  expect(unpack(red([1, 2, 3]))).toMatchObject({ spoken: [1, 2, 3], repeated: [] });
});

Deno.test("blocks beyond the packet's end, none spoken now and other codecs are malformed", () => {
  const whole = red([7, 8], [1, 2, 3]);
  for (let length = 0; length < whole.length - 1; length++) {
    expect(unpack(whole, { length })).toBeUndefined();
  }
  expect(unpack(whole, { length: whole.length - 1 })).toMatchObject({ spoken: [7] });
  expect(unpack(red([], [1]))).toBeUndefined();
  expect(unpack(red([1]), { from: 110 })).toBeUndefined();
});

Deno.test("more blocks than anybody sends are malformed", () => {
  const blocks = (count: number) => Array.from({ length: count - 1 }, () => [1]);
  expect(unpack(red([1], ...blocks(MAX_RED_BLOCKS)))).toBeDefined();
  expect(unpack(red([1], ...blocks(MAX_RED_BLOCKS + 1)))).toBeUndefined();
});
