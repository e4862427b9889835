/** How the booking system books, reads, lists, changes, cancels and ends lessons, and learns who came. */
import type { KeyScope } from "../../../db/api_keys.ts";
import type { Meeting } from "../../../db/meetings.ts";
import { analyticsSchema, readAnalytics } from "../meeting/analytics.ts";
import type { Uses } from "../context.ts";
import {
  attendanceJson,
  attendanceSchema,
  bookedJson,
  bookedMeetingSchema,
  meetingJson,
  meetingPageSchema,
  meetingSchema,
} from "../meeting_answers.ts";
import {
  listQuerySchema,
  meetingChangeSchema,
  newMeetingSchema,
  toChange,
  toNewMeeting,
  writeCursor,
} from "./meeting_schemas.ts";
import { type Operation, operation, unusableField } from "./operation.ts";
import { Problem } from "../problems.ts";

export type MeetingDeps = Uses<
  {
    meetings:
      | "create"
      | "read"
      | "list"
      | "change"
      | "cancel"
      | "complete"
      | "stays"
      | "activity";
    keyEnvelopes: "booked";
    rooms: "end";
    publicUrl: true;
    now: true;
  }
>;

const tag = "Meetings";

/** @throws Problem `not-found` */
export async function readMeeting(
  { meetings }: Uses<{ meetings: "read" }>,
  meetingId: string,
): Promise<Meeting> {
  const meeting = await meetings.read(meetingId);
  if (meeting === null) throw new Problem("not-found", "There is no meeting with this id.");
  return meeting;
}

export function meetingOperations(deps: MeetingDeps): Operation[] {
  const { meetings, keyEnvelopes, rooms, publicUrl, now } = deps;
  const json = (meeting: Meeting, scope: KeyScope = "write") =>
    meetingJson(publicUrl, meeting, scope);
  const read = (meetingId: string) => readMeeting(deps, meetingId);

  return [
    operation({
      id: "bookMeeting",
      method: "post",
      path: "/meetings",
      tag,
      summary: "Book a lesson",
      description: "Answers everybody's personal link, for the only time.",
      body: newMeetingSchema,
      status: 201,
      answer: bookedMeetingSchema,
    }, async ({ body, apiKey }) => {
      checkFuture(body.scheduledEnd, now());
      const booked = await meetings.create(toNewMeeting(body));
      await keyEnvelopes.booked(booked.meeting.meetingId, apiKey.keyId);
      return {
        body: bookedJson(publicUrl, booked),
        location: `/api/v1/meetings/${booked.meeting.meetingId}`,
      };
    }),

    operation({
      id: "listMeetings",
      method: "get",
      path: "/meetings",
      tag,
      summary: "List lessons",
      description:
        "The newest booking first; with `from` or `to` along the schedule, soonest first.",
      query: listQuerySchema,
      answer: meetingPageSchema,
    }, async ({ query: { cursor, ...filter }, apiKey: { scope } }) => {
      const page = await meetings.list({ ...filter, after: cursor ?? null });
      const next = page.next === null ? null : writeCursor(page.next);
      return { body: { meetings: page.meetings.map((meeting) => json(meeting, scope)), next } };
    }),

    operation({
      id: "readMeeting",
      method: "get",
      path: "/meetings/{meetingId}",
      tag,
      summary: "Read a lesson",
      answer: meetingSchema,
      refusals: [404],
    }, async ({ params, apiKey }) => ({ body: json(await read(params.meetingId), apiKey.scope) })),

    operation({
      id: "changeMeeting",
      method: "patch",
      path: "/meetings/{meetingId}",
      tag,
      summary: "Reschedule or change a lesson",
      description: "What is left out stays. Only before the lesson begins.",
      body: meetingChangeSchema,
      answer: meetingSchema,
      conditional: true,
      refusals: [404, 409],
    }, async ({ params, body, unchanged }) => {
      checkFuture(body.scheduledEnd, now());
      await read(params.meetingId);
      const changed = await meetings.change(
        params.meetingId,
        toChange(body),
        (current) => unchanged(json(current)),
      );
      if (changed === null) {
        const { status } = await read(params.meetingId);
        throw new Problem("conflict", `The meeting is ${status}; it can't be changed.`);
      }
      return { body: json(changed) };
    }),

    operation({
      id: "cancelMeeting",
      method: "post",
      path: "/meetings/{meetingId}/cancel",
      tag,
      summary: "Call a lesson off",
      description: "Everybody in the room is told. Cancelling twice changes nothing.",
      answer: meetingSchema,
      conditional: true,
      refusals: [404, 409],
    }, async ({ params: { meetingId }, unchanged }) => {
      const meeting = await read(meetingId);
      if (meeting.status === "completed") {
        throw new Problem("conflict", "The meeting is completed; it can't be cancelled.");
      }
      // First the status, so that the room's own ending finds the meeting closed.
      await meetings.cancel(meetingId, now(), (current) => unchanged(json(current)));
      await rooms.end(meetingId, "cancelled", null);
      return { body: json(await read(meetingId)) };
    }),

    operation({
      id: "endMeeting",
      method: "post",
      path: "/meetings/{meetingId}/end",
      tag,
      summary: "End a lesson for everybody",
      description: "Ending twice changes nothing.",
      answer: meetingSchema,
      conditional: true,
      refusals: [404, 409],
    }, async ({ params: { meetingId }, unchanged }) => {
      const meeting = await read(meetingId);
      unchanged(json(meeting));
      if (meeting.status === "cancelled") {
        throw new Problem("conflict", "The meeting was cancelled; it can't be ended.");
      }
      await rooms.end(meetingId, "ended", null);
      await meetings.complete(meetingId, now());
      return { body: json(await read(meetingId)) };
    }),

    operation({
      id: "listParticipants",
      method: "get",
      path: "/meetings/{meetingId}/participants",
      tag,
      summary: "Who came, from when to when",
      answer: attendanceSchema,
      refusals: [404],
    }, async ({ params: { meetingId } }) => {
      await read(meetingId);
      return { body: attendanceJson(await meetings.stays(meetingId)) };
    }),

    operation({
      id: "readAnalytics",
      method: "get",
      path: "/meetings/{meetingId}/analytics",
      tag,
      summary: "How a lesson went: who was there, talked, drew, wrote and ran how much",
      description: "Of a lesson that runs, half a minute old at most.",
      answer: analyticsSchema,
      refusals: [404],
    }, async ({ params: { meetingId } }) => {
      return { body: await readAnalytics(deps, await read(meetingId)) };
    }),
  ];
}

function checkFuture(scheduledEnd: number | undefined, now: number): void {
  if (scheduledEnd !== undefined && scheduledEnd <= now) {
    throw unusableField("scheduledEnd", "is in the past");
  }
}
