/** What people did in a meeting: sums, to which a room adds what it counted since the last time. */
import type { Kysely } from "kysely";
import type { ActivityCounts } from "../rooms/ports.ts";
import type { MeetingActivityTable } from "./schema.ts";
import type { Schema } from "./schema.ts";

/** What one participant of a meeting did. */
export interface ParticipantActivity {
  /** The booking system's id, or a guest's participant id: as in {@linkcode Stay}. */
  userId: string;
  counts: ActivityCounts;
}

type Column = Exclude<keyof MeetingActivityTable, "meeting_id" | "participant_id">;

const COLUMNS: Readonly<Record<keyof ActivityCounts, Column>> = {
  talkMs: "talk_ms",
  audioMs: "audio_ms",
  videoMs: "video_ms",
  screenMs: "screen_ms",
  awayMs: "away_ms",
  drops: "drops",
  strokes: "strokes",
  edits: "edits",
  runs: "runs",
  messages: "messages",
  packets: "packets",
  packetsLost: "packets_lost",
  goodMs: "good_ms",
  fairMs: "fair_ms",
  poorMs: "poor_ms",
};

const NAMES = Object.keys(COLUMNS) as (keyof ActivityCounts)[];

/** Adds to the sums of each participant, in one statement. */
export async function recordActivity(
  db: Kysely<Schema>,
  meetingId: string,
  rows: readonly { participantId: string; counts: ActivityCounts }[],
): Promise<void> {
  if (rows.length === 0) return;
  await db.insertInto("meeting_activity")
    .values(rows.map(({ participantId, counts }) => ({
      meeting_id: meetingId,
      participant_id: participantId,
      ...(Object.fromEntries(
        NAMES.map((name) => [COLUMNS[name], Math.round(counts[name])]),
      ) as Record<Column, number>),
    })))
    .onConflict((conflict) =>
      conflict.columns(["meeting_id", "participant_id"]).doUpdateSet((eb) =>
        Object.fromEntries(NAMES.map((name) => {
          const column = COLUMNS[name];
          return [column, eb(`meeting_activity.${column}`, "+", eb.ref(`excluded.${column}`))];
        }))
      )
    )
    .execute();
}

/** What everybody who came did, by the booking system's ids. */
export async function listActivity(
  db: Kysely<Schema>,
  meetingId: string,
): Promise<ParticipantActivity[]> {
  const rows = await db.selectFrom("meeting_activity")
    .selectAll("meeting_activity")
    .select((eb) =>
      eb.selectFrom("video_participants")
        .select("user_id")
        .whereRef("video_participants.meeting_id", "=", "meeting_activity.meeting_id")
        .whereRef("video_participants.participant_id", "=", "meeting_activity.participant_id")
        .limit(1)
        .as("user_id")
    )
    .where("meeting_id", "=", meetingId)
    .execute();
  return rows.map((row) => ({
    userId: row.user_id ?? row.participant_id,
    counts: Object.fromEntries(
      NAMES.map((name) => [name, row[COLUMNS[name]]]),
    ) as unknown as ActivityCounts,
  }));
}

/**
 * Ids of the lessons in which code was written that a person may still take along: they are booked in it and were not
 * removed, it ended since `keptSince` (Unix ms), and its log was not deleted.
 */
export async function lessonsWithCode(
  db: Kysely<Schema>,
  userId: string,
  keptSince: number,
): Promise<Set<string>> {
  const rows = await db.selectFrom("invites")
    .innerJoin("video_meetings", "video_meetings.meeting_id", "invites.meeting_id")
    .select("invites.meeting_id")
    .where("invites.user_id", "=", userId)
    .where("invites.revoked_at", "is", null)
    .where("status", "=", "completed")
    .where("actual_end", ">=", keptSince)
    .where((eb) =>
      eb.exists(
        eb.selectFrom("meeting_activity").select("edits")
          .whereRef("meeting_activity.meeting_id", "=", "invites.meeting_id")
          .where("edits", ">", 0),
      )
    )
    .where((eb) =>
      eb.exists(
        eb.selectFrom("snapshots").select("seq")
          .whereRef("snapshots.meeting_id", "=", "invites.meeting_id"),
      )
    )
    .execute();
  return new Set(rows.map((row) => row.meeting_id));
}
