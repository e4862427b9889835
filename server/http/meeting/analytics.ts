/** How a lesson went, as it is answered to the booking system and shown to its tutor. */
import { z } from "zod";
import type { ParticipantActivity } from "../../../db/activity.ts";
import type { Meeting } from "../../../db/meetings.ts";
import type { Stay } from "../../../db/participants.ts";
import type { ActivityCounts } from "../../../rooms/ports.ts";
import type { Uses } from "../context.ts";
import { isoTime } from "../meeting_answers.ts";

const time = z.iso.datetime();
const seconds = z.int().min(0);
const count = z.int().min(0);

const connectionSchema = z.strictObject({
  drops: count.describe("How often the connection was lost"),
  awaySeconds: seconds.describe("How long it was lost, all together"),
  lossPercent: z.number().min(0).max(100).nullable()
    .describe("Of what was sent to the server; null when nothing was"),
  goodSeconds: seconds.describe("Sound and pictures arrived with less than 2% loss"),
  fairSeconds: seconds,
  poorSeconds: seconds.describe("With 8% loss or more, or out of step by 80 ms or more"),
}).meta({ id: "ConnectionSummary" });

const personSchema = z.strictObject({
  userId: z.string().describe("Your id, or a made-up one for somebody without a booking"),
  name: z.string(),
  role: z.enum(["tutor", "student"]),
  seconds: seconds.describe("In the room, all stays together"),
  stays: z.array(z.strictObject({
    from: time,
    to: time.nullable().describe("Null while the person is in the room"),
  })),
  talkSeconds: seconds.describe("Heard speaking"),
  microphoneSeconds: seconds.describe("Microphone on"),
  cameraSeconds: seconds,
  screenSeconds: seconds,
  strokes: count.describe("Things put on the board"),
  edits: count.describe("Changes of code"),
  runs: count.describe("Programs run"),
  messages: count.describe("Chat messages"),
  connection: connectionSchema,
}).meta({ id: "PersonAnalytics" });

export const analyticsSchema = z.strictObject({
  meetingId: z.string(),
  title: z.string(),
  status: z.enum(["pending", "active", "completed", "cancelled"]),
  scheduledStart: time.nullable(),
  scheduledEnd: time.nullable(),
  actualStart: time.nullable(),
  actualEnd: time.nullable(),
  seconds: seconds.describe("From the first person's arrival to the end, or until now"),
  extendedMinutes: z.number().min(0).describe("What the tutor added to the end"),
  people: z.array(personSchema).describe("Everybody who came, in the order in which they did"),
}).meta({ id: "Analytics" });

export type AnalyticsJson = z.output<typeof analyticsSchema>;

export type AnalyticsDeps = Uses<{ meetings: "stays" | "activity"; now: true }>;

/** What is known of a lesson; of one that runs, half a minute old at most. */
export async function readAnalytics(
  { meetings, now }: AnalyticsDeps,
  meeting: Meeting,
): Promise<AnalyticsJson> {
  const { meetingId } = meeting;
  const stays = await meetings.stays(meetingId);
  return analyticsJson(meeting, stays, await meetings.activity(meetingId), now());
}

function analyticsJson(
  meeting: Meeting,
  stays: readonly Stay[],
  activity: readonly ParticipantActivity[],
  now: number,
): AnalyticsJson {
  const { actualStart, actualEnd } = meeting;
  const counts = new Map(activity.map((person) => [person.userId, person.counts]));
  const people = [...Map.groupBy(stays, (stay) => stay.userId)];
  return {
    meetingId: meeting.meetingId,
    title: meeting.title,
    status: meeting.status,
    scheduledStart: isoTime(meeting.scheduledStart),
    scheduledEnd: isoTime(meeting.scheduledEnd),
    actualStart: isoTime(actualStart),
    actualEnd: isoTime(actualEnd),
    seconds: actualStart === null ? 0 : toSeconds((actualEnd ?? now) - actualStart),
    extendedMinutes: meeting.extendedMs / 60_000,
    people: people.map(([userId, own]) => personJson(userId, own, counts.get(userId), now)),
  };
}

function personJson(
  userId: string,
  stays: readonly Stay[],
  counts: ActivityCounts | undefined,
  now: number,
): z.output<typeof personSchema> {
  const [first] = stays;
  const lengths = stays.map((stay) => Math.max(0, (stay.leftAt ?? now) - stay.joinedAt));
  const ms = (name: `${string}Ms` & keyof ActivityCounts) => toSeconds(counts?.[name] ?? 0);
  const { packets = 0, packetsLost = 0 } = counts ?? {};
  return {
    userId,
    name: first?.name ?? "",
    role: first?.role ?? "student",
    seconds: toSeconds(lengths.reduce((sum, length) => sum + length, 0)),
    stays: stays.map(({ joinedAt, leftAt }) => ({ from: isoTime(joinedAt), to: isoTime(leftAt) })),
    talkSeconds: ms("talkMs"),
    microphoneSeconds: ms("audioMs"),
    cameraSeconds: ms("videoMs"),
    screenSeconds: ms("screenMs"),
    strokes: counts?.strokes ?? 0,
    edits: counts?.edits ?? 0,
    runs: counts?.runs ?? 0,
    messages: counts?.messages ?? 0,
    connection: {
      drops: counts?.drops ?? 0,
      awaySeconds: ms("awayMs"),
      lossPercent: packets + packetsLost === 0
        ? null
        : Math.round(packetsLost / (packets + packetsLost) * 1000) / 10,
      goodSeconds: ms("goodMs"),
      fairSeconds: ms("fairMs"),
      poorSeconds: ms("poorMs"),
    },
  };
}

function toSeconds(ms: number): number {
  return Math.max(0, Math.round(ms / 1000));
}
