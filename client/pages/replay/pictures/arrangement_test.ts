import { expect } from "@std/expect";
import { arrange } from "./arrangement.ts";

const SIZE = { width: 1280, height: 720 };

Deno.test("every face and the stage lie inside the picture, and none covers another", () => {
  for (const hasStage of [true, false]) {
    for (let people = 0; people <= 12; people++) {
      const { stage, faces } = arrange(SIZE, people, hasStage);
      expect(faces).toHaveLength(people);
      const boxes = stage === null ? faces : [stage, ...faces];
      for (const [index, box] of boxes.entries()) {
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.y).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(SIZE.width);
        expect(box.y + box.height).toBeLessThanOrEqual(SIZE.height);
        expect(box.width * box.height).toBeGreaterThan(0);
        for (const other of boxes.slice(index + 1)) {
          const apart = box.x + box.width <= other.x || other.x + other.width <= box.x ||
            box.y + box.height <= other.y || other.y + other.height <= box.y;
          expect(apart).toBe(true);
        }
      }
    }
  }
});
