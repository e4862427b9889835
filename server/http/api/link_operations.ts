/** Personal links of a lesson, and the link to a person's page of all lessons. */
import { z } from "zod";
import type { Uses } from "../context.ts";
import { isoTime, linkJson, linkListJson, linkListSchema, linkSchema } from "../meeting_answers.ts";
import { readMeeting } from "./meeting_operations.ts";
import {
  emailSchema,
  idSchema,
  localeSchema,
  MAX_STUDENTS,
  nameSchema,
  timeZoneSchema,
} from "./meeting_schemas.ts";
import { type Operation, operation, unusableField } from "./operation.ts";
import { Problem } from "../problems.ts";

export type LinkDeps = Uses<
  {
    meetings: "read" | "issueLink" | "addStudent" | "links" | "revokeLink";
    lessonsLinks: "issue" | "revoke";
    publicUrl: true;
    now: true;
  }
>;

const DAY_MS = 24 * 3_600_000;

const newLinkSchema = z.strictObject({
  userId: idSchema.describe("Who is booked, or a student to be added"),
  name: nameSchema.optional().describe("Needed for a student who isn't booked yet"),
  email: emailSchema.optional(),
  timeZone: timeZoneSchema.optional(),
  locale: localeSchema.optional(),
}).meta({ id: "NewPersonalLink" });

const newLessonsLinkSchema = z.strictObject({
  days: z.int().min(1).max(366).default(30).describe("How long the link works"),
}).meta({ id: "NewLessonsLink" });

const lessonsLinkSchema = z.strictObject({
  userId: z.string(),
  url: z.string().describe("The page of this person's lessons. It can't be read again later"),
  expiresAt: z.iso.datetime(),
}).meta({ id: "LessonsLink" });

export function linkOperations(deps: LinkDeps): Operation[] {
  const { meetings, lessonsLinks, publicUrl, now } = deps;

  return [
    operation({
      id: "issueLink",
      method: "post",
      path: "/meetings/{meetingId}/links",
      tag: "Links",
      summary: "Issue a personal link",
      description:
        "For somebody who is booked, also after they were removed, or for one more student.",
      body: newLinkSchema,
      status: 201,
      answer: linkSchema,
      refusals: [404, 409],
    }, async ({ params, body }) => {
      const meeting = await readMeeting(deps, params.meetingId);
      if (meeting.status === "completed" || meeting.status === "cancelled") {
        throw new Problem(
          "conflict",
          `The meeting is ${meeting.status}; a link would open nothing.`,
        );
      }
      const known = await meetings.issueLink(meeting.meetingId, body.userId, { readmit: true });
      if (known !== null) return { body: linkJson(publicUrl, meeting, known) };
      const { userId, name, email = null, timeZone = null, locale = null } = body;
      if (name === undefined) {
        throw unusableField("name", "nobody of this userId is booked; a new student needs a name");
      }
      if (meeting.students.length >= MAX_STUDENTS) {
        throw new Problem("conflict", `A lesson has at most ${MAX_STUDENTS} students.`);
      }
      const person = { id: userId, name, email, timeZone, locale };
      const added = await meetings.addStudent(meeting.meetingId, person);
      return { body: linkJson(publicUrl, meeting, added) };
    }),

    operation({
      id: "listLinks",
      method: "get",
      path: "/meetings/{meetingId}/links",
      tag: "Links",
      summary: "List personal links, without their tokens",
      answer: linkListSchema,
      refusals: [404],
    }, async ({ params: { meetingId } }) => {
      await readMeeting(deps, meetingId);
      return { body: linkListJson(await meetings.links(meetingId)) };
    }),

    operation({
      id: "revokeLink",
      method: "delete",
      path: "/meetings/{meetingId}/links/{linkId}",
      tag: "Links",
      summary: "Revoke a personal link",
      description:
        "The person's other links go on working. Who is in the room stays until they leave.",
      status: 204,
      refusals: [404],
    }, async ({ params: { meetingId, linkId } }) => {
      if (await meetings.revokeLink(meetingId, linkId)) return { body: undefined };
      throw new Problem("not-found", "There is no such link.");
    }),

    operation({
      id: "issueLessonsLink",
      method: "post",
      path: "/people/{userId}/lessons-links",
      tag: "Links",
      summary: "Issue a link to the page of a person's lessons",
      body: newLessonsLinkSchema,
      status: 201,
      answer: lessonsLinkSchema,
    }, async ({ params: { userId }, body }) => {
      if (userId.length > 100) throw unusableField("userId", "at most 100 characters");
      const expiresAt = now() + body.days * DAY_MS;
      const token = await lessonsLinks.issue(userId, now(), expiresAt);
      const url = `${publicUrl}/lessons#token=${token}`;
      return { body: { userId, url, expiresAt: isoTime(expiresAt) } };
    }),

    operation({
      id: "revokeLessonsLinks",
      method: "delete",
      path: "/people/{userId}/lessons-links",
      tag: "Links",
      summary: "Revoke all links to the page of a person's lessons",
      status: 204,
    }, async ({ params }) => {
      await lessonsLinks.revoke(params.userId);
      return { body: undefined };
    }),
  ];
}
