/**
 * The meetings of the booking API as they cross the wire: what is answered. Times are ISO 8601 in UTC.
 *
 * Invariant: a key that may only read is answered nothing that opens a room and no mail address.
 */
import { z } from "zod";
import type { KeyScope } from "../../db/api_keys.ts";
import type { BookedPerson, PersonalLink } from "../../db/invites.ts";
import type { BookedMeeting, Meeting } from "../../db/meetings.ts";
import type { Stay } from "../../db/participants.ts";
import { writeFragment } from "../../rooms/contract/link_fragment.ts";
import { policySchema } from "../../rooms/contract/protocol/messages.ts";
import { LOCALES } from "../../rooms/contract/words/locales.ts";

const time = z.iso.datetime();
const role = z.enum(["tutor", "student"]);

export const personSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  email: z.string().optional().describe("Only for keys that may write"),
  timeZone: z.string().optional(),
  locale: z.enum(LOCALES).optional(),
}).meta({ id: "Person" });

export const meetingSchema = z.strictObject({
  meetingId: z.string(),
  passcode: z.string().optional().describe("Only for keys that may write"),
  url: z.string().describe(
    "For people without a personal link: they wait for the host. For keys that may only read without the passcode",
  ),
  title: z.string(),
  status: z.enum(["pending", "active", "completed", "cancelled"]),
  bookingId: z.string().nullable(),
  tutor: personSchema,
  students: z.array(personSchema),
  scheduledStart: time.nullable(),
  scheduledEnd: time.nullable(),
  closesAt: time.nullable().describe(
    "Links stop working, and who is in the room is shown out. Later when the tutor extended it",
  ),
  actualStart: time.nullable(),
  actualEnd: time.nullable(),
  createdAt: time,
  timeZone: z.string().nullable(),
  isRecorded: z.boolean(),
  recordingUrl: z.string().nullable(),
  encryption: z.enum(["e2ee", "transport"]),
  policy: policySchema.meta({ id: "Policy" }),
}).meta({ id: "Meeting" });

export const linkSchema = z.strictObject({
  linkId: z.string(),
  userId: z.string(),
  name: z.string(),
  role,
  url: z.string().describe("Lets this person straight in. It can't be read again later"),
}).meta({ id: "PersonalLink" });

export const bookedMeetingSchema = z.strictObject({
  ...meetingSchema.shape,
  links: z.array(linkSchema).describe("One for each person"),
}).meta({ id: "BookedMeeting" });

export const meetingPageSchema = z.strictObject({
  meetings: z.array(meetingSchema),
  next: z.string().nullable().describe("The `cursor` of the next page; null on the last"),
}).meta({ id: "MeetingPage" });

export const linkListSchema = z.strictObject({
  links: z.array(z.strictObject({
    linkId: z.string(),
    userId: z.string(),
    name: z.string(),
    role,
    createdAt: time,
    revokedAt: time.nullable(),
  })),
}).meta({ id: "PersonalLinkList" });

export const attendanceSchema = z.strictObject({
  participants: z.array(z.strictObject({
    userId: z.string().describe("Your id, or a made-up one for somebody without a booking"),
    name: z.string(),
    role,
    joinedAt: time,
    leftAt: time.nullable().describe("Null while the person is in the room"),
    isMuted: z.boolean(),
  })).describe("One entry a stay: who left and came back has two"),
}).meta({ id: "Participants" });

export function isoTime(at: number): string;
export function isoTime(at: number | null): string | null;
export function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

export function meetingUrl(
  publicUrl: string,
  { meetingId, passcode }: Pick<Meeting, "meetingId" | "passcode">,
): string {
  return `${roomUrl(publicUrl, meetingId)}?passcode=${passcode}`;
}

function roomUrl(publicUrl: string, meetingId: string): string {
  return `${publicUrl}/video-room/${meetingId}`;
}

/** Lets one person straight in, and promises that the lesson is encrypted end to end if it is. */
export function personalUrl(publicUrl: string, meeting: Meeting, invite: string): string {
  const fragment = writeFragment({ invite, isEncrypted: meeting.encryption === "e2ee" });
  return `${meetingUrl(publicUrl, meeting)}#${fragment}`;
}

/** A meeting as the API answers it to a key of this scope. */
export function meetingJson(
  publicUrl: string,
  meeting: Meeting,
  scope: KeyScope,
): z.output<typeof meetingSchema> {
  const mayWrite = scope === "write";
  const personJson = ({ id, name, email, timeZone, locale }: Meeting["tutor"]) => ({
    id,
    name,
    ...(mayWrite && email != null ? { email } : {}),
    ...(timeZone == null ? {} : { timeZone }),
    ...(locale == null ? {} : { locale }),
  });
  return {
    meetingId: meeting.meetingId,
    ...(mayWrite ? { passcode: meeting.passcode } : {}),
    url: mayWrite ? meetingUrl(publicUrl, meeting) : roomUrl(publicUrl, meeting.meetingId),
    title: meeting.title,
    status: meeting.status,
    bookingId: meeting.bookingId,
    tutor: personJson(meeting.tutor),
    students: meeting.students.map(personJson),
    scheduledStart: isoTime(meeting.scheduledStart),
    scheduledEnd: isoTime(meeting.scheduledEnd),
    closesAt: isoTime(meeting.closesAt),
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
export function bookedJson(
  publicUrl: string,
  { meeting, invites }: BookedMeeting,
): z.output<typeof bookedMeetingSchema> {
  return {
    ...meetingJson(publicUrl, meeting, "write"),
    links: invites.map((invite) => linkJson(publicUrl, meeting, invite)),
  };
}

export function linkJson(
  publicUrl: string,
  meeting: Meeting,
  { linkId, userId, name, role, token }: BookedPerson,
): z.output<typeof linkSchema> {
  return { linkId, userId, name, role, url: personalUrl(publicUrl, meeting, token) };
}

export function linkListJson(
  links: readonly PersonalLink[],
): z.output<typeof linkListSchema> {
  return {
    links: links.map((link) => ({
      ...link,
      createdAt: isoTime(link.createdAt),
      revokedAt: isoTime(link.revokedAt),
    })),
  };
}

export function attendanceJson(stays: readonly Stay[]): z.output<typeof attendanceSchema> {
  return {
    participants: stays.map((stay) => ({
      userId: stay.userId,
      name: stay.name,
      role: stay.role,
      joinedAt: isoTime(stay.joinedAt),
      leftAt: isoTime(stay.leftAt),
      isMuted: stay.isMuted,
    })),
  };
}
