import { expect } from "@std/expect";
import { maxBitrateOfLower } from "./encoder_share.ts";

Deno.test("a lower layer is told more than it should send where the encoder would take three quarters of it", () => {
  expect(maxBitrateOfLower(900_000, 640 * 360)).toBe(1_200_000);
  expect(maxBitrateOfLower(900_000, 480 * 270)).toBe(1_200_000);
});

Deno.test("a layer below the encoder's own aim for its size is told what it should send", () => {
  expect(maxBitrateOfLower(400_000, 640 * 360)).toBe(400_000);
  expect(maxBitrateOfLower(100_000, 320 * 180)).toBe(100_000);
  expect(maxBitrateOfLower(90_000, 160 * 90)).toBe(90_000);
  expect(maxBitrateOfLower(410_000, 560 * 315)).toBe(410_000);
});

Deno.test("whatever is wanted, three quarters of what is told or the aim is what comes", () => {
  for (let pixels = 1000; pixels < 3_000_000; pixels *= 1.7) {
    for (let wanted = 40_000; wanted < 5_000_000; wanted *= 1.3) {
      expect(maxBitrateOfLower(wanted, pixels)).toBeGreaterThanOrEqual(wanted);
      expect(maxBitrateOfLower(wanted, pixels)).toBeLessThanOrEqual(wanted * 4 / 3 + 1);
    }
  }
});
