import { expect } from "@std/expect";
import { MAX_ENTRIES, PacketCache } from "./packet_cache.ts";

function payloadOf(extended: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (extended * 31 + i) & 0xff);
}

function keep(cache: PacketCache, extended: number, length = 1200) {
  cache.spare.set(payloadOf(extended, length));
  cache.keep({
    extended,
    timestamp: extended * 3000,
    marker: extended % 2 === 0,
    extensionValue: -1,
    pictureId: -1,
    pictureIdAt: -1,
    tl0PictureIndex: -1,
    tl0PictureIndexAt: -1,
    length,
  });
}

function read(cache: PacketCache, extended: number): Uint8Array | undefined {
  const found = cache.find(extended);
  return found?.payload.slice(0, found.length);
}

Deno.test("recent packets come back byte for byte, with their marker and timestamp", () => {
  const cache = new PacketCache();
  for (let extended = 65000; extended < 67000; extended++) {
    keep(cache, extended, 100 + extended % 9);
  }
  for (let extended = 67000 - MAX_ENTRIES; extended < 67000; extended++) {
    expect(read(cache, extended)).toEqual(payloadOf(extended, 100 + extended % 9));
    expect(cache.find(extended)?.timestamp).toBe(extended * 3000);
    expect(cache.find(extended)?.marker).toBe(extended % 2 === 0);
  }
  expect(read(cache, 67000 - MAX_ENTRIES - 1)).toBeUndefined();
});

Deno.test("a payload that is written but not kept spoils no kept packet", () => {
  const cache = new PacketCache();
  for (let extended = 1; extended < 2000; extended++) {
    keep(cache, extended, 50);
    cache.spare.fill(0xee);
  }
  for (let extended = 2000 - MAX_ENTRIES; extended < 2000; extended++) {
    expect(read(cache, extended)).toEqual(payloadOf(extended, 50));
  }
});

Deno.test("a packet that comes very late doesn't push out a newer one", () => {
  const cache = new PacketCache();
  keep(cache, 2000 + MAX_ENTRIES, 10);
  keep(cache, 2000, 10);
  expect(read(cache, 2000 + MAX_ENTRIES)).toEqual(payloadOf(2000 + MAX_ENTRIES, 10));
  expect(read(cache, 2000)).toBeUndefined();
});

Deno.test("numbers never received are not found", () => {
  const cache = new PacketCache();
  expect(cache.find(5)).toBeUndefined();
  expect(cache.find(-1)).toBeUndefined();
  expect(cache.find(NaN)).toBeUndefined();
});
