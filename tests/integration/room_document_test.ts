import { expect } from "@std/expect";
import * as Y from "yjs";
import { fileOf } from "../../rooms/contract/document/reading.ts";
import { chatOf, filesOf } from "../../rooms/contract/document/schema.ts";
import type { TestClient } from "../support/room/client.ts";
import { RoomServer } from "../support/room/room_server.ts";
import { board, draw, logged } from "../support/room/drawing.ts";
import { gatedServer } from "../support/room/gated_log.ts";

Deno.test("three people who edit at once end with the same document", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { waitingRoom: false } });
  const clients = [
    await server.join(lesson.tutor),
    await server.join(lesson.student),
    await server.join(lesson.guest),
  ];
  filesOf((clients[0] as TestClient).doc).set("f", new Y.Map([["text", new Y.Text("x")]]));
  for (const client of clients) {
    await client.until(() => filesOf(client.doc).get("f") !== undefined, "the file");
  }
  clients.forEach((client, n) => {
    const text = fileOf(client.doc, "f")!.text;
    for (let i = 0; i < 30; i++) {
      draw(client, `${n}/${i}`, i);
      text.insert(i % (text.length + 1), String(n));
    }
  });
  for (const client of clients) {
    await client.until(() => Object.keys(board(client)).length === 90, "all 90 records");
    await client.until(
      () => fileOf(client.doc, "f")!.text.length === 91,
      "91 characters",
    );
  }
  const [first, ...others] = clients.map((client) => client.doc.toJSON());
  for (const other of others) expect(other).toEqual(first);
  await Promise.all(clients.map((client) => client.stored()));
  expect((await logged(server, lesson.meetingId)).getMap("whiteboard").size).toBe(90);
});

Deno.test("nothing reaches others before its commit, and the author is told the stored clock after it", async () => {
  const { server, log } = await gatedServer();
  await using _server = server;
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  log().hold();
  const before = log().commits;
  draw(tutor, "early");
  // The answer to a ping comes over the same socket after anything that was relayed without the commit.
  while (log().commits === before) await student.request("ping", {});
  await student.request("ping", {});
  await tutor.request("ping", {});
  expect(board(student)).toEqual({});
  tutor.notices.length = 0;

  const late = server.connect();
  const joining = late.hello(lesson.student);
  await joining;
  let answered = false;
  const synced = late.sync().then(() => answered = true);
  await late.request("ping", {});
  expect(answered).toBe(false);

  log().release();
  await synced;
  expect(board(late)).toEqual({ early: "early" });
  await tutor.stored();
});

Deno.test("a page restored with edits of an earlier page brings them under its claimed client id", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const first = await server.join(lesson.student);
  draw(first, "kept");
  await first.stored();
  first.sending = false;
  draw(first, "offline");
  await first.close();

  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(first.doc));
  const second = server.connect(doc);
  await second.hello(lesson.student);
  await second.request("document.claim", { clientIds: [first.doc.clientID] });
  await second.sync();
  await tutor.until(() => board(tutor)["offline"] !== undefined, "the offline record");
});

Deno.test("edits made while the network was gone reach the others on return, and theirs come too", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  await student.close();
  await tutor.until(
    () => tutor.participant(student.id)?.connection === "reconnecting",
    "reconnecting",
  );
  draw(student, "mine");
  draw(tutor, "theirs");
  const back = await server.join({
    meetingId: lesson.meetingId,
    session: student.welcome?.session ?? "",
  }, student.doc);
  expect(back.id).toBe(student.id);
  await tutor.until(() => board(tutor)["mine"] !== undefined, "the student's record");
  expect(board(back)).toEqual({ mine: "mine", theirs: "theirs" });
  await back.until(() => back.participant()?.connection === "online", "online");
});

Deno.test("a restarted server has the same document, people and mute states, and waits for them", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  draw(student, "drawn");
  await student.stored();
  await tutor.request("chat.send", { text: "Hello Sam" });
  await tutor.request("participant.stopMedia", { participantId: student.id, source: "audio" });
  await student.request("participant.setHand", { raised: true });
  await server.restart();

  await server.rooms.resume([lesson.meetingId]);
  const back = await server.join({
    meetingId: lesson.meetingId,
    session: student.welcome?.session ?? "",
  });
  expect(back.id).toBe(student.id);
  expect(board(back)).toEqual({ drawn: "drawn" });
  expect(chatOf(back.doc).get(0).get("text")).toBe("Hello Sam");
  await back.until(() => back.participant()?.connection === "online", "online");
  expect(back.participant()?.audio).toEqual({ producerId: null, on: false, stoppedByHost: true });
  expect(back.participant()?.hand).not.toBeNull();
  expect(back.participant(tutor.id)?.connection).toBe("reconnecting");
  server.advance(31_000);
  await back.until(() => back.participant(tutor.id)?.connection === "left", "left");
});

Deno.test("after a restart sixty pages come back at once, as who they were, with all that everybody drew", async () => {
  await using server = await RoomServer.start();
  const lessons = await Promise.all(Array.from({ length: 30 }, () => server.book()));
  const before = await Promise.all(
    lessons.map(async (
      { tutor, student },
    ) => [await server.join(tutor), await server.join(student)]),
  );
  for (const page of before.flat()) draw(page, page.id);
  await Promise.all(before.flat().map((page) => page.stored()));
  await server.restart();
  await server.rooms.resume(lessons.map(({ meetingId }) => meetingId));
  const after = await Promise.all(
    before.flat().map((page) => {
      const { meetingId = "", session = "" } = page.welcome ?? {};
      return server.join({ meetingId, session }, page.doc);
    }),
  );
  expect(after.map((page) => page.id)).toEqual(before.flat().map((page) => page.id));
  for (const [n, page] of after.entries()) {
    const drawn = before[n >> 1]?.map(({ id }) => id).sort();
    await page.until(() => page.participant()?.connection === "online", "online");
    expect(Object.keys(board(page)).sort()).toEqual(drawn);
  }
  expect(server.logged.filter(({ level }) => level === "error")).toEqual([]);
});

Deno.test("snapshots shorten loading and lose nothing", async () => {
  await using server = await RoomServer.start({
    room: { snapshots: { logBytes: 500, everyMs: 1e9 }, savedMs: 0 },
  });
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  for (let n = 0; n < 40; n++) {
    draw(tutor, `r${n}`);
    await tutor.stored();
  }
  const { snapshot, rows } = await server.storage.log.load(lesson.meetingId);
  expect(snapshot).not.toBeNull();
  expect(rows.length).toBeLessThan(20);
  await server.restart();
  const back = await server.join(lesson.tutor);
  expect(Object.keys(board(back)).length).toBe(40);
});

Deno.test("when the disk is full people are told, nobody sees what is not stored, and it is stored later", async () => {
  const { server, log } = await gatedServer({ retryMs: 1000 });
  await using _server = server;
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  draw(tutor, "before");
  await tutor.stored();
  await student.until(() => board(student)["before"] !== undefined, "what was stored");
  tutor.notices.length = 0;
  log().fail = true;
  draw(tutor, "lost?");
  expect((await student.notice("error")).code).toBe("unavailable");
  await expect(tutor.request("chat.send", { text: "hm" }))
    .rejects.toMatchObject({ code: "unavailable" });
  expect(board(student)).toEqual({ before: "before" });
  log().fail = false;
  server.advance(1000);
  await student.until(() => board(student)["lost?"] !== undefined, "the record after all");
  await tutor.stored();
  await tutor.request("chat.send", { text: "works again" });
  expect(board(await server.join(lesson.student))).toEqual({ before: "before", "lost?": "lost?" });
});
