import { expect } from "@std/expect";
import { openDatabase } from "./database.ts";
import { type MeetingPlace, type MeetingQuery, pageOfMeetings } from "./meeting_lists.ts";
import type { NewMeeting } from "./bookings.ts";
import { openTestStorage } from "./testing/storage.ts";

const HOUR_MS = 3_600_000;

const booking = (scheduledStart: number | null): NewMeeting => ({
  title: "Algebra",
  tutor: { id: "t-1", name: "Mia" },
  students: [{ id: "s-1", name: "Ada" }],
  scheduledStart,
  scheduledEnd: scheduledStart === null ? null : scheduledStart + HOUR_MS,
  bookingId: null,
  timeZone: null,
  isRecorded: false,
  encryption: "transport",
  policy: {},
});

Deno.test("a list of a stretch of time goes along the schedule, and its pages join up", async () => {
  await using storage = await openTestStorage();
  const { meetings } = storage;
  for (const hour of [50, 30, null, 40, 30, 20, 30]) {
    await meetings.create(booking(hour === null ? null : hour * HOUR_MS));
  }
  const list = async (query: Omit<MeetingQuery, "limit" | "after">, limit = 2) => {
    const hours: number[] = [];
    const ids = new Set<string>();
    let after: MeetingPlace | null = null;
    do {
      const page = await meetings.list({ ...query, limit, after });
      hours.push(...page.meetings.map((meeting) => (meeting.scheduledStart ?? 0) / HOUR_MS));
      for (const { meetingId } of page.meetings) ids.add(meetingId);
      after = page.next;
    } while (after !== null);
    expect(ids.size).toBe(hours.length);
    return hours;
  };
  expect(await list({ from: 0 })).toEqual([20, 30, 30, 30, 40, 50]);
  expect(await list({ from: 30.5 * HOUR_MS, to: 50 * HOUR_MS })).toEqual([30, 30, 30, 40]);
  expect(await list({ from: 31 * HOUR_MS })).toEqual([40, 50]);
  expect(await list({ to: 30 * HOUR_MS })).toEqual([20]);
  expect(await list({ from: 0, userId: "s-1", status: "pending" }, 3)).toHaveLength(6);
});

Deno.test("no list looks at every meeting, or sorts them", async () => {
  await using storage = await openTestStorage();
  const location = { kind: "file", path: storage.path, synchronous: "normal" } as const;
  const database = await openDatabase(location);
  const plan = async (query: Omit<MeetingQuery, "limit" | "after">, after: MeetingPlace | null) => {
    const { sql, parameters } = pageOfMeetings(database.query, { limit: 50, after, ...query })
      .compile();
    const { rows } = await database.client.execute({
      sql: `explain query plan ${sql}`,
      args: parameters as (string | number)[],
    });
    return rows.map((row) => String(row["detail"])).join("\n");
  };
  try {
    const place = { id: 7, start: 7 };
    for (const status of [undefined, "pending"] as const) {
      for (const after of [null, place]) {
        for (const time of [{ from: 1 }, { to: 2 }, { from: 1, to: 2 }]) {
          const along = await plan({ ...time, status }, after);
          expect(along).toMatch(/SEARCH video_meetings USING INDEX video_meetings_(status_)?start/);
          expect(along).not.toContain("TEMP B-TREE");
        }
        const newest = await plan({ status }, after);
        expect(newest).not.toContain("TEMP B-TREE");
        const own = await plan({ userId: "s-1", from: 1, status }, after);
        expect(own).toMatch(/SEARCH video_meetings USING INDEX \w+ \(meeting_id=\?\)/);
        expect(own).toContain("invites_user");
        const booked = await plan({ bookingId: "b", to: 1, status }, after);
        expect(booked).toContain("video_meetings_booking");
      }
    }
  } finally {
    await database.close();
  }
});
