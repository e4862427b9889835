import { expect } from "@std/expect";
import * as Y from "yjs";
import { chatOf, meetingOf, whiteboardOf } from "../../rooms/contract/document/schema.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import { writeSyncStep1, writeUpdates } from "../../rooms/contract/protocol/frames.ts";
import { RoomServer } from "../support/room/room_server.ts";
import { board, draw, logged, valuesOf } from "../support/room/drawing.ts";

/** An update that some document made by these edits, under this client id. */
function forged(clientId: number, base: Y.Doc, edit: (doc: Y.Doc) => void): Uint8Array {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(base));
  doc.clientID = clientId;
  const before = Y.encodeStateVector(doc);
  edit(doc);
  return Y.encodeStateAsUpdate(doc, before);
}

Deno.test("an update that writes a server-owned root is refused with 4422, and nothing of it is applied", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const forgeries: ((doc: Y.Doc) => void)[] = [
    (doc) => void meetingOf(doc).set("locked", true),
    (doc) => chatOf(doc).push([new Y.Map([["text", "I never said this"]])]),
    (doc) => void doc.getMap<Y.Map<unknown>>("participants").get(tutor.id)?.set("name", "Eve"),
    (doc) => void doc.getMap("participants").delete(tutor.id),
    (doc) => void doc.getMap("elsewhere").set("a", 1),
  ];
  let eve = student;
  for (const forgery of forgeries) {
    eve.sendFrame(writeUpdates([forged(eve.doc.clientID, eve.doc, forgery)]));
    expect((await eve.notice("error")).code).toBe("update-refused");
    expect((await eve.closed).code).toBe(CLOSE.updateRefused);
    // A fresh document under a fresh client id is welcome.
    eve = await server.join(lesson.student);
  }
  draw(eve, "honest");
  await tutor.until(() => board(tutor)["honest"] !== undefined, "the honest record");
  expect(tutor.participant()?.name).toBe("Tara");
  expect(chatOf(tutor.doc).length).toBe(0);
  expect(meetingOf(tutor.doc).get("locked")).toBe(false);
  const doc = await logged(server, lesson.meetingId);
  expect(chatOf(doc).length).toBe(0);
  expect(doc.getMap("elsewhere").size).toBe(0);
});

Deno.test("an update under somebody else's client id is refused", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const update = forged(
    tutor.doc.clientID,
    student.doc,
    (doc) => whiteboardOf(doc).set("shape:a", new Y.Map()),
  );
  student.sendFrame(writeUpdates([update]));
  expect((await student.closed).code).toBe(CLOSE.updateRefused);
});

Deno.test("nobody can claim a client id that is another's or the server's", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  await student.request("chat.send", { text: "hello" });
  for (const clientId of student.doc.store.clients.keys()) {
    const claim = student.request("document.claim", { clientIds: [clientId] });
    if (clientId === student.doc.clientID) await claim;
    else await expect(claim).rejects.toMatchObject({ code: "conflict" });
  }
  await expect(student.request("document.claim", { clientIds: [tutor.doc.clientID] }))
    .rejects.toMatchObject({ code: "conflict" });
});

Deno.test("a change of policy holds at once, also for who is in the room", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  draw(student, "allowed");
  await tutor.until(() => board(tutor)["allowed"] !== undefined, "the allowed record");
  await tutor.request("meeting.setPolicy", { policy: { draw: "host" } });
  draw(student, "forbidden");
  const { code, message } = await student.notice("error");
  expect({ code, message }).toMatchObject({
    code: "update-refused",
    message: expect.stringMatching(/not change this right now/),
  });
  expect((await student.closed).code).toBe(CLOSE.updateRefused);
  expect(board(tutor)).toEqual({ allowed: "allowed" });
  // A fresh document has all earlier work.
  const back = await server.join(lesson.student);
  expect(board(back)).toEqual({ allowed: "allowed" });
  draw(tutor, "still mine");
  await tutor.stored();
});

for (const room of [{ documentBytes: 20_000 }, { documentHeapBytes: 40_000 }]) {
  Deno.test(`a document that is full refuses more and keeps what it has (${Object.keys(room)})`, async () => {
    await using server = await RoomServer.start({ room });
    const lesson = await server.book();
    const student = await server.join(lesson.student);
    draw(student, "small");
    await student.stored();
    draw(student, "large", "x".repeat(20_000));
    expect((await student.notice("error")).code).toBe("too-large");
    expect((await student.closed).code).toBe(CLOSE.tooLarge);
    expect(board(await server.join(lesson.student))).toEqual({ small: "small" });
  });
}

Deno.test("who keeps the server too busy is cut and comes back later; others and their changes stay", async () => {
  // By this clock, each change and each answer takes 100 ms of work, and every other look at it as long.
  let clock = 0;
  await using server = await RoomServer.start({
    clock: () => clock += 100,
    room: { effortMsPerSecond: 20, effortBurstMs: 1000 },
  });
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  for (let n = 0; n < 40; n++) draw(student, `r${n}`);
  expect((await student.notice("error")).code).toBe("rate-limited");
  expect((await student.closed).code).toBe(CLOSE.overrun);
  draw(tutor, "mine");
  await tutor.stored();
  const taken = Object.keys(valuesOf(await logged(server, lesson.meetingId)))
    .filter((key) => key !== "mine");
  expect(taken.length).toBeGreaterThan(3);
  expect(taken.length).toBeLessThanOrEqual(11);

  const session = { meetingId: lesson.meetingId, session: student.welcome?.session ?? "" };
  server.advance(30_000);
  const back = await server.join(session, student.doc);
  await tutor.until(() => Object.keys(board(tutor)).length === 41, "all that the student drew");
  expect(board(back)).toEqual(board(tutor));
});

Deno.test("asking for the document over and over is work too", async () => {
  let clock = 0;
  await using server = await RoomServer.start({
    clock: () => clock += 100,
    room: { effortMsPerSecond: 1, effortBurstMs: 500 },
  });
  const lesson = await server.book();
  const student = await server.join(lesson.student);
  let open = true;
  void student.closed.then(() => open = false);
  while (open) {
    student.sendFrame(writeSyncStep1(new Uint8Array([0])));
    await student.request("ping", {}).catch(() => {});
  }
  expect((await student.closed).code).toBe(CLOSE.overrun);
});
