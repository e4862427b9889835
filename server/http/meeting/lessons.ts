/**
 * `/api/lessons`: what the page of a person's lessons shows, how it opens one of them, and how one went.
 *
 * The token says whose lessons; it opens no room by itself. Each press on *join* makes a personal link of its own.
 */
import { type Context, Hono } from "hono";
import type { Meeting } from "../../../db/meetings.ts";
import { type AnalyticsDeps, readAnalytics } from "./analytics.ts";
import type { HttpEnv, Uses } from "../context.ts";
import { isoTime, personalUrl } from "../meeting_answers.ts";
import { Problem } from "../problems.ts";
import { answerThumbnail } from "./thumbnails.ts";

/** Newest bookings first. */
const MAX_LESSONS = 100;

type ReaderDeps = Uses<
  { attempts: "blockedForMs" | "fail"; lessonsLinks: "find"; now: true }
>;
type Deps =
  & ReaderDeps
  & AnalyticsDeps
  & Uses<
    {
      meetings: "read" | "list" | "issueLink" | "withCode";
      library: "codeFiles";
      thumbnails: "among" | "find";
      publicUrl: true;
      retentionMs: true;
    }
  >;

export function lessonRoutes(deps: Deps): Hono<HttpEnv> {
  const { library, meetings, now, publicUrl, retentionMs, thumbnails } = deps;
  const codeOf = (userId: string) =>
    meetings.withCode(userId, retentionMs === null ? 0 : now() - retentionMs);
  const routes = new Hono<HttpEnv>();

  routes.get("/", async (context) => {
    const userId = await readerOf(deps, context);
    const page = await meetings.list({ userId, limit: MAX_LESSONS, after: null });
    const withCode = await codeOf(userId);
    const pictured = await thumbnails.among(page.meetings.map(({ meetingId }) => meetingId));
    const [person] = page.meetings.map((meeting) => personOf(meeting, userId));
    return context.json({
      name: person?.name ?? null,
      timeZone: person?.timeZone ?? null,
      locale: person?.locale ?? null,
      lessons: page.meetings.map((meeting) => ({
        ...lessonJson(meeting, userId),
        hasFiles: withCode.has(meeting.meetingId),
        hasThumbnail: pictured.has(meeting.meetingId),
      })),
    });
  });

  routes.post("/:meetingId/link", async (context) => {
    const userId = await readerOf(deps, context);
    const meeting = await meetings.read(context.req.param("meetingId"));
    const link = meeting === null ? null : await meetings.issueLink(meeting.meetingId, userId);
    if (meeting === null || link === null) {
      throw new Problem("not-found", "There is no such lesson of yours.");
    }
    return context.json({
      room: personalUrl(publicUrl, meeting, link.token),
      recording: meeting.recordingUrl === null
        ? null
        : `${new URL(meeting.recordingUrl, publicUrl)}#invite=${link.token}`,
    });
  });

  routes.get("/:meetingId/files", async (context) => {
    const userId = await readerOf(deps, context);
    const meetingId = context.req.param("meetingId");
    const files = (await codeOf(userId)).has(meetingId) ? await library.codeFiles(meetingId) : null;
    if (files === null) throw new Problem("not-found", "No code of this lesson is kept for you.");
    return context.json({ files: files.map(({ name, text }) => ({ name, text })) });
  });

  routes.get("/:meetingId/analytics", async (context) => {
    const userId = await readerOf(deps, context);
    const meeting = await meetings.read(context.req.param("meetingId"));
    // To a student, a lesson of theirs has as few figures as one that isn't theirs.
    if (meeting === null || meeting.tutor.id !== userId) {
      throw new Problem("not-found", "You gave no such lesson.");
    }
    return context.json(await readAnalytics(deps, meeting));
  });

  routes.get("/:meetingId/thumbnail", async (context) => {
    const userId = await readerOf(deps, context);
    const meeting = await meetings.read(context.req.param("meetingId"));
    const theirs = meeting !== null && personOf(meeting, userId) !== undefined;
    return answerThumbnail(context, theirs ? await thumbnails.find(meeting.meetingId) : null);
  });

  return routes;
}

/** @throws Problem `unauthorized`, `rate-limited` */
async function readerOf(deps: ReaderDeps, context: Context<HttpEnv>): Promise<string> {
  const { attempts, lessonsLinks, now } = deps;
  const header = context.req.header("authorization") ?? "";
  const token = /^Bearer ([A-Za-z0-9_-]{8,200})$/i.exec(header)?.[1];
  const userId = token === undefined ? null : await lessonsLinks.find(token, now());
  if (userId !== null) return userId;
  const key = `key:${context.get("address")}`;
  const retryAfterMs = attempts.blockedForMs(key);
  if (retryAfterMs > 0) {
    throw new Problem("rate-limited", "Too many wrong links from this address.", { retryAfterMs });
  }
  attempts.fail(key);
  throw new Problem("unauthorized", "This link doesn't work any more. Ask for a new one.");
}

function personOf(meeting: Meeting, userId: string) {
  return [meeting.tutor, ...meeting.students].find((person) => person.id === userId);
}

function lessonJson(meeting: Meeting, userId: string) {
  const others = [meeting.tutor, ...meeting.students].filter((person) => person.id !== userId);
  return {
    meetingId: meeting.meetingId,
    title: meeting.title,
    status: meeting.status,
    with: others.map((person) => person.name),
    scheduledStart: isoTime(meeting.scheduledStart),
    scheduledEnd: isoTime(meeting.scheduledEnd),
    actualStart: isoTime(meeting.actualStart),
    actualEnd: isoTime(meeting.actualEnd),
    opensAt: isoTime(meeting.opensAt),
    closesAt: isoTime(meeting.closesAt),
    hasRecording: meeting.recordingUrl !== null,
    hasAnalytics: meeting.tutor.id === userId && meeting.actualStart !== null,
  };
}
