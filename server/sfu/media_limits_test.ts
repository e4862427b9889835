import { expect } from "@std/expect";
import { RateLimit } from "./media_limits.ts";

Deno.test("a rate limit lets a burst through, then its rate", () => {
  const limit = new RateLimit(100);
  const taken = (nowMs: number) => {
    let count = 0;
    while (limit.take(nowMs)) count++;
    return count;
  };
  expect(taken(0)).toBe(100);
  expect(taken(50)).toBe(5);
  expect(taken(60_000)).toBe(100);
  expect(taken(60_000)).toBe(0);
});
