/**
 * `POST /api/join`: what the lobby shows before anybody joins, or why the link doesn't open the lesson now.
 *
 * The decision is the room's own (`rooms/door.ts`), so that the lobby never promises what the socket then refuses.
 */
import { Hono } from "hono";
import { z } from "zod";
import { type Hello, identify, passcodeBlockedMs, type Visitor } from "../../../rooms/door.ts";
import { RoomError, UNREADABLE } from "../../../rooms/contract/errors.ts";
import { METHODS, PROTOCOL_VERSION } from "../../../rooms/contract/protocol/messages.ts";
import type { HttpEnv, Uses } from "../context.ts";
import { boundedBody, jsonBody, jsonOnly } from "../json_body.ts";
import { isoTime } from "../meeting_answers.ts";
import { Problem } from "../problems.ts";

export const joinSchema = z.object(METHODS.hello.params.shape).pick({
  meetingId: true,
  passcode: true,
  invite: true,
  session: true,
});

type BookedDeps = Uses<{ meetings: "findInvite" | "findSession" }>;
type ScheduleDeps = BookedDeps & Uses<{ meetings: "read" }>;
type VisitDeps =
  & ScheduleDeps
  & Uses<
    {
      meetings: "find" | "verifyPasscode";
      attempts: "blockedForMs" | "fail";
      logger: "error";
      now: true;
    }
  >;
type Deps = VisitDeps & Uses<{ rooms: "policy" | "present" }>;

export function joinRoutes(deps: Deps): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();
  routes.post("/", boundedBody, jsonOnly, jsonBody(joinSchema), async (context) => {
    const hello = { ...context.req.valid("json"), protocol: PROTOCOL_VERSION, clientId: 0 };
    const { meeting, identity } = await visit(deps, hello, context.get("address"));
    const { waitingRoom } = deps.rooms.policy(meeting.meetingId) ?? meeting.policy;
    return context.json({
      title: meeting.title,
      scheduledStart: isoTime(meeting.scheduledStart),
      scheduledEnd: isoTime(meeting.scheduledEnd),
      opensAt: isoTime(meeting.opensAt),
      closesAt: isoTime(meeting.closesAt),
      isRecorded: meeting.isRecorded,
      encryption: meeting.encryption,
      you: identity === null ? null : {
        name: identity.name,
        role: identity.role,
        locale: identity.locale ?? null,
      },
      present: deps.rooms.present(meeting.meetingId),
      willWait: identity === null && waitingRoom,
    });
  });
  return routes;
}

async function visit(deps: VisitDeps, hello: Hello, address: string): Promise<Visitor> {
  const now = deps.now();
  try {
    return await identify(hello, address, now, { store: deps.meetings, attempts: deps.attempts });
  } catch (error) {
    if (!(error instanceof RoomError)) {
      const { meetingId } = hello;
      deps.logger.error("meeting can't be read", { meetingId, error });
      throw new Problem("unreadable", UNREADABLE);
    }
    switch (error.code) {
      case "rate-limited":
        throw new Problem(error.code, error.message, {
          retryAfterMs: passcodeBlockedMs(deps.attempts, address, hello.meetingId),
        });
      case "too-early":
      case "over":
      case "cancelled":
        throw new Problem(error.code, error.message, {
          members: await schedule(deps, hello),
        });
      default:
        throw new Problem(error.code, error.message);
    }
  }
}

/**
 * For the page that says when, and where it can be watched; only those who hold the link get this far, and only who
 * was booked learns of the recording.
 */
async function schedule(deps: ScheduleDeps, hello: Hello): Promise<Record<string, unknown>> {
  const meeting = await deps.meetings.read(hello.meetingId);
  if (meeting === null) return {};
  return {
    recordingUrl: await isBooked(deps, hello) ? meeting.recordingUrl : null,
    meetingTitle: meeting.title,
    scheduledStart: isoTime(meeting.scheduledStart),
    scheduledEnd: isoTime(meeting.scheduledEnd),
    opensAt: isoTime(meeting.opensAt),
  };
}

async function isBooked({ meetings }: BookedDeps, { meetingId, invite, session }: Hello) {
  const byInvite = invite === undefined ? null : await meetings.findInvite(meetingId, invite);
  const identity = byInvite ?? (session && await meetings.findSession(meetingId, session));
  return identity != null && typeof identity === "object" && identity.userId !== null;
}
