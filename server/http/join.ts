/**
 * `POST /api/join`: what the lobby shows before anybody joins, or why the link doesn't open the lesson now.
 *
 * Invariant: an unknown meeting and a wrong passcode get the same answer; nothing about a meeting is told before
 * the passcode is right. A personal link passes although strangers have used up the meeting's attempts.
 */
import { Hono } from "hono";
import { z } from "zod";
import type { Identity, MeetingRecord } from "../../rooms/ports.ts";
import type { HttpDeps, HttpEnv } from "./context.ts";
import { boundedBody, jsonBody, jsonOnly } from "./json_body.ts";
import { isoTime } from "./meeting_schemas.ts";
import { Problem } from "./problems.ts";

const secret = z.string().min(1).max(200);

const joinSchema = z.object({
  meetingId: z.string().min(1).max(64),
  passcode: z.string().max(100),
  invite: secret.optional(),
  session: secret.optional(),
});
type JoinBody = z.output<typeof joinSchema>;

export function joinRoutes(deps: HttpDeps): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.post("/", boundedBody, jsonOnly, jsonBody(joinSchema), async (context) => {
    const body = context.req.valid("json");
    const { meeting, identity } = await admit(deps, body, context.get("address"));
    return context.json({
      title: meeting.title,
      scheduledStart: isoTime(meeting.scheduledStart),
      scheduledEnd: isoTime(meeting.scheduledEnd),
      opensAt: isoTime(meeting.opensAt),
      closesAt: isoTime(meeting.closesAt),
      isRecorded: meeting.isRecorded,
      encryption: meeting.encryption,
      you: identity === null ? null : { name: identity.name, role: identity.role },
      present: deps.rooms.present(meeting.meetingId),
      willWait: identity === null && meeting.policy.waitingRoom,
    });
  });
  return routes;
}

async function admit(
  deps: HttpDeps,
  body: JoinBody,
  address: string,
): Promise<{ meeting: MeetingRecord; identity: Identity | null }> {
  const identity = await identify(deps, body);
  const keys = [`address:${address}`, `meeting:${body.meetingId}`];
  const now = deps.now();
  const retryAfterMs = Math.max(...keys.map((key) => deps.attempts.blockedForMs(key, now)));
  if (retryAfterMs > 0 && identity === null) {
    throw new Problem("rate-limited", "Too many wrong passcodes. Wait a little and try again.", {
      retryAfterMs,
    });
  }
  const [right, meeting] = await Promise.all([
    deps.meetings.verifyPasscode(body.meetingId, body.passcode),
    deps.meetings.find(body.meetingId),
  ]);
  if (!right || meeting === null) {
    for (const key of keys) deps.attempts.fail(key, now);
    throw new Problem("unauthorized", "This link doesn't open a lesson. Check it for typos.");
  }
  if (identity === "revoked") {
    throw new Problem("removed", "You were removed from this lesson.");
  }
  refuseClosed(meeting, now);
  return { meeting, identity };
}

async function identify(deps: HttpDeps, body: JoinBody): Promise<Identity | "revoked" | null> {
  const { meetingId, invite, session } = body;
  const known = session === undefined ? null : await deps.meetings.findSession(meetingId, session);
  if (known !== null || invite === undefined) return known;
  return await deps.meetings.findInvite(meetingId, invite);
}

/** Links work in a window around the schedule, and never after the end. */
function refuseClosed(meeting: MeetingRecord, now: number): void {
  const members = {
    meetingTitle: meeting.title,
    scheduledStart: isoTime(meeting.scheduledStart),
    scheduledEnd: isoTime(meeting.scheduledEnd),
    opensAt: isoTime(meeting.opensAt),
  };
  if (meeting.status === "cancelled") {
    throw new Problem("cancelled", "This lesson was cancelled.", { members });
  }
  const closed = meeting.closesAt !== null && now >= meeting.closesAt;
  if (meeting.status === "completed" || closed) {
    throw new Problem("over", "This lesson is over.", { members });
  }
  if (meeting.opensAt !== null && now < meeting.opensAt) {
    throw new Problem("too-early", "This lesson isn't open yet.", { members });
  }
}
