import { expect } from "@std/expect";
import * as Y from "yjs";
import { chatOf, readMeeting, whiteboardOf } from "../../rooms/contract/document/schema.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import { RoomServer } from "../support/room/room_server.ts";

Deno.test("a meeting starts with the first join and keeps who was there", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const student = await server.join(lesson.student);
  const started = await server.storage.meetings.find(lesson.meetingId);
  expect(started?.status).toBe("active");
  expect(started?.actualStart).not.toBeNull();
  await student.until(() => readMeeting(student.doc).status === "active", "active");
  expect(server.rooms.present(lesson.meetingId)).toEqual(["Sam"]);
  await student.request("meeting.leave", {});
  expect((await student.closed).code).toBe(CLOSE.normal);
  expect(server.rooms.present(lesson.meetingId)).toEqual([]);
  const [stay] = await server.storage.meetings.stays(lesson.meetingId);
  expect(stay).toMatchObject({ name: "Sam", role: "student" });
  expect(stay?.leftAt).toBeGreaterThanOrEqual(stay?.joinedAt ?? Infinity);
});

Deno.test("either side ends the meeting for all: everybody is told by whom, and it is completed", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const waiting = server.connect();
  expect(await waiting.hello(lesson.guest)).toBeNull();
  await student.request("meeting.end", {});
  for (const client of [tutor, student, waiting]) {
    expect(await client.notice("meeting.ended"))
      .toEqual({ reason: "ended", by: "Sam", recordingUrl: null });
    expect((await client.closed).code).toBe(CLOSE.ended);
  }
  const meeting = await server.storage.meetings.find(lesson.meetingId);
  expect(meeting?.status).toBe("completed");
  expect(meeting?.actualEnd).not.toBeNull();
  const stays = await server.storage.meetings.stays(lesson.meetingId);
  expect(stays.map((stay) => stay.leftAt === null)).toEqual([false, false]);
  await expect(server.join(lesson.student)).rejects.toMatchObject({ code: "over" });
});

Deno.test("a meeting can be ended from outside", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const student = await server.join(lesson.student);
  await server.rooms.end(lesson.meetingId, "cancelled", null);
  expect((await student.notice("meeting.ended")).reason).toBe("cancelled");
  expect((await student.closed).code).toBe(CLOSE.ended);
  await server.rooms.end("unknown", "ended", null);
});

Deno.test("the same person in another tab takes the place of the first", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const first = await server.join(lesson.student);
  const second = await server.join(lesson.student);
  expect((await first.closed).code).toBe(CLOSE.replaced);
  expect(second.id).toBe(first.id);
  await second.request("participant.setHand", { raised: true });
  await tutor.until(() => tutor.participant(second.id)?.hand !== null, "the hand");
  expect(tutor.participant(second.id)?.connection).toBe("online");
  expect(server.rooms.present(lesson.meetingId)).toEqual(["Tara", "Sam"]);
});

Deno.test("someone with the passcode alone waits until the host lets them in", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const guest = server.connect();
  expect(await guest.hello(lesson.guest)).toBeNull();
  const early = { meetingId: lesson.meetingId, source: "audio" as const, on: true };
  await expect(guest.request("participant.setMedia", early))
    .rejects.toMatchObject({ code: "unauthorized" });
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const { waiting: [entry] } = await tutor.notice("admission.waiting");
  expect(entry?.name).toBe("Gil");
  await expect(student.request("admission.admit", { ticket: entry?.ticket ?? "" }))
    .rejects.toMatchObject({ code: "forbidden" });
  await tutor.request("admission.admit", { ticket: entry?.ticket ?? "" });
  const { welcome } = await guest.notice("admission.admitted");
  expect(welcome.name).toBe("Gil");
  await guest.sync();
  whiteboardOf(guest.doc).set("page:mine", new Y.Map());
  await tutor.until(() => whiteboardOf(tutor.doc).has("page:mine"), "the guest's record");
  expect((await tutor.notice("admission.waiting")).waiting).toEqual([]);

  await guest.close();
  const back = await server.join({ meetingId: lesson.meetingId, session: welcome.session });
  expect(back.id).toBe(welcome.participantId);
  expect(back.welcome?.name).toBe("Gil");
});

Deno.test("someone whom the host refuses is told so and stays out", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const guest = server.connect();
  await guest.hello(lesson.guest);
  const { waiting: [entry] } = await tutor.notice("admission.waiting");
  await tutor.request("admission.refuse", { ticket: entry?.ticket ?? "" });
  await guest.notice("admission.refused");
  expect((await guest.closed).code).toBe(CLOSE.removed);
});

Deno.test("someone who stops waiting disappears from the host's list", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const guest = server.connect();
  await guest.hello(lesson.guest);
  const { waiting: [entry] } = await tutor.notice("admission.waiting");
  await guest.close();
  await tutor.notice("admission.waiting", ({ waiting }) => waiting.length === 0);
  await expect(tutor.request("admission.admit", { ticket: entry?.ticket ?? "" }))
    .rejects.toMatchObject({ code: "not-found" });
});

Deno.test("a removed person is told by whom and can't come back with the same link or session", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  await expect(student.request("participant.remove", { participantId: tutor.id }))
    .rejects.toMatchObject({ code: "forbidden" });
  await tutor.request("participant.remove", { participantId: student.id });
  expect(await student.notice("participant.removed")).toEqual({ by: "Tara" });
  expect((await student.closed).code).toBe(CLOSE.removed);
  await tutor.until(() => tutor.participant(student.id)?.connection === "left", "left");
  const session = student.welcome?.session ?? "";
  for (const way of [lesson.student, { meetingId: lesson.meetingId, session }]) {
    const again = server.connect();
    await expect(again.hello(way)).rejects.toMatchObject({ code: "removed" });
    expect((await again.closed).code).toBe(CLOSE.removed);
  }
});

Deno.test("once a guest was removed, the passcode alone no longer lets anybody straight in", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { waitingRoom: false } });
  const tutor = await server.join(lesson.tutor);
  const guest = await server.join(lesson.guest);
  await tutor.request("participant.remove", { participantId: guest.id });
  await guest.closed;
  expect(await server.connect().hello(lesson.guest)).toBeNull();
});

Deno.test("a locked meeting takes in nobody new, but those who were in it and the host", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  await tutor.request("meeting.setLocked", { locked: true });
  await expect(server.join(lesson.student)).rejects.toMatchObject({ code: "locked" });
  await expect(server.join(lesson.guest)).rejects.toMatchObject({ code: "locked" });
  await tutor.request("meeting.setLocked", { locked: false });
  const student = await server.join(lesson.student);
  await tutor.request("meeting.setLocked", { locked: true });
  await student.close();
  await server.join({ meetingId: lesson.meetingId, session: student.welcome?.session ?? "" });
  await server.join(lesson.tutor);
});

Deno.test("wrong passcodes are refused alike for any meeting, then slowed down; a right link still passes", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const guess = async (meetingId: string): Promise<string> => {
    const client = server.connect();
    const refusal = await client.hello({ meetingId, passcode: "wrong" }).then(
      () => "let in",
      (error: Error & { code: string }) => `${error.code}: ${error.message}`,
    );
    expect((await client.closed).code).toBe(CLOSE.unauthorized);
    return refusal;
  };
  const wrong = await guess(lesson.meetingId);
  expect(wrong).toMatch(/^unauthorized: .*passcode/);
  expect(await guess("no-such-meeting")).toBe(wrong);
  for (let n = 2; n < 10; n++) await guess(lesson.meetingId);
  expect(await guess(lesson.meetingId)).toMatch(/^rate-limited/);
  await expect(server.connect().hello(lesson.guest)).rejects.toMatchObject({
    code: "rate-limited",
  });
  await server.join(lesson.student);
  server.advance(11_000);
  expect(await server.connect().hello(lesson.guest)).toBeNull();
});

Deno.test("a dropped person shows as reconnecting, then as left, and the stay ends then", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  await student.close();
  await tutor.until(
    () => tutor.participant(student.id)?.connection === "reconnecting",
    "reconnecting",
  );
  server.advance(31_000);
  await tutor.until(() => tutor.participant(student.id)?.connection === "left", "left");
  const stays = await server.storage.meetings.stays(lesson.meetingId);
  expect(stays.find((stay) => stay.name === "Sam")?.leftAt).not.toBeNull();
});

Deno.test("chat carries the true author and time, and can be closed by the host", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const { id } = await student.request("chat.send", { text: "  Is 1/2 = 2/4?  " });
  await tutor.until(() => chatOf(tutor.doc).length === 1, "the message");
  expect(chatOf(tutor.doc).get(0).toJSON()).toMatchObject({
    id,
    from: student.id,
    name: "Sam",
    text: "Is 1/2 = 2/4?",
  });
  await tutor.request("meeting.setPolicy", { policy: { chat: "host" } });
  await expect(student.request("chat.send", { text: "?" }))
    .rejects.toMatchObject({ code: "forbidden" });
  await tutor.request("chat.send", { text: "Quiet now" });
});

Deno.test("only the host leads: a student's commands over others are forbidden", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const forbidden = [
    () => student.request("meeting.setLocked", { locked: true }),
    () => student.request("meeting.setPolicy", { policy: { draw: "everyone" } }),
    () => student.request("meeting.bring", { stage: "code" }),
    () => student.request("participant.muteAll", {}),
    () => student.request("participant.stopMedia", { participantId: tutor.id, source: "audio" }),
    () => student.request("participant.askMedia", { participantId: tutor.id, source: "audio" }),
    () => student.request("participant.lowerHand", { participantId: tutor.id }),
    () => student.request("recording.pause", {}),
  ];
  for (const request of forbidden) {
    await expect(request()).rejects.toMatchObject({ code: "forbidden" });
  }
  await tutor.request("meeting.bring", { stage: "code" });
  expect(await student.notice("meeting.brought")).toEqual({ stage: "code", by: "Tara" });
});

Deno.test("a room takes in no more than its limit", async () => {
  await using server = await RoomServer.start({ room: { participants: 2, waiting: 1 } });
  const lesson = await server.book();
  await server.join(lesson.tutor);
  await server.join(lesson.student);
  await server.connect().hello(lesson.guest);
  await expect(server.connect().hello(lesson.guest)).rejects.toMatchObject({ code: "full" });
});
