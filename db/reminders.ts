/** Who has to be reminded of a lesson. Invariant: once for each start that a lesson is given. */
import type { Kysely } from "kysely";
import { recordMeetingEvent } from "./events.ts";
import type { Schema } from "./schema.ts";

/** Puts `meeting.reminder` into the outbox for every lesson that starts within `beforeMs`; answers how many. */
export async function recordReminders(
  db: Kysely<Schema>,
  beforeMs: number,
  now: number,
): Promise<number> {
  const due = await db.selectFrom("video_meetings")
    .innerJoin("meeting_settings", "meeting_settings.meeting_id", "video_meetings.meeting_id")
    .select(["video_meetings.meeting_id", "scheduled_start"])
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
  for (const { meeting_id: meetingId, scheduled_start: start } of due) {
    await db.transaction().execute(async (transaction) => {
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
  return due.length;
}
