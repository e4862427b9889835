import { expect } from "@std/expect";
import { allocate, type PictureRequest } from "./allocation.ts";

/** Three layers as a camera has them, in kbit/s. */
function camera(change: Partial<PictureRequest> = {}): PictureRequest {
  return {
    layers: [{ least: 50, most: 300 }, { least: 250, most: 1000 }, { least: 900, most: 1800 }],
    current: -1,
    priority: 1,
    ...change,
  };
}

const layers = (requests: PictureRequest[], budget: number) =>
  allocate(requests, budget).map(({ layer }) => layer);

Deno.test("one video gets the best layer that there is room for, and the rest of the room", () => {
  expect([20, 60, 300, 800, 1100, 3000].map((budget) => allocate([camera()], budget)[0])).toEqual([
    { layer: -1, bitsPerSecond: 0 },
    { layer: 0, bitsPerSecond: 60 },
    { layer: 1, bitsPerSecond: 300 },
    { layer: 1, bitsPerSecond: 800 },
    { layer: 2, bitsPerSecond: 1100 },
    { layer: 2, bitsPerSecond: 1800 },
  ]);
});

Deno.test("everybody's lowest layer comes before anybody's better one, the prominent video's better one first", () => {
  const people = [camera(), camera({ priority: 4 }), camera(), camera()];
  expect(layers(people, 210)).toEqual([0, 0, 0, 0]);
  expect(layers(people, 470)).toEqual([0, 1, 0, 0]);
  expect(layers(people, 1250)).toEqual([0, 2, 0, 0]);
  expect(layers(people, 120)).toEqual([0, 0, -1, -1]);
});

Deno.test("a layer is kept a little below what it takes to get it", () => {
  expect(layers([camera({ current: 1 })], 240)).toEqual([1]);
  expect(layers([camera({ current: 0 })], 270)).toEqual([0]);
  expect(layers([camera({ current: 0 })], 290)).toEqual([1]);
  expect(layers([camera({ current: 1 })], 220)).toEqual([0]);
});

Deno.test("a small picture takes no more than it can show", () => {
  const small = camera({ layers: camera().layers.slice(0, 1), priority: 9 });
  expect(allocate([small, camera()], 2000)).toEqual([
    { layer: 0, bitsPerSecond: 300 },
    { layer: 2, bitsPerSecond: 1700 },
  ]);
});
