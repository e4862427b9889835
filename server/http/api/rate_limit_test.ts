import { expect } from "@std/expect";
import { RateLimit } from "./rate_limit.ts";

Deno.test("a key has its requests a minute, whatever other keys do", () => {
  const limit = new RateLimit(2);
  expect(limit.take(1, 0)).toEqual({ allowed: true, remaining: 1, resetMs: 60_000 });
  expect(limit.take(1, 10_000)).toEqual({ allowed: true, remaining: 0, resetMs: 50_000 });
  expect(limit.take(1, 20_000)).toEqual({ allowed: false, remaining: 0, resetMs: 40_000 });
  expect(limit.take(2, 20_000).allowed).toBe(true);
  expect(limit.take(1, 60_000).allowed).toBe(true);
});

Deno.test("the headers say how many are left and when there are more", () => {
  const limit = new RateLimit(600);
  expect(limit.headers(limit.take(1, 0))).toEqual({
    "ratelimit-policy": '"key";q=600;w=60',
    "ratelimit": '"key";r=599;t=60',
  });
});
