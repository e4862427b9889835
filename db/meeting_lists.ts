/**
 * Lists of meetings: which rows, in which order, from where on.
 *
 * A list that is narrowed by time goes along the schedule, soonest first; any other begins with the newest booking. So
 * each is a walk along an index that ends with its page, however many meetings there are.
 */
import { type Kysely, sql } from "kysely";
import type { MeetingStatus } from "../rooms/contract/document/schema.ts";
import { MAX_LESSON_MS } from "../rooms/limits.ts";
import type { Schema } from "./schema.ts";

/** Where a page ended. `start` is null in a list of bookings. */
export interface MeetingPlace {
  id: number;
  start: number | null;
}

export interface MeetingQuery {
  limit: number;
  /** The `next` of the page before, of a list of the same kind. */
  after: MeetingPlace | null;
  status?: MeetingStatus | undefined;
  bookingId?: string | undefined;
  /** Tutor or student. */
  userId?: string | undefined;
  /** Scheduled to end after this, Unix ms. */
  from?: number | undefined;
  /** Scheduled to start before this, Unix ms. */
  to?: number | undefined;
}

/** Whether a list goes along the schedule. */
export function isByTime({ from, to }: Pick<MeetingQuery, "from" | "to">): boolean {
  return from !== undefined || to !== undefined;
}

/** Meetings with their settings. */
export function meetingRows(db: Kysely<Schema>) {
  return db.selectFrom("video_meetings")
    .innerJoin("meeting_settings", "meeting_settings.meeting_id", "video_meetings.meeting_id")
    .selectAll("video_meetings")
    .select(["title", "time_zone", "encryption", "policy", "sequence", "extended_ms"]);
}

/** The rows of a page, and one more when another page follows. */
export function pageOfMeetings(db: Kysely<Schema>, query: MeetingQuery) {
  const { limit, status, bookingId, userId } = query;
  let select = meetingRows(db).limit(limit + 1);
  // A few rows found by a name are quickly looked through: the plus keeps the planner from any other index.
  const named = bookingId !== undefined || userId !== undefined;
  if (status !== undefined) {
    select = select.where(named ? sql<MeetingStatus>`+status` : "status", "=", status);
  }
  if (bookingId !== undefined) select = select.where("booking_id", "=", bookingId);
  if (userId !== undefined) {
    select = select.where(
      "video_meetings.meeting_id",
      "in",
      db.selectFrom("invites").select("meeting_id").where("user_id", "=", userId),
    );
  }
  return isByTime(query) ? alongSchedule(select, query) : newestFirst(select, query);
}

type Select = ReturnType<typeof meetingRows>;

function newestFirst(select: Select, { after }: MeetingQuery): Select {
  const ordered = select.orderBy("video_meetings.id", "desc");
  return after === null ? ordered : ordered.where("video_meetings.id", "<", after.id);
}

function alongSchedule(select: Select, { from, to, after }: MeetingQuery): Select {
  let ordered = select.orderBy("scheduled_start").orderBy("video_meetings.id");
  if (from !== undefined) {
    // What ends after `from` starts at most a lesson's length earlier: that is where the walk begins.
    ordered = ordered.where("scheduled_end", ">", from)
      .where("scheduled_start", ">", from - MAX_LESSON_MS);
  }
  if (to !== undefined) ordered = ordered.where("scheduled_start", "<", to);
  if (after === null) return ordered;
  const start = after.start ?? 0;
  return ordered.where("scheduled_start", ">=", start)
    .where((eb) =>
      eb.or([eb("scheduled_start", ">", start), eb("video_meetings.id", ">", after.id)])
    );
}
