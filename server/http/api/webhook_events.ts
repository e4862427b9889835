/** The events that are sent to booking systems, as the OpenAPI document describes them. */
import { z } from "zod";
import type { EventType } from "../../../db/outbox/events.ts";
import type { WebhookSpec } from "./openapi.ts";

const time = z.iso.datetime();
const person = z.strictObject({ id: z.string(), name: z.string() });
const reason = z.enum(["ended", "timeout", "empty", "cancelled"]);

const facts = z.strictObject({
  meetingId: z.string(),
  bookingId: z.string().nullable(),
  title: z.string(),
  status: z.enum(["pending", "active", "completed", "cancelled"]),
  scheduledStart: time.nullable(),
  scheduledEnd: time.nullable(),
  actualStart: time.nullable(),
  actualEnd: time.nullable(),
  timeZone: z.string().nullable(),
  tutor: person,
  students: z.array(person),
});

const participant = z.strictObject({
  userId: z.string(),
  name: z.string(),
  role: z.enum(["tutor", "student"]),
  joinedAt: time,
  leftAt: time.nullable(),
});

const earlier = z.strictObject({
  title: z.string(),
  scheduledStart: time.nullable(),
  scheduledEnd: time.nullable(),
});

const DESCRIBED: Readonly<Record<EventType, [summary: string, extra: z.ZodRawShape]>> = {
  "meeting.created": ["A lesson was booked", {}],
  "meeting.rescheduled": ["Its title or schedule was changed", { earlier }],
  "meeting.reminder": ["It begins soon", {}],
  "meeting.started": ["The first person came in", {}],
  "meeting.extended": ["The tutor added time; it closes later", { closesAt: time }],
  "meeting.ended": ["It was ended, or ran out", { reason }],
  "meeting.cancelled": ["It was called off", {}],
  "participant.joined": ["Somebody came in", { participant }],
  "participant.left": ["Somebody left, or was shown out by the end", { participant }],
  "recording.ready": ["The recording can be watched", { recordingId: z.string() }],
  "recording.deleted": ["The recording is gone", { recordingId: z.string() }],
};

export const WEBHOOKS: readonly WebhookSpec[] = Object.entries(DESCRIBED).map(
  ([type, [summary, extra]]) => ({
    type,
    summary,
    schema: z.strictObject({
      type: z.literal(type),
      timestamp: time,
      data: z.strictObject({ ...facts.shape, ...extra }),
    }),
  }),
);
