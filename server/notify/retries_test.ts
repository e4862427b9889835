import { expect } from "@std/expect";
import { nextAttemptAt, readRetryAfter, RETRY_DELAYS_MS } from "./retries.ts";

Deno.test("attempts come after 0 s, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, and end", () => {
  expect(RETRY_DELAYS_MS.slice(0, 7).map((ms) => ms / 1000))
    .toEqual([0, 5, 300, 1800, 7200, 18_000, 36_000]);
  expect(nextAttemptAt(1, 100)).toBe(5100);
  expect(nextAttemptAt(RETRY_DELAYS_MS.length, 100)).toBeNull();
});

Deno.test("Retry-After is waited for, for a day at most", () => {
  expect(readRetryAfter("120", 0)).toBe(120_000);
  expect(readRetryAfter("Thu, 01 Jan 1970 00:01:00 GMT", 10_000)).toBe(50_000);
  expect(readRetryAfter("soon", 0)).toBe(0);
  expect(readRetryAfter(undefined, 0)).toBe(0);
  expect(nextAttemptAt(1, 0, RETRY_DELAYS_MS, 60_000)).toBe(60_000);
  expect(nextAttemptAt(1, 0, RETRY_DELAYS_MS, 1e12)).toBe(24 * 3_600_000);
});
