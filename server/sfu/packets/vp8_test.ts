import { expect } from "@std/expect";
import { createVp8Descriptor, parseVp8Descriptor, parseVp8Size } from "./vp8.ts";

function parse(...bytes: number[]) {
  const into = createVp8Descriptor();
  return parseVp8Descriptor(Uint8Array.from(bytes), bytes.length, into) ? into : undefined;
}

Deno.test("a key frame is told by the start bit, partition 0 and the frame's first bit", () => {
  expect(parse(0x10, 0x50)?.keyFrame).toBe(true);
  expect(parse(0x10, 0x51)?.keyFrame).toBe(false);
  expect(parse(0x00, 0x50)?.keyFrame).toBe(false);
  expect(parse(0x11, 0x50)?.keyFrame).toBe(false);
});

Deno.test("picture id of 7 and 15 bits, TL0 index and temporal layer are read", () => {
  expect(parse(0x90, 0x80, 0x7f, 0x01)).toMatchObject({ pictureId: 127, descriptorBytes: 3 });
  expect(parse(0x90, 0xe0, 0x92, 0x34, 0x99, 0x40, 0x00)).toEqual({
    startsFrame: true,
    keyFrame: true,
    pictureId: 0x1234,
    tl0PictureIndex: 0x99,
    temporalLayer: 1,
    descriptorBytes: 6,
    pictureIdAt: 2,
    tl0PictureIndexAt: 4,
  });
});

Deno.test("a descriptor without a byte of frame behind it is refused", () => {
  expect(parse()).toBeUndefined();
  expect(parse(0x10)).toBeUndefined();
  expect(parse(0x90, 0x80)).toBeUndefined();
  expect(parse(0x90, 0x80, 0x80)).toBeUndefined();
  expect(parse(0x90, 0xf0, 0x01, 0x02, 0x03)).toBeUndefined();
});

Deno.test("the size of a key frame is read behind its start code", () => {
  const size = { width: 0, height: 0 };
  const payload = Uint8Array.of(0x10, 0x50, 1, 0, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0x68, 0x01, 9);
  expect(parseVp8Size(payload, payload.length, 1, size)).toBe(true);
  expect(size).toEqual({ width: 640, height: 360 });
  expect(parseVp8Size(payload, 10, 1, size)).toBe(false);
  expect(parseVp8Size(payload, payload.length, 0, size)).toBe(false);
});
