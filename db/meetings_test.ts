import { expect } from "@std/expect";
import { DEFAULT_POLICY } from "../rooms/contract/document/schema.ts";
import type { MeetingPlace } from "./meeting_lists.ts";
import type { NewMeeting } from "./bookings.ts";
import { openTestStorage, TEST_WINDOW } from "./testing/storage.ts";

const HOUR_MS = 3_600_000;

function booking(change: Partial<NewMeeting> = {}): NewMeeting {
  return {
    title: "Algebra with Mia",
    tutor: { id: "t-1", name: "Mia" },
    students: [{ id: "s-1", name: "Ada" }, { id: "s-2", name: "Tom" }],
    scheduledStart: 10 * HOUR_MS,
    scheduledEnd: 11 * HOUR_MS,
    bookingId: "b-1",
    timeZone: "Europe/Paris",
    isRecorded: true,
    encryption: "e2ee",
    policy: { share: "host" },
    ...change,
  };
}

Deno.test("a booked meeting reads back as it was booked", async () => {
  await using storage = await openTestStorage(() => 5);
  const { meeting, invites } = await storage.meetings.create(booking());
  expect(await storage.meetings.read(meeting.meetingId)).toEqual(meeting);
  expect(meeting).toEqual({
    meetingId: meeting.meetingId,
    passcode: meeting.passcode,
    title: "Algebra with Mia",
    status: "pending",
    encryption: "e2ee",
    isRecorded: true,
    scheduledStart: 10 * HOUR_MS,
    scheduledEnd: 11 * HOUR_MS,
    actualStart: null,
    actualEnd: null,
    policy: { ...DEFAULT_POLICY, share: "host" },
    opensAt: 10 * HOUR_MS - TEST_WINDOW.joinEarlyMs,
    closesAt: 11 * HOUR_MS + TEST_WINDOW.endGraceMs,
    extendedMs: 0,
    bookingId: "b-1",
    timeZone: "Europe/Paris",
    createdAt: 5,
    recordingUrl: null,
    tutor: { id: "t-1", name: "Mia" },
    students: [{ id: "s-1", name: "Ada" }, { id: "s-2", name: "Tom" }],
    sequence: 0,
  });
  expect(invites.map(({ userId, role }) => [userId, role])).toEqual([
    ["t-1", "tutor"],
    ["s-1", "student"],
    ["s-2", "student"],
  ]);
});

Deno.test("an invite stands for its person in its own meeting only", async () => {
  await using storage = await openTestStorage();
  const one = await storage.meetings.create(booking());
  const other = await storage.meetings.create(booking());
  const ada = one.invites[1]!;
  expect(await storage.meetings.findInvite(one.meeting.meetingId, ada.token)).toEqual({
    participantId: ada.participantId,
    name: "Ada",
    role: "student",
    userId: "s-1",
    locale: null,
  });
  expect(await storage.meetings.findInvite(other.meeting.meetingId, ada.token)).toBeNull();
  expect(await storage.meetings.findInvite(one.meeting.meetingId, "guess")).toBeNull();
});

Deno.test("removing a person revokes their invite and sessions and nobody else's", async () => {
  await using storage = await openTestStorage();
  const { meeting, invites } = await storage.meetings.create(booking());
  const store = storage.meetings;
  const [, ada, tom] = invites;
  const identity = await store.findInvite(meeting.meetingId, ada!.token);
  if (identity === null || identity === "revoked") throw new Error("Ada's invite must work");
  const session = await store.openSession(meeting.meetingId, identity);
  expect(await store.findSession(meeting.meetingId, session)).toEqual(identity);

  await store.removeParticipant(meeting.meetingId, ada!.participantId);
  expect(await store.findInvite(meeting.meetingId, ada!.token)).toBe("revoked");
  expect(await store.findSession(meeting.meetingId, session)).toBe("revoked");
  expect(await store.findInvite(meeting.meetingId, tom!.token)).toMatchObject({ name: "Tom" });
});

Deno.test("a passcode is verified for its meeting and never for an unknown one", async () => {
  await using storage = await openTestStorage();
  const { meeting } = await storage.meetings.create(booking());
  const { meetings } = storage;
  expect(await meetings.verifyPasscode(meeting.meetingId, meeting.passcode)).toBe(true);
  expect(await meetings.verifyPasscode(meeting.meetingId, `${meeting.passcode}x`)).toBe(false);
  expect(await meetings.verifyPasscode(meeting.meetingId, "")).toBe(false);
  expect(await meetings.verifyPasscode("unknown", "")).toBe(false);
  expect(await meetings.verifyPasscode("unknown", meeting.passcode)).toBe(false);
});

Deno.test("a meeting goes from pending to active to completed and never back", async () => {
  await using storage = await openTestStorage();
  const { meeting: { meetingId } } = await storage.meetings.create(booking());
  const { meetings } = storage;
  await meetings.start(meetingId, 100);
  await meetings.start(meetingId, 200);
  expect(await meetings.find(meetingId)).toMatchObject({ status: "active", actualStart: 100 });
  expect(await meetings.active()).toEqual([meetingId]);
  await meetings.complete(meetingId, 300);
  await meetings.complete(meetingId, 400);
  await meetings.start(meetingId, 500);
  expect(await meetings.cancel(meetingId, 600)).toBe(false);
  expect(await meetings.find(meetingId))
    .toMatchObject({ status: "completed", actualStart: 100, actualEnd: 300 });
  expect(await meetings.active()).toEqual([]);
});

Deno.test("a cancelled meeting can't be started or completed", async () => {
  await using storage = await openTestStorage();
  const { meeting: { meetingId } } = await storage.meetings.create(booking());
  expect(await storage.meetings.cancel(meetingId, 1)).toBe(true);
  await storage.meetings.start(meetingId, 2);
  await storage.meetings.complete(meetingId, 3);
  expect(await storage.meetings.find(meetingId))
    .toMatchObject({ status: "cancelled", actualStart: null, actualEnd: 1 });
});

Deno.test("each stay has its times, and a join after a crash continues the stay", async () => {
  await using storage = await openTestStorage();
  const { meeting: { meetingId }, invites } = await storage.meetings.create(booking());
  const { meetings } = storage;
  const ada = await meetings.findInvite(meetingId, invites[1]!.token);
  if (ada === null || ada === "revoked") throw new Error("Ada's invite must work");
  await meetings.recordJoin(meetingId, ada, 100);
  await meetings.recordMuted(meetingId, ada.participantId, true);
  await meetings.recordJoin(meetingId, ada, 150);
  await meetings.recordLeave(meetingId, ada.participantId, 200);
  await meetings.recordJoin(meetingId, ada, 300);
  await meetings.complete(meetingId, 400);
  const person = { userId: "s-1", name: "Ada", role: "student" };
  expect(await meetings.stays(meetingId)).toEqual([
    { ...person, joinedAt: 100, leftAt: 200, isMuted: true },
    { ...person, joinedAt: 300, leftAt: 400, isMuted: false },
  ]);
});

Deno.test("a guest's stay is kept under the guest's participant id", async () => {
  await using storage = await openTestStorage();
  const { meeting: { meetingId } } = await storage.meetings.create(booking());
  const guest = { participantId: "p-9", name: "Zoe", role: "student" as const, userId: null };
  await storage.meetings.recordJoin(meetingId, guest, 1);
  expect(await storage.meetings.stays(meetingId)).toMatchObject([{ userId: "p-9", name: "Zoe" }]);
});

Deno.test("meetings are overdue once their grace has passed, until they are completed", async () => {
  await using storage = await openTestStorage();
  const { meeting } = await storage.meetings.create(booking());
  await storage.meetings.create(booking({ scheduledStart: null, scheduledEnd: null }));
  const closesAt = meeting.closesAt!;
  expect(await storage.meetings.overdue(closesAt - 1)).toEqual([]);
  expect(await storage.meetings.overdue(closesAt)).toEqual([meeting.meetingId]);
  await storage.meetings.complete(meeting.meetingId, closesAt);
  expect(await storage.meetings.overdue(closesAt)).toEqual([]);
});

Deno.test("a list walks every meeting once, newest first, and filters", async () => {
  await using storage = await openTestStorage();
  const { meetings } = storage;
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) {
    const { meeting } = await meetings.create(booking({
      bookingId: `b-${index % 2}`,
      students: [{ id: `s-${index}`, name: "Ada" }],
    }));
    ids.unshift(meeting.meetingId);
  }
  const seen: string[] = [];
  let after: MeetingPlace | null = null;
  do {
    const page = await meetings.list({ limit: 2, after });
    seen.push(...page.meetings.map((meeting) => meeting.meetingId));
    after = page.next;
  } while (after !== null);
  expect(seen).toEqual(ids);

  const first = { limit: 10, after: null };
  expect((await meetings.list({ ...first, bookingId: "b-1" })).meetings.length).toBe(2);
  expect((await meetings.list({ ...first, userId: "s-3" })).meetings.length).toBe(1);
  expect((await meetings.list({ ...first, userId: "t-1" })).meetings.length).toBe(5);
  await meetings.cancel(ids[0]!, 1);
  expect((await meetings.list({ ...first, status: "cancelled" })).meetings.length).toBe(1);
});
