/** Who asks, on the HTTP routes of people who are in a lesson: they show the session token of its meeting. */
import type { Context } from "hono";
import { permissionsOf } from "../../../rooms/contract/permissions.ts";
import type { Identity, MeetingRecord } from "../../../rooms/ports.ts";
import type { HttpEnv, Uses } from "../context.ts";
import { Problem } from "../problems.ts";

export type AskerDeps = Uses<{ meetings: "find" | "findSession" }>;

export interface Asker {
  identity: Identity;
  meeting: MeetingRecord;
}

/**
 * The person of the session token, in a meeting that goes on.
 * @throws Problem `unauthorized`, `removed`, `over`
 */
export async function participantOf(
  deps: AskerDeps,
  context: Context<HttpEnv>,
  meetingId: string,
): Promise<Asker> {
  const token = /^Bearer (\S{1,200})$/i.exec(context.req.header("authorization") ?? "")?.[1];
  const identity = token === undefined ? null : await deps.meetings.findSession(meetingId, token);
  if (identity === null) {
    throw new Problem("unauthorized", "Only people in the lesson may do this.");
  }
  if (identity === "revoked") throw new Problem("removed", "You were removed from this lesson.");
  const meeting = await deps.meetings.find(meetingId);
  if (meeting === null || meeting.status === "completed" || meeting.status === "cancelled") {
    throw new Problem("over", "This lesson is over.");
  }
  return { identity, meeting };
}

/**
 * As the room allows it now; before it opens, as it was booked.
 * @throws Problem `forbidden`
 */
export function checkMayDraw(deps: Uses<{ rooms: "policy" }>, { identity, meeting }: Asker): void {
  const policy = deps.rooms.policy(meeting.meetingId) ?? meeting.policy;
  const { participantId: id, role, userId } = identity;
  const person = { id, role, booked: userId !== null };
  if (permissionsOf(person, policy).draw) return;
  throw new Problem("forbidden", "The host lets only others draw now.");
}
