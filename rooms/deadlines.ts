/** When a meeting warns, times out or counts as deserted. Pure. */
import type { UnixMs } from "./clocks.ts";

export interface DeadlineState {
  /** When a running meeting is closed; null when it has no schedule. */
  closesAt: number | null;
  /** For how long nobody is here or expected back; null while somebody is. */
  emptyMs: number | null;
  /** Warnings that were given already. */
  warned: number;
}

export interface DeadlineLimits {
  emptyMs: number;
  /** Longest first. */
  warningsMs: readonly number[];
}

export type Deadline = { due: "timeout" | "empty" } | { due: "warning"; warned: number } | null;

/** What is due at `now`, the gravest first. */
export function deadlineAt(now: UnixMs, state: DeadlineState, limits: DeadlineLimits): Deadline {
  const { closesAt, emptyMs } = state;
  if (closesAt !== null && now >= closesAt) return { due: "timeout" };
  if (emptyMs !== null && emptyMs >= limits.emptyMs) return { due: "empty" };
  if (closesAt === null) return null;
  const warned = limits.warningsMs.filter((ms) => now >= closesAt - ms).length;
  return warned > state.warned ? { due: "warning", warned } : null;
}
