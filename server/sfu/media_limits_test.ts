import { expect } from "@std/expect";
import { ByteBudget, RateLimit } from "./media_limits.ts";

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

Deno.test("ByteBudget lets as many bytes out as were earned, and no more than its most at once", () => {
  const budget = new ByteBudget(1000);
  expect(budget.take(1, 0)).toBe(false);
  expect(budget.take(600, 700)).toBe(true);
  expect(budget.take(101, 700)).toBe(false);
  expect(budget.take(100, 700)).toBe(true);
  expect(budget.take(1001, 1e6)).toBe(false);
  expect(budget.take(1000, 1e6)).toBe(true);
  expect(budget.take(1, 1e6)).toBe(false);
});
