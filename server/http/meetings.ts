/** `/api/v1/meetings`: how the booking system books, reads, lists, cancels and ends lessons. */
import { Hono } from "hono";
import type { Meeting } from "../../db/meetings.ts";
import type { HttpDeps, HttpEnv } from "./context.ts";
import { boundedBody, jsonBody, jsonOnly, query } from "./json_body.ts";
import {
  bookedJson,
  listQuerySchema,
  meetingJson,
  newMeetingSchema,
  toNewMeeting,
  writeCursor,
} from "./meeting_schemas.ts";
import { Problem } from "./problems.ts";

export function meetingRoutes(deps: HttpDeps): Hono<HttpEnv> {
  const { meetings, rooms, publicUrl, now } = deps;
  const routes = new Hono<HttpEnv>();

  async function read(meetingId: string): Promise<Meeting> {
    const meeting = await meetings.read(meetingId);
    if (meeting === null) throw new Problem("not-found", "There is no meeting with this id.");
    return meeting;
  }

  routes.post("/", boundedBody, jsonOnly, jsonBody(newMeetingSchema), async (context) => {
    const booking = context.req.valid("json");
    if (booking.scheduledEnd !== undefined && booking.scheduledEnd <= now()) {
      const errors = [{ field: "scheduledEnd", message: "is in the past" }];
      throw new Problem("bad-request", "scheduledEnd: is in the past", { errors });
    }
    const booked = await meetings.create(toNewMeeting(booking));
    context.header("location", `/api/v1/meetings/${booked.meeting.meetingId}`);
    return context.json(bookedJson(publicUrl, booked), 201);
  });

  routes.get("/", query(listQuerySchema), async (context) => {
    const { cursor, ...filter } = context.req.valid("query");
    const page = await meetings.list({ ...filter, before: cursor ?? null });
    return context.json({
      meetings: page.meetings.map((meeting) => meetingJson(publicUrl, meeting)),
      next: page.next === null ? null : writeCursor(page.next),
    });
  });

  routes.get(
    "/:meetingId",
    async (context) =>
      context.json(meetingJson(publicUrl, await read(context.req.param("meetingId")))),
  );

  routes.post("/:meetingId/cancel", async (context) => {
    const meeting = await read(context.req.param("meetingId"));
    if (meeting.status === "completed") {
      throw new Problem("conflict", "The meeting is completed; it can't be cancelled.");
    }
    // First the status, so that the room's own ending finds the meeting closed.
    await meetings.cancel(meeting.meetingId, now());
    await rooms.end(meeting.meetingId, "cancelled", null);
    return context.json(meetingJson(publicUrl, await read(meeting.meetingId)));
  });

  routes.post("/:meetingId/end", async (context) => {
    const meeting = await read(context.req.param("meetingId"));
    if (meeting.status === "cancelled") {
      throw new Problem("conflict", "The meeting was cancelled; it can't be ended.");
    }
    await rooms.end(meeting.meetingId, "ended", null);
    await meetings.complete(meeting.meetingId, now());
    return context.json(meetingJson(publicUrl, await read(meeting.meetingId)));
  });

  return routes;
}
