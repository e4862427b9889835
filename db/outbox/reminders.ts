/** Who has to be reminded of a lesson. Invariant: once for each start that a lesson is given. */
import type { Kysely } from "kysely";
import { recordMeetingEvent } from "./events.ts";
import type { Schema } from "../schema.ts";

/** Lessons that start within `beforeMs` and of which nobody was reminded. */
export async function lessonsToRemind(
  db: Kysely<Schema>,
  beforeMs: number,
  now: number,
): Promise<string[]> {
  const due = await db.selectFrom("video_meetings")
    .innerJoin("meeting_settings", "meeting_settings.meeting_id", "video_meetings.meeting_id")
    .select("video_meetings.meeting_id")
    .where("status", "=", "pending")
    .where("scheduled_start", ">", now)
    .where("scheduled_start", "<=", now + beforeMs)
    // Who has just been invited needs no reminder.
    .where((eb) => eb("created_at", "<=", eb("scheduled_start", "-", beforeMs)))
    .where((eb) =>
      eb.or([
        eb("reminded_start", "is", null),
        eb("reminded_start", "<>", eb.ref("scheduled_start")),
      ])
    )
    .execute();
  return due.map((row) => row.meeting_id);
}

/** Puts `meeting.reminder` into the outbox for a lesson, once for each start that it has. */
export async function recordReminder(
  db: Kysely<Schema>,
  meetingId: string,
  now: number,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const meeting = await transaction.selectFrom("video_meetings")
      .select("scheduled_start")
      .where("meeting_id", "=", meetingId)
      .where("status", "=", "pending")
      .executeTakeFirst();
    if (meeting === undefined) return;
    const { scheduled_start: start } = meeting;
    const { numUpdatedRows } = await transaction.updateTable("meeting_settings")
      .set({ reminded_start: start })
      .where("meeting_id", "=", meetingId)
      .where((eb) => eb.or([eb("reminded_start", "is", null), eb("reminded_start", "<>", start)]))
      .executeTakeFirst();
    if (numUpdatedRows > 0n) {
      await recordMeetingEvent(transaction, "meeting.reminder", meetingId, now);
    }
  });
}
