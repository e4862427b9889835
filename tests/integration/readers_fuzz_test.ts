/** A short run of `deno task fuzz readers`; long runs are made by hand. */
import { expect } from "@std/expect";
import { fuzz } from "../fuzz/readers.ts";

Deno.test("whatever stands in a document, nobody who reads it throws, and an honest page isn't refused there", async () => {
  const { violations, poisoned, runs } = await fuzz({ seed: 1, runs: 300 });
  expect(violations).toEqual([]);
  expect(runs).toBe(300);
  expect(Number(poisoned)).toBeGreaterThan(100);
});
