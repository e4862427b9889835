import { expect } from "@std/expect";
import { gridFor } from "./grid.ts";

Deno.test("Two people stand side by side on a wide stage and above each other on a phone", () => {
  expect(gridFor(2, 1200, 640, 12).columns).toBe(2);
  expect(gridFor(2, 380, 640, 12).columns).toBe(1);
});

Deno.test("The tiles of any call fit their stage and are no strips", () => {
  for (let count = 1; count <= 25; count++) {
    for (const [width, height] of [[1200, 640], [380, 640], [640, 300]] as const) {
      const grid = gridFor(count, width, height, 8);
      const rows = Math.ceil(count / grid.columns);
      expect(grid.columns * grid.width + (grid.columns - 1) * 8).toBeLessThanOrEqual(width);
      expect(rows * grid.height + (rows - 1) * 8).toBeLessThanOrEqual(height);
      expect(grid.width / grid.height).toBeGreaterThan(0.75);
      expect(grid.width / grid.height).toBeLessThan(1.85);
    }
  }
});

Deno.test("A stage without size gives tiles without size", () => {
  expect(gridFor(3, 0, 0, 8)).toEqual({ columns: 1, width: 0, height: 0 });
});
