import { expect } from "@std/expect";
import * as Y from "yjs";
import { chatOf, readMeeting, whiteboardOf } from "../../rooms/contract/document/schema.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import { writeUpdates } from "../../rooms/contract/protocol/frames.ts";
import { DeafSocket } from "../support/room/deaf_socket.ts";
import { RoomServer } from "../support/room/room_server.ts";

const MINUTE = 60_000;

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

Deno.test("links work from a quarter of an hour before to a quarter of an hour after", async () => {
  await using server = await RoomServer.start();
  const scheduledStart = server.now() + 20 * MINUTE;
  const scheduledEnd = scheduledStart + 60 * MINUTE;
  const lesson = await server.book({ scheduledStart, scheduledEnd });
  await expect(server.join(lesson.student)).rejects.toMatchObject({ code: "too-early" });
  server.advance(6 * MINUTE);
  const student = await server.join(lesson.student);

  server.advance(14 * MINUTE + 65 * MINUTE);
  const closesAt = scheduledEnd + 15 * MINUTE;
  expect(await student.notice("meeting.warning")).toEqual({
    endsAt: closesAt,
    extendableMs: 60 * MINUTE,
  });
  server.advance(10 * MINUTE);
  expect((await student.notice("meeting.ended")).reason).toBe("timeout");
  expect((await student.closed).code).toBe(CLOSE.ended);
  await expect(server.join(lesson.student)).rejects.toMatchObject({ code: "over" });
});

Deno.test("the host extends a lesson: everybody is told, links stay valid, and it closes at its new end", async () => {
  await using server = await RoomServer.start({ room: { extendMs: 20 * MINUTE } });
  const scheduledStart = server.now();
  const scheduledEnd = scheduledStart + 30 * MINUTE;
  const lesson = await server.book({ scheduledStart, scheduledEnd });
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  await expect(student.request("meeting.extend", {})).rejects.toMatchObject({ code: "forbidden" });

  server.advance(44 * MINUTE);
  const closesAt = scheduledEnd + 30 * MINUTE;
  expect((await tutor.notice("meeting.warning")).extendableMs).toBe(20 * MINUTE);
  expect(await tutor.request("meeting.extend", {})).toEqual({ endsAt: closesAt });
  for (const client of [tutor, student]) {
    expect(await client.notice("meeting.extended")).toEqual({ endsAt: closesAt, by: "Tara" });
  }
  await expect(tutor.request("meeting.extend", {})).rejects.toMatchObject({ code: "conflict" });
  expect((await server.storage.meetings.read(lesson.meetingId))?.closesAt).toBe(closesAt);

  server.advance(14 * MINUTE);
  expect(await server.storage.meetings.overdue(server.now())).toEqual([]);
  const guest = server.connect();
  expect(await guest.hello(lesson.guest)).toBeNull();
  const back = await server.join(lesson.student);
  expect(await back.notice("meeting.warning"))
    .toEqual({ endsAt: closesAt, extendableMs: 5 * MINUTE });
  server.advance(3 * MINUTE);
  expect((await back.notice("meeting.ended")).reason).toBe("timeout");
});

Deno.test("a lesson stays extended when the server starts again", async () => {
  await using server = await RoomServer.start();
  const scheduledStart = server.now();
  const lesson = await server.book({
    scheduledStart,
    scheduledEnd: scheduledStart + 30 * MINUTE,
  });
  const tutor = await server.join(lesson.tutor);
  const { endsAt } = await tutor.request("meeting.extend", { minutes: 60 });
  await server.restart();
  server.advance(100 * MINUTE);
  const back = await server.join(lesson.tutor);
  expect(await back.notice("meeting.warning")).toEqual({ endsAt, extendableMs: 0 });
});

Deno.test("a cancelled meeting says so", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  await server.storage.meetings.cancel(lesson.meetingId, server.now());
  await expect(server.join(lesson.student)).rejects.toMatchObject({ code: "cancelled" });
});

Deno.test("a meeting that everybody left is completed after ten minutes", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const student = await server.join(lesson.student);
  await student.request("meeting.leave", {});
  const { promise: completed, resolve } = Promise.withResolvers<void>();
  const complete = server.storage.meetings.complete;
  server.storage.meetings.complete = async (...args) => {
    await complete(...args);
    resolve();
  };
  server.advance(11 * MINUTE);
  await completed;
  expect((await server.storage.meetings.find(lesson.meetingId))?.status).toBe("completed");
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

Deno.test("a page of another origin gets no socket, and an ordinary request is told what this is", async () => {
  await using server = await RoomServer.start();
  const url = server.url.replace("ws:", "http:");
  const headers = {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": btoa("0123456789abcdef"),
    "sec-websocket-version": "13",
  };
  const status = (origin: string) =>
    server.rooms.upgrade(new Request(url, { headers: { ...headers, origin } }), {
      address: "192.0.2.1",
      connection: null,
    }).status;
  expect(status("https://evil.example")).toBe(403);
  expect(status("null")).toBe(403);
  const plain = await fetch(url);
  expect(plain.status).toBe(426);
  await plain.body?.cancel();
});

Deno.test("a socket that doesn't say hello, or speaks out of turn, is closed", async () => {
  await using server = await RoomServer.start({ socket: { helloTimeoutMs: 50 } });
  const lesson = await server.book();
  expect((await server.connect().closed).code).toBe(CLOSE.timeout);
  const hasty = server.connect();
  await hasty.opened;
  await hasty.request("ping", {});
  hasty.sendFrame(writeUpdates([new Uint8Array([0, 0])]));
  expect((await hasty.closed).code).toBe(CLOSE.badRequest);
  const strange = server.connect();
  await strange.opened;
  strange.sendText('{"method":"hello"');
  expect((await strange.closed).code).toBe(CLOSE.badRequest);
  const old = server.connect();
  await expect(old.hello({ ...lesson.student, protocol: 0 }))
    .rejects.toMatchObject({ code: "protocol-version" });
});

Deno.test("whoever sends too much or too fast is closed, and their changes are kept by them", async () => {
  await using server = await RoomServer.start({
    socket: { messagesPerSecond: 1, messageBurst: 20, textFrameBytes: 2000 },
  });
  const lesson = await server.book();
  const fast = await server.join(lesson.student);
  for (let n = 0; n < 30; n++) whiteboardOf(fast.doc).set(`page:${n}`, new Y.Map());
  expect((await fast.closed).code).toBe(CLOSE.overrun);
  const large = await server.join(lesson.student);
  large.sendText(" ".repeat(3000));
  expect((await large.closed).code).toBe(CLOSE.tooLarge);
});

Deno.test("a reader who doesn't keep up is cut, and the others don't notice", async () => {
  await using server = await RoomServer.start({ socket: { backlogBytes: 256 * 1024 } });
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  using slow = await DeafSocket.join(server.url, lesson.student);
  await tutor.until(() => server.rooms.counters()["participants"] === 2, "the slow one");
  await slow.askForDocument();
  for (let n = 0; server.rooms.counters()["sockets_cut"] === undefined; n++) {
    if (n === 400) throw new Error("never cut");
    whiteboardOf(tutor.doc).set("page:big", new Y.Map([["text", "x".repeat(100_000) + n]]));
    await tutor.request("participant.setHand", { raised: n % 2 === 0 });
  }
  expect(server.rooms.counters()["participants"]).toBe(1);
  await tutor.request("ping", {});
});
