/**
 * When a running meeting closes: the booked end and its grace, and what the host added. Pure but for its own count.
 *
 * Invariant: the host adds no more than {@linkcode ClosingLimits.extendMs} in all.
 */
import { type Deadline, deadlineAt, type DeadlineLimits } from "./deadlines.ts";
import type { MeetingRecord } from "./ports.ts";
import type { NoticeParams } from "./protocol/messages.ts";

export interface ClosingLimits extends DeadlineLimits {
  /** What a host may add to the end, all extensions together; 0 for nothing. */
  extendMs: number;
}

export class Closing {
  #closesAt: number | null;
  #extendedMs: number;
  #warned = 0;

  constructor(
    { closesAt, extendedMs }: Pick<MeetingRecord, "closesAt" | "extendedMs">,
    private readonly limits: ClosingLimits,
  ) {
    this.#closesAt = closesAt;
    this.#extendedMs = extendedMs;
  }

  /** What is due, and counted as given when it is a warning. `emptySince` as in {@linkcode deadlineAt}. */
  due(now: number, emptySince: number | null): Deadline {
    const state = { closesAt: this.#closesAt, emptySince, warned: this.#warned };
    const deadline = deadlineAt(now, state, this.limits);
    if (deadline?.due === "warning") this.#warned = deadline.warned;
    return deadline;
  }

  /** What the room is told before the end; null while that is far off. */
  warning(): NoticeParams<"meeting.warning"> | null {
    if (this.#closesAt === null || this.#warned === 0) return null;
    return { endsAt: this.#closesAt, extendableMs: this.extendableMs };
  }

  /** What the host may still add. */
  get extendableMs(): number {
    if (this.#closesAt === null) return 0;
    return Math.max(0, this.limits.extendMs - this.#extendedMs);
  }

  /** The host added time. Warnings that are due again are given again. */
  extended({ closesAt, extendedMs }: { closesAt: number; extendedMs: number }, now: number): void {
    this.#closesAt = closesAt;
    this.#extendedMs = extendedMs;
    this.#warned = this.limits.warningsMs.filter((ms) => now >= closesAt - ms).length;
  }
}
