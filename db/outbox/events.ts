/**
 * Events: what happened, for booking systems and mails. Written in the transaction of the change itself.
 *
 * Invariant: an event is in the outbox if and only if its change is in the database; each endpoint that is there at
 * that moment gets it.
 */
import { sql, type Transaction } from "kysely";
import type { Role } from "../../rooms/contract/document/schema.ts";
import type { Schema } from "../schema.ts";
import { makeToken } from "../secrets.ts";

/** Part of the API: add, never rename. */
export const EVENT_TYPES = [
  "meeting.created",
  "meeting.rescheduled",
  "meeting.reminder",
  "meeting.started",
  "meeting.extended",
  "meeting.ended",
  "meeting.cancelled",
  "participant.joined",
  "participant.left",
  "recording.ready",
  "recording.deleted",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What every event of a meeting says of it. Times are ISO 8601. */
export interface MeetingFacts {
  meetingId: string;
  bookingId: string | null;
  title: string;
  status: string;
  scheduledStart: string | null;
  scheduledEnd: string | null;
  actualStart: string | null;
  actualEnd: string | null;
  timeZone: string | null;
  tutor: { id: string; name: string };
  students: { id: string; name: string }[];
}

/** Whom an event is about. */
export interface ParticipantFacts {
  userId: string;
  name: string;
  role: Role;
  joinedAt: string;
  leftAt: string | null;
}

export interface NewEvent {
  type: EventType | "webhook.test";
  meetingId: string | null;
  /** Unix ms. */
  at: number;
  data: object;
}

/** Puts an event into the outbox and answers its id. */
export async function recordEvent(
  transaction: Transaction<Schema>,
  { type, meetingId, at, data }: NewEvent,
): Promise<string> {
  const eventId = `evt_${makeToken()}`;
  const body = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
  await transaction.insertInto("events")
    .values({ event_id: eventId, type, meeting_id: meetingId, at, body })
    .execute();
  await sql`
    insert into webhook_deliveries (delivery_id, event_id, endpoint_id, state, created_at, due_at)
    select 'dlv_' || lower(hex(randomblob(12))), ${eventId}, endpoint_id, 'pending', ${at}, ${at}
    from webhook_endpoints
    where disabled_at is null
      -- A list that can't be read is told when the delivery is due: nothing is lost, and no lesson fails for it.
      and case when events is null or not json_valid(events) then true
        else exists (select 1 from json_each(events) where value = ${type}) end
  `.execute(transaction);
  return eventId;
}

/**
 * Puts an event of a meeting into the outbox, with what is known of the meeting. `extra` joins the data, such as
 * `{recordingId}` of a recording.
 */
export async function recordMeetingEvent(
  transaction: Transaction<Schema>,
  type: EventType,
  meetingId: string,
  at: number,
  extra: object = {},
): Promise<void> {
  const facts = await readFacts(transaction, meetingId);
  if (facts === null) return;
  await recordEvent(transaction, { type, meetingId, at, data: { ...facts, ...extra } });
}

async function readFacts(
  transaction: Transaction<Schema>,
  meetingId: string,
): Promise<MeetingFacts | null> {
  const row = await transaction.selectFrom("video_meetings")
    .innerJoin("meeting_settings", "meeting_settings.meeting_id", "video_meetings.meeting_id")
    .selectAll("video_meetings")
    .select(["title", "time_zone"])
    .where("video_meetings.meeting_id", "=", meetingId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const people = await transaction.selectFrom("invites")
    .select(["user_id as id", "name", "role"])
    .where("meeting_id", "=", meetingId)
    .orderBy("id")
    .execute();
  const named = (role: Role) =>
    people.filter((person) => person.role === role).map(({ id, name }) => ({ id, name }));
  return {
    meetingId,
    bookingId: row.booking_id,
    title: row.title,
    status: row.status,
    scheduledStart: iso(row.scheduled_start),
    scheduledEnd: iso(row.scheduled_end),
    actualStart: iso(row.actual_start),
    actualEnd: iso(row.actual_end),
    timeZone: row.time_zone,
    tutor: named("tutor")[0] ?? { id: row.tutor_id, name: "" },
    students: named("student"),
  };
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
