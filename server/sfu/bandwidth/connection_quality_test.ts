import { expect } from "@std/expect";
import { ConnectionQuality, gradeOf } from "./connection_quality.ts";

const CLEAN = { lost: 0, roundTripMs: 40, jitterMs: 5 };

Deno.test("the worst of loss, delay and jitter decides", () => {
  expect(gradeOf(CLEAN)).toBe("good");
  expect(gradeOf({ ...CLEAN, roundTripMs: undefined })).toBe("good");
  expect(gradeOf({ ...CLEAN, lost: 0.05 })).toBe("fair");
  expect(gradeOf({ ...CLEAN, lost: 0.1 })).toBe("poor");
  expect(gradeOf({ ...CLEAN, roundTripMs: 300 })).toBe("fair");
  expect(gradeOf({ lost: 0.05, roundTripMs: 300, jitterMs: 120 })).toBe("poor");
});

Deno.test("one bad reading isn't shown, two in a row are", () => {
  const quality = new ConnectionQuality();
  expect(quality.read({ ...CLEAN, lost: 0.2 })).toBe(false);
  expect(quality.read(CLEAN)).toBe(false);
  expect(quality.read({ ...CLEAN, lost: 0.2 })).toBe(false);
  expect(quality.read({ ...CLEAN, lost: 0.3 })).toBe(true);
  expect(quality.grade).toBe("poor");
  expect(quality.figures.lost).toBe(0.3);
  expect(quality.read({ ...CLEAN, lost: 0.3 })).toBe(false);
});
