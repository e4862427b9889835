/** The time that due times are set and compared by. Pure: both clocks are arguments. */
import type { MonotonicMs, UnixMs } from "../../rooms/clocks.ts";

/**
 * The machine's time of day, which goes on at its pace when that is set back: what waits in the outbox waits no longer
 * for it. Set forward, it follows.
 */
export function dueTime(
  { now, clock }: { now(): UnixMs; clock(): MonotonicMs },
): () => UnixMs {
  let aheadMs = -Infinity;
  return () => {
    aheadMs = Math.max(aheadMs, now() - clock());
    return Math.round(clock() + aheadMs);
  };
}
