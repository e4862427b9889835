/**
 * The meetings of the booking API as they cross the wire: what is accepted.
 *
 * Times are ISO 8601: accepted with any offset, answered in UTC.
 */
import { z } from "zod";
import type { MeetingChange, NewMeeting } from "../../../db/bookings.ts";
import type { MeetingPlace } from "../../../db/meeting_lists.ts";
import { MAX_LESSON_MS } from "../../../rooms/limits.ts";
import type { Policy } from "../../../rooms/contract/document/schema.ts";
import { MAX_NAME_CHARS } from "../../../rooms/contract/protocol/messages.ts";
import { text } from "../../../rooms/contract/protocol/text.ts";
import { LOCALES } from "../../../rooms/contract/words/locales.ts";

export const MAX_STUDENTS = 50;
const MAX_TITLE_CHARS = 200;

export const idSchema = text.trim().min(1).max(100);
export const nameSchema = text.trim().min(1).max(MAX_NAME_CHARS);
export const timeZoneSchema = text.max(64)
  .refine(isTimeZone, "expected an IANA name such as Europe/Paris");
export const emailSchema = z.email().max(254);
export const localeSchema = z.enum(LOCALES);
const title = text.trim().min(1).max(MAX_TITLE_CHARS);

const person = z.strictObject({
  id: idSchema.describe("Your id of the person"),
  name: nameSchema,
  email: emailSchema.optional().describe("Where mails go, if this instance sends any"),
  timeZone: timeZoneSchema.optional().describe("For times in this person's mails"),
  locale: localeSchema.optional().describe(
    "The language of this person's mails, and of pages until they choose another",
  ),
}).meta({ id: "NewPerson" });
export const timeSchema = z.iso.datetime({
  offset: true,
  error: "expected ISO 8601 with an offset",
})
  .transform((time) => Date.parse(time));
const audience = z.enum(["everyone", "host"]);
const policy = z.strictObject({
  draw: audience.optional(),
  edit: audience.optional(),
  run: audience.optional(),
  share: audience.optional(),
  chat: audience.optional(),
  end: z.enum(["host", "booked"]).optional()
    .describe(
      "Who may end the lesson for everybody: the tutor alone, or everybody booked; `booked` when left out",
    ),
  waitingRoom: z.boolean().optional().describe("People without a personal link wait for the host"),
  selfUnmute: z.boolean().optional(),
}).meta({ id: "NewPolicy" });

interface Schedule {
  scheduledStart?: number | undefined;
  scheduledEnd?: number | undefined;
}

/** A list that is narrowed by time goes along the schedule; its cursors fit no other list. */
const isByTime = (query: { from?: number | undefined; to?: number | undefined }) =>
  query.from !== undefined || query.to !== undefined;

type Complain = (field: (string | number)[], message: string) => void;

/** A booking. Without a schedule the lesson is open at once and until somebody ends it. */
export const newMeetingSchema = z.strictObject({
  title,
  tutor: person,
  students: z.array(person).min(1).max(MAX_STUDENTS),
  scheduledStart: timeSchema.optional(),
  scheduledEnd: timeSchema.optional(),
  bookingId: idSchema.optional(),
  timeZone: timeZoneSchema.optional(),
  isRecorded: z.boolean().default(true)
    .describe("Video, sound, board, code and chat are kept to be watched again"),
  encryption: z.enum(["e2ee", "transport"]).default("e2ee")
    .describe("`e2ee`: only the people in the lesson can see and hear it and its recording"),
  policy: policy.default({}),
}).superRefine((booking, context) => {
  const complain = complainTo(context);
  checkSchedule(booking, complain);
  const seen = new Set([booking.tutor.id]);
  for (const [index, student] of booking.students.entries()) {
    if (seen.has(student.id)) complain(["students", index, "id"], "each person is booked once");
    seen.add(student.id);
  }
}).meta({ id: "NewMeeting" });

/** What may be changed before the lesson begins. */
export const meetingChangeSchema = z.strictObject({
  title: title.optional(),
  scheduledStart: timeSchema.optional(),
  scheduledEnd: timeSchema.optional(),
  bookingId: idSchema.nullable().optional(),
  timeZone: timeZoneSchema.nullable().optional(),
  isRecorded: z.boolean().optional(),
  policy: policy.optional(),
}).superRefine((change, context) => {
  const complain = complainTo(context);
  checkSchedule(change, complain);
  if (Object.keys(change).length === 0) complain([], "names nothing to change");
}).meta({ id: "MeetingChange" });

export const listQuerySchema = z.strictObject({
  limit: text.regex(/^\d{1,3}$/).transform(Number).pipe(z.int().min(1).max(100))
    .default(50).describe("At most 100"),
  cursor: text.max(40).transform((cursor, context) => {
    const after = readCursor(cursor);
    if (after === null) context.addIssue({ code: "custom", message: "not one of our cursors" });
    return after;
  }).optional().describe("The `next` of the page before"),
  status: z.enum(["pending", "active", "completed", "cancelled"]).optional(),
  bookingId: idSchema.optional(),
  userId: idSchema.optional().describe("Tutor or student"),
  from: timeSchema.optional().describe("Scheduled to end after this"),
  to: timeSchema.optional().describe("Scheduled to start before this"),
}).superRefine(({ cursor, ...query }, context) => {
  if (cursor == null || (cursor.start !== null) === isByTime(query)) return;
  const message = "the cursor of a list with other filters";
  context.addIssue({ code: "custom", path: ["cursor"], message });
});

export function toNewMeeting(booking: z.output<typeof newMeetingSchema>): NewMeeting {
  return {
    title: booking.title,
    tutor: toPerson(booking.tutor),
    students: booking.students.map(toPerson),
    scheduledStart: booking.scheduledStart ?? null,
    scheduledEnd: booking.scheduledEnd ?? null,
    bookingId: booking.bookingId ?? null,
    timeZone: booking.timeZone ?? null,
    isRecorded: booking.isRecorded,
    encryption: booking.encryption,
    policy: givenPolicy(booking.policy),
  };
}

export function toChange(change: z.output<typeof meetingChangeSchema>): MeetingChange {
  return {
    ...change,
    policy: change.policy === undefined ? undefined : givenPolicy(change.policy),
  };
}

/** Opaque to callers, so that what is in it may change. */
export function writeCursor({ id, start }: MeetingPlace): string {
  return btoa(start === null ? `m${id}` : `s${start}.${id}`).replace(/=+$/, "");
}

function toPerson(given: z.output<typeof person>) {
  return {
    id: given.id,
    name: given.name,
    email: given.email ?? null,
    timeZone: given.timeZone ?? null,
    locale: given.locale ?? null,
  };
}

function givenPolicy(given: z.output<typeof policy>): Partial<Policy> {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as Partial<Policy>;
}

function complainTo(context: z.RefinementCtx): Complain {
  return (path, message) => context.addIssue({ code: "custom", path, message });
}

function checkSchedule({ scheduledStart: start, scheduledEnd: end }: Schedule, complain: Complain) {
  if ((start === undefined) !== (end === undefined)) {
    complain(
      [start === undefined ? "scheduledStart" : "scheduledEnd"],
      "a schedule has both a start and an end",
    );
  }
  if (start === undefined || end === undefined) return;
  if (end <= start) complain(["scheduledEnd"], "must be after scheduledStart");
  else if (end - start > MAX_LESSON_MS) complain(["scheduledEnd"], "at most 24 hours a lesson");
}

function readCursor(cursor: string): MeetingPlace | null {
  try {
    const [, start, id] = /^(?:m|s(-?\d{1,16})\.)(\d{1,15})$/.exec(atob(cursor)) ?? [];
    if (id === undefined) return null;
    return { id: Number(id), start: start === undefined ? null : Number(start) };
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
