/** What those are and may who came by the passcode alone, beside those who are booked. */
import { expect } from "@std/expect";
import { readMeeting } from "../../rooms/document/schema.ts";
import { CLOSE } from "../../rooms/errors.ts";
import { RoomServer } from "./room_server.ts";

const OPEN = { policy: { waitingRoom: false } };

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
