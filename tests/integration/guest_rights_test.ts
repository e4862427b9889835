/** What those are and may who came by the passcode alone, beside those who are booked. */
import { expect } from "@std/expect";
import * as Y from "yjs";
import {
  chatOf,
  participantsOf,
  readMeeting,
  readParticipant,
} from "../../rooms/contract/document/schema.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import type { TestClient } from "../support/room/client.ts";
import { RoomServer } from "../support/room/room_server.ts";

const OPEN = { policy: { waitingRoom: false } };

/** What everybody reads of somebody. */
const nameOf = (reader: TestClient, person: TestClient) => reader.participant(person.id)?.name;

Deno.test("a guest can leave a lesson and not end it; the students and the tutor may end it", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book(OPEN);
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const guest = await server.join(lesson.guest);
  expect([tutor, student, guest].map(({ welcome }) => welcome?.booked)).toEqual([
    true,
    true,
    false,
  ]);
  await expect(guest.request("meeting.end", {})).rejects.toMatchObject({ code: "forbidden" });
  // Coming back by a session makes nobody booked.
  await guest.close();
  const session = guest.welcome?.session ?? "";
  const back = await server.join({ meetingId: lesson.meetingId, session }, guest.doc);
  expect(back.welcome?.booked).toBe(false);
  await expect(back.request("meeting.end", {})).rejects.toMatchObject({ code: "forbidden" });
  expect((await server.storage.meetings.find(lesson.meetingId))?.status).toBe("active");
  await back.request("meeting.leave", {});
  expect((await back.closed).code).toBe(CLOSE.normal);
  expect((await server.storage.meetings.find(lesson.meetingId))?.status).toBe("active");
  await student.request("meeting.end", {});
  expect((await tutor.notice("meeting.ended")).reason).toBe("ended");
});

Deno.test("where only the host may end a lesson a student can't, by booking and as the host changes it", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { end: "host" } });
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  await student.until(() => readMeeting(student.doc).policy.end === "host", "the policy");
  await expect(student.request("meeting.end", {})).rejects.toMatchObject({ code: "forbidden" });
  await tutor.request("meeting.setPolicy", { policy: { end: "booked" } });
  await tutor.request("meeting.setPolicy", { policy: { end: "host" } });
  await expect(student.request("meeting.end", {})).rejects.toMatchObject({ code: "forbidden" });
  await expect(student.request("meeting.setPolicy", { policy: { end: "booked" } }))
    .rejects.toMatchObject({ code: "forbidden" });
  await tutor.request("meeting.setPolicy", { policy: { end: "booked" } });
  await student.request("meeting.end", {});
  expect((await tutor.notice("meeting.ended")).by).toBe("Sam");
});

Deno.test("a guest who is called like somebody booked is told apart: in the room, the chat, the log and the attendance", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book(OPEN);
  const student = await server.join(lesson.student);
  const guest = await server.join({ ...lesson.guest, name: "ТАRА" });
  const shown = "ТАRА (guest)";
  expect(guest.welcome?.name).toBe(shown);
  await student.until(() => nameOf(student, guest) === shown, "the guest");
  await guest.request("chat.send", { text: "I am your tutor" });
  await student.until(() => chatOf(student.doc).length === 1, "the message");
  expect(chatOf(student.doc).get(0).get("name")).toBe(shown);
  expect(server.rooms.present(lesson.meetingId)).toEqual(["Sam", shown]);
  const stays = await server.storage.meetings.stays(lesson.meetingId);
  expect(stays.map(({ name }) => name)).toEqual(["Sam", shown]);
  // What a replay reads.
  const { snapshot, rows } = await server.storage.log.load(lesson.meetingId);
  const kept = new Y.Doc();
  if (snapshot !== null) Y.applyUpdate(kept, snapshot.state);
  for (const { update } of rows) Y.applyUpdate(kept, update);
  expect(readParticipant(participantsOf(kept).get(guest.id)!).name).toBe(shown);

  // Coming back they are no other.
  await guest.close();
  const session = guest.welcome?.session ?? "";
  for (const name of [{}, { name: "Tara" }]) {
    const back = await server.join({ meetingId: lesson.meetingId, session, ...name }, guest.doc);
    expect(back.welcome?.name).toMatch(/ \(guest\)$/);
    await back.close();
  }
  const tutor = await server.join(lesson.tutor);
  expect(tutor.welcome?.name).toBe("Tara");
  expect(student.participant()?.name).toBe("Sam");
});

Deno.test("hosts see in the list of those who wait who is a guest, and so it stays when they are let in", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const guest = server.connect();
  expect(await guest.hello({ ...lesson.guest, name: "s a m" })).toBeNull();
  const { waiting: [first] } = await tutor.notice("admission.waiting");
  expect(first?.name).toBe("s a m (guest)");
  await tutor.request("admission.admit", { ticket: first!.ticket });
  const { welcome } = await guest.notice("admission.admitted");
  expect(welcome.name).toBe("s a m (guest)");
});

Deno.test("a student isn't shown by another's name, and may be called otherwise", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tara = await server.join({ ...lesson.student, name: "Tara" });
  expect(tara.welcome?.name).toBe("Sam");
  await tara.close();
  const sammy = await server.join({ ...lesson.student, name: "Sammy" });
  expect(sammy.welcome?.name).toBe("Sammy");
});

Deno.test("a guest is told apart as soon as somebody of that name is booked, also after a restart", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book(OPEN);
  const guest = await server.join(lesson.guest);
  const tutor = await server.join(lesson.tutor);
  expect(guest.welcome?.name).toBe("Gil");
  await server.storage.meetings.addStudent(lesson.meetingId, { id: "s2", name: "Gil" });
  await server.join(lesson.student);
  await tutor.until(() => nameOf(tutor, guest) === "Gil (guest)", "the guest told apart");
  await server.restart();
  const back = await server.join(lesson.tutor);
  await back.until(() => back.participant(guest.id)?.name === "Gil (guest)", "still told apart");
  expect([...participantsOf(back.doc).values()].map((entry) => readParticipant(entry).name).sort())
    .toEqual(["Gil (guest)", "Sam", "Tara"]);
});
