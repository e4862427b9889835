/**
 * What booking a lesson writes, what a change of the booking writes, and which changes people have to hear of.
 *
 * Rows only: whether a meeting may still be changed, and the transaction around it, is {@linkcode Meetings}' business.
 */
import type { Transaction } from "kysely";
import { DEFAULT_POLICY, type Policy } from "../rooms/contract/document/schema.ts";
import type { PersonToBook } from "./invites.ts";
import type { Meeting } from "./meetings.ts";
import type { Schema } from "./schema.ts";
import { makePasscode } from "./secrets.ts";

/** A lesson to be booked. Times are Unix milliseconds; both or neither. */
export interface NewMeeting {
  title: string;
  tutor: PersonToBook;
  students: readonly PersonToBook[];
  scheduledStart: number | null;
  scheduledEnd: number | null;
  bookingId: string | null;
  timeZone: string | null;
  isRecorded: boolean;
  encryption: "e2ee" | "transport";
  policy: Partial<Policy>;
}

/** What may be changed of a lesson that hasn't begun; what is left out stays. */
export interface MeetingChange {
  title?: string | undefined;
  /** Both or neither. */
  scheduledStart?: number | undefined;
  scheduledEnd?: number | undefined;
  bookingId?: string | null | undefined;
  timeZone?: string | null | undefined;
  isRecorded?: boolean | undefined;
  policy?: Partial<Policy> | undefined;
}

/** Writes the rows of a new meeting; its invites are issued beside. */
export async function insertMeeting(
  transaction: Transaction<Schema>,
  meetingId: string,
  booking: NewMeeting,
  now: number,
): Promise<void> {
  await transaction.insertInto("video_meetings")
    .values({
      meeting_id: meetingId,
      passcode: makePasscode(),
      booking_id: booking.bookingId,
      tutor_id: booking.tutor.id,
      student_id: booking.students[0]?.id ?? null,
      created_at: now,
      scheduled_start: booking.scheduledStart,
      scheduled_end: booking.scheduledEnd,
      actual_start: null,
      actual_end: null,
      status: "pending",
      recording_url: null,
      is_recorded: booking.isRecorded ? 1 : 0,
    })
    .execute();
  await transaction.insertInto("meeting_settings")
    .values({
      meeting_id: meetingId,
      title: booking.title,
      time_zone: booking.timeZone,
      encryption: booking.encryption,
      policy: JSON.stringify({ ...DEFAULT_POLICY, ...booking.policy }),
    })
    .execute();
}

/** Writes what a change says over the rows of a meeting that hasn't begun. */
export async function updateMeeting(
  transaction: Transaction<Schema>,
  current: Meeting,
  change: MeetingChange,
): Promise<void> {
  const { meetingId } = current;
  const { scheduledStart, scheduledEnd, bookingId, isRecorded, title, timeZone, policy } = change;
  const columns = defined({
    scheduled_start: scheduledStart,
    scheduled_end: scheduledEnd,
    booking_id: bookingId,
    is_recorded: isRecorded === undefined ? undefined : isRecorded ? 1 : 0,
  });
  if (Object.keys(columns).length > 0) {
    await transaction.updateTable("video_meetings")
      .set(columns)
      .where("meeting_id", "=", meetingId)
      .execute();
  }
  await transaction.updateTable("meeting_settings")
    .set({
      sequence: current.sequence + 1,
      policy: JSON.stringify({ ...current.policy, ...policy }),
      ...defined({ title, time_zone: timeZone }),
    })
    .where("meeting_id", "=", meetingId)
    .execute();
}

/** Without the members that nobody set. */
function defined<T extends Record<string, unknown>>(values: T) {
  const set = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Whether a change concerns what people have in their calendars. */
export function tellsPeople(current: Meeting, change: MeetingChange): boolean {
  const { title, scheduledStart, scheduledEnd, timeZone } = change;
  return Object.entries(defined({ title, scheduledStart, scheduledEnd, timeZone }))
    .some(([name, value]) => value !== current[name as keyof Meeting]);
}

/** The booked times as events carry them. */
export function scheduleOf({ scheduledStart, scheduledEnd }: Meeting) {
  const iso = (at: number | null) => at === null ? null : new Date(at).toISOString();
  return { scheduledStart: iso(scheduledStart), scheduledEnd: iso(scheduledEnd) };
}
