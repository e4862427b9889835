import { expect } from "@std/expect";
import { layerForSize } from "./layer_choice.ts";

const CAMERA = [
  { width: 320, height: 180 },
  { width: 640, height: 360 },
  { width: 1280, height: 720 },
];

Deno.test("a video gets the lowest layer that needn't be enlarged much", () => {
  const layers = [[160, 90], [320, 180], [448, 252], [460, 258], [800, 450], [1280, 720]]
    .map(([width = 0, height = 0]) => layerForSize(CAMERA, { width, height }, 0));
  expect(layers).toEqual([0, 0, 0, 1, 1, 2]);
});

Deno.test("a narrow tile is filled by its height", () => {
  expect(layerForSize(CAMERA, { width: 300, height: 700 }, 0)).toBe(2);
});

Deno.test("a size near a border keeps the layer that it has", () => {
  const shown = { width: 420, height: 236 };
  expect(layerForSize(CAMERA, shown, 0)).toBe(0);
  expect(layerForSize(CAMERA, shown, 1)).toBe(1);
  expect(layerForSize(CAMERA, { width: 380, height: 214 }, 1)).toBe(0);
});

Deno.test("without a size, and before any layer's size is known, it is the best layer", () => {
  const unknown = [0, 1, 2].map(() => ({ width: 0, height: 0 }));
  expect(layerForSize(CAMERA, undefined, 0)).toBe(2);
  expect(layerForSize(unknown, { width: 100, height: 60 }, 0)).toBe(2);
  expect(layerForSize([{ width: 0, height: 0 }], { width: 100, height: 60 }, 0)).toBe(0);
});

Deno.test("a layer that wasn't seen yet counts as half of the next", () => {
  const seen = [{ width: 0, height: 0 }, { width: 640, height: 360 }, { width: 0, height: 0 }];
  expect(layerForSize(seen, { width: 300, height: 170 }, 0)).toBe(0);
  expect(layerForSize(seen, { width: 1000, height: 560 }, 0)).toBe(2);
});
