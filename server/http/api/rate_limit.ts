/**
 * How many requests a minute an API key may make, told with every answer (RateLimit header fields for HTTP).
 *
 * No I/O: the time is an argument. Invariant: memory is bounded by the number of keys, because only valid keys count.
 */
import type { MonotonicMs } from "../../../rooms/clocks.ts";

export interface Allowance {
  allowed: boolean;
  /** Requests that are left in this window. */
  remaining: number;
  /** Until the window ends. */
  resetMs: number;
}

const WINDOW_MS = 60_000;

export class RateLimit {
  private readonly windows = new Map<number, { endsAt: MonotonicMs; used: number }>();

  constructor(private readonly perMinute: number) {}

  /** Counts one request of a key. */
  take(keyId: number, now: MonotonicMs): Allowance {
    let window = this.windows.get(keyId);
    if (window === undefined || now >= window.endsAt) {
      window = { endsAt: now + WINDOW_MS, used: 0 };
      this.windows.set(keyId, window);
    }
    window.used++;
    return {
      allowed: window.used <= this.perMinute,
      remaining: Math.max(0, this.perMinute - window.used),
      resetMs: window.endsAt - now,
    };
  }

  headers({ remaining, resetMs }: Allowance): Record<string, string> {
    return {
      "ratelimit-policy": `"key";q=${this.perMinute};w=${WINDOW_MS / 1000}`,
      "ratelimit": `"key";r=${remaining};t=${Math.ceil(resetMs / 1000)}`,
    };
  }
}
