/**
 * The meetings of the booking API as they cross the wire: what is accepted, and what is answered.
 *
 * Times are ISO 8601: accepted with any offset, answered in UTC.
 */
import { z } from "zod";
import type { BookedMeeting, Meeting, NewMeeting } from "../../db/meetings.ts";
import type { Policy } from "../../rooms/document/schema.ts";
import { MAX_NAME_CHARS } from "../../rooms/protocol/messages.ts";

const MAX_STUDENTS = 50;
const MAX_TITLE_CHARS = 200;
const MAX_LESSON_MS = 24 * 3_600_000;

const id = z.string().trim().min(1).max(100);
const person = z.strictObject({
  id,
  name: z.string().trim().min(1).max(MAX_NAME_CHARS),
});
const time = z.iso.datetime({ offset: true, error: "expected ISO 8601 with an offset" })
  .transform((text) => Date.parse(text));
const audience = z.enum(["everyone", "host"]);
const policy = z.strictObject({
  draw: audience.optional(),
  edit: audience.optional(),
  run: audience.optional(),
  share: audience.optional(),
  chat: audience.optional(),
  waitingRoom: z.boolean().optional(),
  selfUnmute: z.boolean().optional(),
});

/** A booking. Without a schedule the lesson is open at once and until somebody ends it. */
export const newMeetingSchema = z.strictObject({
  title: z.string().trim().min(1).max(MAX_TITLE_CHARS),
  tutor: person,
  students: z.array(person).min(1).max(MAX_STUDENTS),
  scheduledStart: time.optional(),
  scheduledEnd: time.optional(),
  bookingId: id.optional(),
  timeZone: z.string().max(64).refine(isTimeZone, "expected an IANA name such as Europe/Paris")
    .optional(),
  isRecorded: z.boolean().default(false),
  /** Pages don't encrypt frames yet, so the promise of `e2ee` is refused rather than broken. */
  encryption: z.enum(["e2ee", "transport"]).default("transport")
    .refine((mode) => mode !== "e2ee", "end-to-end encryption isn't available yet: use transport"),
  policy: policy.default({}),
}).superRefine((booking, context) => {
  const complain = (field: (string | number)[], message: string) =>
    context.addIssue({ code: "custom", path: field, message });
  const { scheduledStart: start, scheduledEnd: end } = booking;
  if ((start === undefined) !== (end === undefined)) {
    complain(
      [start === undefined ? "scheduledStart" : "scheduledEnd"],
      "a schedule has both a start and an end",
    );
  }
  if (start !== undefined && end !== undefined) {
    if (end <= start) complain(["scheduledEnd"], "must be after scheduledStart");
    else if (end - start > MAX_LESSON_MS) complain(["scheduledEnd"], "at most 24 hours a lesson");
  }
  const seen = new Set([booking.tutor.id]);
  for (const [index, student] of booking.students.entries()) {
    if (seen.has(student.id)) complain(["students", index, "id"], "each person is booked once");
    seen.add(student.id);
  }
});

export const listQuerySchema = z.strictObject({
  limit: z.string().regex(/^\d{1,3}$/).transform(Number).pipe(z.int().min(1).max(100))
    .default(50),
  cursor: z.string().max(40).transform((text, context) => {
    const before = readCursor(text);
    if (before === null) context.addIssue({ code: "custom", message: "not one of our cursors" });
    return before ?? 0;
  }).optional(),
  status: z.enum(["pending", "active", "completed", "cancelled"]).optional(),
  bookingId: id.optional(),
  userId: id.optional(),
});

export function toNewMeeting(booking: z.output<typeof newMeetingSchema>): NewMeeting {
  const set = Object.entries(booking.policy).filter(([, value]) => value !== undefined);
  return {
    title: booking.title,
    tutor: booking.tutor,
    students: booking.students,
    scheduledStart: booking.scheduledStart ?? null,
    scheduledEnd: booking.scheduledEnd ?? null,
    bookingId: booking.bookingId ?? null,
    timeZone: booking.timeZone ?? null,
    isRecorded: booking.isRecorded,
    encryption: booking.encryption,
    policy: Object.fromEntries(set) as Partial<Policy>,
  };
}

export function meetingUrl(publicUrl: string, meeting: Meeting): string {
  return `${publicUrl}/video-room/${meeting.meetingId}?passcode=${meeting.passcode}`;
}

/** A meeting as the API answers it. */
export function meetingJson(publicUrl: string, meeting: Meeting) {
  return {
    meetingId: meeting.meetingId,
    passcode: meeting.passcode,
    url: meetingUrl(publicUrl, meeting),
    title: meeting.title,
    status: meeting.status,
    bookingId: meeting.bookingId,
    tutor: meeting.tutor,
    students: meeting.students,
    scheduledStart: isoTime(meeting.scheduledStart),
    scheduledEnd: isoTime(meeting.scheduledEnd),
    actualStart: isoTime(meeting.actualStart),
    actualEnd: isoTime(meeting.actualEnd),
    createdAt: isoTime(meeting.createdAt),
    timeZone: meeting.timeZone,
    isRecorded: meeting.isRecorded,
    recordingUrl: meeting.recordingUrl,
    encryption: meeting.encryption,
    policy: meeting.policy,
  };
}

/** A fresh booking: the meeting and everybody's personal link, which can't be read again later. */
export function bookedJson(publicUrl: string, { meeting, invites }: BookedMeeting) {
  const url = meetingUrl(publicUrl, meeting);
  return {
    ...meetingJson(publicUrl, meeting),
    links: invites.map(({ userId, name, role, token }) => ({
      userId,
      name,
      role,
      url: `${url}#invite=${token}`,
    })),
  };
}

export function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** Opaque to callers, so that what is in it may change. */
export function writeCursor(before: number): string {
  return btoa(`m${before}`).replace(/=+$/, "");
}

function readCursor(text: string): number | null {
  try {
    const match = /^m(\d{1,15})$/.exec(atob(text));
    return match === null ? null : Number(match[1]);
  } catch {
    return null;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
