/** Looks a few times a minute for lessons that are about to begin. What a reminder is, the outbox says. */
import type { BookingStore } from "../../db/storage.ts";
import type { MonotonicMs, UnixMs } from "../../rooms/clocks.ts";
import type { Quarantine } from "../../rooms/quarantine.ts";

export interface ReminderDeps {
  meetings: Pick<BookingStore, "toRemind" | "remind">;
  /** How long before the start; 0 for never. */
  beforeMs: number;
  quarantine: Quarantine;
  now(): UnixMs;
  clock(): MonotonicMs;
}

const EVERY_MS = 15_000;

/** Reminds of every lesson that is due; answers how many there were. */
export async function remindAll(deps: ReminderDeps): Promise<number> {
  const { meetings, quarantine, beforeMs, now, clock } = deps;
  const due = await meetings.toRemind(beforeMs, now());
  return await quarantine.each("reminder", due, clock(), (id) => meetings.remind(id, now()));
}

/** Reminds until the returned function is called. */
export function startReminding(deps: ReminderDeps): () => Promise<void> {
  if (deps.beforeMs === 0) return () => Promise.resolve();
  let running: Promise<unknown> | null = null;
  const remind = () => {
    running ??= deps.quarantine.attempt("walk", "reminders", deps.clock(), () => remindAll(deps))
      .finally(() => running = null);
  };
  const timer = setInterval(remind, EVERY_MS);
  remind();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
