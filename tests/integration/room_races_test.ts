/** What changes in a room while somebody's hello is under way, and the database is slow. */
import { expect } from "@std/expect";
import { CLOSE } from "../../rooms/contract/errors.ts";
import type { MeetingStore } from "../../rooms/ports.ts";
import { HeldStore } from "../support/room/held_store.ts";
import { RoomServer, type ServerOptions } from "../support/room/room_server.ts";
import { until } from "../support/until.ts";

const OPEN_DOOR = { policy: { waitingRoom: false } };

async function start(options: ServerOptions = {}) {
  const held = new HeldStore();
  const server = await RoomServer.start({ ...options, store: held.wrap });
  return { server, held };
}

/** Looked at by the test later than it may fail. */
function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

const STEPS = ["findInvite", "find", "openSession"] satisfies (keyof MeetingStore)[];

for (const step of STEPS) {
  Deno.test(`somebody who is removed while their hello waits for ${step} gets no seat`, async () => {
    const { server, held } = await start();
    await using _ = server;
    const lesson = await server.book();
    const tutor = await server.join(lesson.tutor);
    const student = await server.join(lesson.student);
    const hold = held.hold(step);
    const again = server.connect();
    const answer = later(again.hello(lesson.student));
    await hold.came;
    await tutor.request("participant.remove", { participantId: student.id });
    hold.release();
    await expect(answer).rejects.toMatchObject({ code: "removed" });
    expect((await again.closed).code).toBe(CLOSE.removed);
    await tutor.until(() => tutor.participant(student.id)?.connection === "left", "left");
    expect(server.rooms.present(lesson.meetingId)).toEqual(["Tara"]);
  });
}

Deno.test("a removed person whom the booking system lets in again is let in", async () => {
  await using server = await RoomServer.start();
  const { meetingId, ...lesson } = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  await tutor.request("participant.remove", { participantId: student.id });
  const link = await server.storage.meetings.issueLink(meetingId, "s1", { readmit: true });
  const again = await server.join({ meetingId, invite: link?.token ?? "" });
  expect(again.id).toBe(student.id);
});

Deno.test("a link that is revoked while its hello is under way opens nothing", async () => {
  const { server, held } = await start();
  await using _ = server;
  const { meetingId, student } = await server.book();
  const hold = held.hold("openSession");
  const client = server.connect();
  const answer = later(client.hello(student));
  await hold.came;
  for (const { linkId } of await server.storage.meetings.links(meetingId)) {
    await server.storage.meetings.revokeLink(meetingId, linkId);
  }
  hold.release();
  await expect(answer).rejects.toMatchObject({ code: "removed" });
  expect(server.rooms.present(meetingId)).toEqual([]);
});

Deno.test("a meeting that is cancelled before its room is open takes nobody in", async () => {
  const { server, held } = await start();
  await using _ = server;
  const { meetingId, student } = await server.book();
  const hold = held.hold("find");
  const client = server.connect();
  const answer = later(client.hello(student));
  await hold.came;
  await server.storage.meetings.cancel(meetingId, server.now());
  await server.rooms.end(meetingId, "cancelled", null);
  hold.release();
  await expect(answer).rejects.toMatchObject({ code: "cancelled" });
  expect((await client.closed).code).toBe(CLOSE.ended);
  expect((await server.storage.meetings.find(meetingId))?.status).toBe("cancelled");
});

Deno.test("a meeting that is locked while a guest's hello is under way stays shut for them", async () => {
  const { server, held } = await start();
  await using _ = server;
  const lesson = await server.book(OPEN_DOOR);
  const tutor = await server.join(lesson.tutor);
  const hold = held.hold("recordJoin");
  const guest = server.connect();
  const answer = later(guest.hello(lesson.guest));
  await hold.came;
  await tutor.request("meeting.setLocked", { locked: true });
  hold.release();
  await expect(answer).rejects.toMatchObject({ code: "locked" });
  expect(server.rooms.present(lesson.meetingId)).toEqual(["Tara"]);
  const stays = await server.storage.meetings.stays(lesson.meetingId);
  expect(stays.filter(({ leftAt }) => leftAt === null).map(({ name }) => name)).toEqual(["Tara"]);
});

Deno.test("a guest waits when the host wants to see guests first while their hello is under way", async () => {
  const { server, held } = await start();
  await using _ = server;
  const lesson = await server.book(OPEN_DOOR);
  const tutor = await server.join(lesson.tutor);
  const hold = held.hold("openSession");
  const guest = server.connect();
  const answer = later(guest.hello(lesson.guest));
  await hold.came;
  await tutor.request("meeting.setPolicy", { policy: { waitingRoom: true } });
  hold.release();
  expect(await answer).toBeNull();
  const { waiting } = await tutor.notice("admission.waiting");
  expect(waiting.map(({ name }) => name)).toEqual(["Gil"]);
});

Deno.test("of two who ask for the last seat at once, one gets it", async () => {
  const { server, held } = await start({ room: { participants: 2 } });
  await using _ = server;
  const lesson = await server.book(OPEN_DOOR);
  await server.join(lesson.tutor);
  const holds = [held.hold("openSession"), held.hold("openSession")];
  const answers = [1, 2].map(() => later(server.connect().hello(lesson.guest)));
  await Promise.all(holds.map((hold) => hold.came));
  for (const hold of holds) hold.release();
  const outcomes = await Promise.allSettled(answers);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find((outcome) => outcome.status === "rejected")?.reason)
    .toMatchObject({ code: "full" });
  expect(server.rooms.present(lesson.meetingId)).toEqual(["Tara", "Gil"]);
  const stays = await server.storage.meetings.stays(lesson.meetingId);
  expect(stays.filter(({ leftAt }) => leftAt === null).length).toBe(2);
});

Deno.test("a person's later hello keeps the seat when their earlier one is done after it", async () => {
  const { server, held } = await start();
  await using _ = server;
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const hold = held.hold("openSession");
  const early = server.connect();
  const answer = later(early.hello(lesson.student));
  await hold.came;
  const late = await server.join(lesson.student);
  hold.release();
  expect((await early.closed).code).toBe(CLOSE.replaced);
  await expect(answer).rejects.toMatchObject({ code: "unavailable" });
  await late.request("participant.setHand", { raised: true });
  await tutor.until(() => tutor.participant(late.id)?.hand !== null, "the hand");
});

Deno.test("a hello whose socket is gone takes nobody's seat and leaves nobody in the room", async () => {
  const { server, held } = await start();
  await using _ = server;
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const hold = held.hold("openSession");
  const left = server.connect();
  later(left.hello(lesson.student));
  await hold.came;
  await left.close();
  await until(() => server.rooms.counters()["sockets"] === 1, { what: "the socket is gone" });
  hold.release();
  const student = await server.join(lesson.student);
  await student.request("meeting.leave", {});
  await tutor.until(() => tutor.participant(student.id)?.connection === "left", "left");
  expect(server.rooms.present(lesson.meetingId)).toEqual(["Tara"]);
});

Deno.test("a hello that meets a drain is told to come back, not that the meeting is over", async () => {
  const { server, held } = await start();
  await using _ = server;
  const lesson = await server.book();
  await server.join(lesson.tutor);
  const hold = held.hold("openSession");
  const student = server.connect();
  const answer = later(student.hello(lesson.student));
  await hold.came;
  const drained = server.rooms.drain();
  hold.release();
  await drained;
  await expect(answer).rejects.toMatchObject({ code: "unavailable" });
  expect((await student.closed).code).toBe(CLOSE.restarting);
});

async function waitingGuest(server: RoomServer) {
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const guest = server.connect();
  expect(await guest.hello(lesson.guest)).toBeNull();
  const { waiting: [entry] } = await tutor.notice("admission.waiting");
  return { lesson, tutor, guest, ticket: entry?.ticket ?? "" };
}

Deno.test("a guest who is refused while another click lets them in stays out", async () => {
  const { server, held } = await start();
  await using _ = server;
  const { lesson, tutor, guest, ticket } = await waitingGuest(server);
  const hold = held.hold("openSession");
  const admitted = later(tutor.request("admission.admit", { ticket }));
  await hold.came;
  await expect(tutor.request("admission.admit", { ticket }))
    .rejects.toMatchObject({ code: "not-found" });
  await tutor.request("admission.refuse", { ticket });
  hold.release();
  await expect(admitted).rejects.toMatchObject({ code: "not-found" });
  expect((await guest.closed).code).toBe(CLOSE.removed);
  expect(server.rooms.present(lesson.meetingId)).toEqual(["Tara"]);
});

Deno.test("a guest who gives up while they are let in doesn't stay behind in the room", async () => {
  const { server, held } = await start();
  await using _ = server;
  const { lesson, tutor, guest, ticket } = await waitingGuest(server);
  const hold = held.hold("recordJoin");
  const admitted = later(tutor.request("admission.admit", { ticket }));
  await hold.came;
  await guest.close();
  await tutor.notice("admission.waiting", ({ waiting }) => waiting.length === 0);
  hold.release();
  await expect(admitted).rejects.toMatchObject({ code: "not-found" });
  expect(server.rooms.present(lesson.meetingId)).toEqual(["Tara"]);
});

Deno.test("a guest who is being let in hears of the end", async () => {
  const { server, held } = await start();
  await using _ = server;
  const { lesson, tutor, guest, ticket } = await waitingGuest(server);
  const hold = held.hold("openSession");
  later(tutor.request("admission.admit", { ticket }));
  await hold.came;
  await server.rooms.end(lesson.meetingId, "ended", null);
  hold.release();
  await guest.notice("meeting.ended");
  expect((await guest.closed).code).toBe(CLOSE.ended);
});
