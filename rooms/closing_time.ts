/**
 * When a running meeting closes: the booked end and its grace, and what the host added.
 *
 * What was booked goes by the machine's time of day, also where that was set; pages are told it in the lesson's time.
 * Invariant: the host adds no more than {@linkcode ClosingTimeLimits.extendMs} in all.
 */
import { type Deadline, deadlineAt, type DeadlineLimits } from "./deadlines.ts";
import { RoomError } from "./contract/errors.ts";
import type { LessonTime } from "./lesson_time.ts";
import type { MeetingRecord, MeetingStore } from "./ports.ts";
import type { NoticeParams } from "./contract/protocol/messages.ts";

export interface ClosingTimeLimits extends DeadlineLimits {
  /** What a host may add to the end, all extensions together; 0 for nothing. */
  extendMs: number;
}

export interface ClosingTimePorts {
  store: Pick<MeetingStore, "extend">;
  limits: ClosingTimeLimits;
  time: Pick<LessonTime, "ofDay" | "until">;
}

export class ClosingTime {
  readonly #meetingId: string;
  readonly #limits: ClosingTimeLimits;
  #closesAt: number | null;
  #extendedMs: number;
  #warned = 0;

  constructor(
    { meetingId, closesAt, extendedMs }: Pick<
      MeetingRecord,
      "meetingId" | "closesAt" | "extendedMs"
    >,
    private readonly ports: ClosingTimePorts,
  ) {
    this.#meetingId = meetingId;
    this.#limits = ports.limits;
    this.#closesAt = closesAt;
    this.#extendedMs = extendedMs;
  }

  /** What is due, and counted as given when it is a warning. `emptyMs` as in {@linkcode deadlineAt}. */
  due(emptyMs: number | null): Deadline {
    const state = { closesAt: this.#closesAt, emptyMs, warned: this.#warned };
    const deadline = deadlineAt(this.ports.time.ofDay(), state, this.#limits);
    if (deadline?.due === "warning") this.#warned = deadline.warned;
    return deadline;
  }

  /** What the room is told before the end; null while that is far off. */
  warning(): NoticeParams<"meeting.warning"> | null {
    if (this.#closesAt === null || this.#warned === 0) return null;
    return { endsAt: this.ports.time.until(this.#closesAt), extendableMs: this.extendableMs };
  }

  /** What the host may still add. */
  get extendableMs(): number {
    if (this.#closesAt === null) return 0;
    return Math.max(0, this.#limits.extendMs - this.#extendedMs);
  }

  /**
   * Moves the end; answers when the room closes then, in the lesson's time. Warnings that are due again are given again.
   * @throws RoomError `conflict` when it has no end, or can't be moved so far.
   */
  async extend(byMs: number): Promise<number> {
    const now = this.ports.time.ofDay();
    const { extendMs: mostMs, warningsMs } = this.#limits;
    const moved = byMs > this.extendableMs
      ? null
      : await this.ports.store.extend(this.#meetingId, { byMs, mostMs, at: now });
    if (moved === null) {
      const minutes = Math.floor(this.extendableMs / 60_000);
      const why = minutes === 0 ? "any more" : `by more than ${minutes} minutes`;
      throw new RoomError("conflict", `This lesson can't be extended ${why}.`);
    }
    const { closesAt, extendedMs } = moved;
    this.#closesAt = closesAt;
    this.#extendedMs = extendedMs;
    this.#warned = warningsMs.filter((ms) => now >= closesAt - ms).length;
    return this.ports.time.until(closesAt);
  }
}
