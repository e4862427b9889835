/** Looks a few times a minute for lessons that are about to begin. What a reminder is, the outbox says. */
import type { BookingStore } from "../../db/storage.ts";
import type { Logger } from "../logger.ts";

export interface ReminderDeps {
  meetings: Pick<BookingStore, "remind">;
  /** How long before the start; 0 for never. */
  beforeMs: number;
  logger: Pick<Logger, "error">;
  /** Unix ms. */
  now(): number;
}

const EVERY_MS = 15_000;

/** Reminds until the returned function is called. */
export function startReminding(deps: ReminderDeps): () => Promise<void> {
  if (deps.beforeMs === 0) return () => Promise.resolve();
  let running: Promise<unknown> | null = null;
  const remind = () => {
    running ??= deps.meetings.remind(deps.beforeMs, deps.now())
      .catch((error) => deps.logger.error("reminders failed", { error }))
      .finally(() => running = null);
  };
  const timer = setInterval(remind, EVERY_MS);
  remind();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
