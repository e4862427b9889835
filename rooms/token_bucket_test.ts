import { expect } from "@std/expect";
import { TokenBucket } from "./token_bucket.ts";

Deno.test("a bucket lets its burst through, then its rate", () => {
  const bucket = new TokenBucket(10, 3, 0);
  expect([1, 2, 3, 4].map(() => bucket.take(1, 0))).toEqual([true, true, true, false]);
  expect(bucket.take(1, 99)).toBe(false);
  expect(bucket.take(1, 100)).toBe(true);
  expect(bucket.take(1, 100)).toBe(false);
});

Deno.test("a long rest fills no more than the burst, and a clock that steps back takes nothing", () => {
  const bucket = new TokenBucket(10, 3, 0);
  expect(bucket.take(4, 1_000_000)).toBe(false);
  expect(bucket.take(3, 1_000_000)).toBe(true);
  expect(bucket.take(1, 5)).toBe(false);
});

Deno.test("work that is done already is taken on credit, which the rate pays back", () => {
  const bucket = new TokenBucket(200, 1000, 0);
  bucket.spend(900, 0);
  expect(bucket.blockedForMs(0)).toBe(0);
  bucket.spend(300, 0);
  expect(bucket.blockedForMs(0)).toBe(1000);
  expect(bucket.blockedForMs(600)).toBe(400);
  expect(bucket.blockedForMs(1000)).toBe(0);
});
