import { expect } from "@std/expect";
import { CLOSE } from "../../rooms/contract/errors.ts";
import { RoomServer } from "../support/room/room_server.ts";

const MINUTE = 60_000;

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
