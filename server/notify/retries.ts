/** When something that failed is tried again (Standard Webhooks 1.0, "Deliverability and reliability"). Pure. */
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Wait before each attempt: the first at once, ten in about three days. */
export const RETRY_DELAYS_MS: readonly number[] = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** A receiver may ask for patience, within reason. */
const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;

/** When the next attempt is due after `attempts` of them; null when there is none. */
export function nextAttemptAt(
  attempts: number,
  now: number,
  delays: readonly number[] = RETRY_DELAYS_MS,
  retryAfterMs = 0,
): number | null {
  const delay = delays[attempts];
  if (delay === undefined) return null;
  return now + Math.max(delay, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}

/** Retry-After (RFC 9110 §10.2.3): seconds or a date. 0 when there is none that can be read. */
export function readRetryAfter(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header)) return Number(header) * SECOND_MS;
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}
