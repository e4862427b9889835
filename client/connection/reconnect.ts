/**
 * What a closed connection means, and how long to wait before the next try. Pure.
 */
import { CLOSE } from "../../rooms/contract/errors.ts";

const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 5_000;
/** A server that said that it restarts is back within seconds: look more often. */
const LONGEST_RESTART_DELAY_MS = 1_000;

/** What to do after a close. */
export type Ending =
  /** Come back by itself. */
  | "again"
  | "restarting"
  /** Come back with a fresh document and a fresh client id. */
  | "afresh"
  | "ended"
  | "removed"
  | "replaced"
  | "unauthorized"
  /** Coming back would fail the same way. */
  | "fault";

export function endingOf(code: number): Ending {
  switch (code) {
    case CLOSE.restarting:
      return "restarting";
    // What was too large once is too large again: only another document can come back.
    case CLOSE.updateRefused:
    case CLOSE.tooLarge:
      return "afresh";
    case CLOSE.ended:
      return "ended";
    case CLOSE.removed:
      return "removed";
    case CLOSE.replaced:
      return "replaced";
    case CLOSE.unauthorized:
      return "unauthorized";
    case CLOSE.badRequest:
      return "fault";
    default:
      return "again";
  }
}

/** The wait before try number `attempt` (0 is the first), between half and all of a doubling step. */
export function delayMs(attempt: number, restarting: boolean, random: number): number {
  const longest = restarting ? LONGEST_RESTART_DELAY_MS : LONGEST_DELAY_MS;
  const step = Math.min(longest, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));
  return step * (0.5 + random / 2);
}
