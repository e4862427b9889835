import { expect } from "@std/expect";
import * as Y from "yjs";
import { fileOf } from "../../rooms/contract/document/reading.ts";
import { chatOf, filesOf, meetingOf, whiteboardOf } from "../../rooms/contract/document/schema.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import type { UpdateLog } from "../../rooms/ports.ts";
import {
  writePresence,
  writePresenceFrame,
  writeSyncStep1,
  writeUpdates,
} from "../../rooms/contract/protocol/frames.ts";
import type { TestClient } from "../support/room/client.ts";
import { RoomServer } from "../support/room/room_server.ts";

/** A log whose commits wait for the test, or fail at its wish. */
class GatedLog implements UpdateLog {
  commits = 0;
  fail = false;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  constructor(private readonly inner: UpdateLog) {}

  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    this.#open = resolve;
  }

  release(): void {
    this.#open();
  }

  async append(...args: Parameters<UpdateLog["append"]>): Promise<number> {
    this.commits++;
    await this.#gate;
    if (this.fail) throw new Error("SQLITE_FULL: database or disk is full");
    return await this.inner.append(...args);
  }

  load(meetingId: string) {
    return this.inner.load(meetingId);
  }

  saveSnapshot(...args: Parameters<UpdateLog["saveSnapshot"]>) {
    return this.inner.saveSnapshot(...args);
  }
}

async function gatedServer(room = {}): Promise<{ server: RoomServer; log: () => GatedLog }> {
  let gated: GatedLog | null = null;
  const server = await RoomServer.start({ room, log: (inner) => gated = new GatedLog(inner) });
  return { server, log: () => gated as unknown as GatedLog };
}

const board = (client: TestClient) => valuesOf(client.doc);
const draw = (client: TestClient, key: string, value: unknown = key) =>
  whiteboardOf(client.doc).set(`page:${key}`, new Y.Map([["value", value]]));

/** What {@linkcode draw} wrote, by its key. */
function valuesOf(doc: Y.Doc): Record<string, unknown> {
  return Object.fromEntries(
    [...whiteboardOf(doc)].map(([id, record]) => [
      id.slice("page:".length),
      record instanceof Y.Map ? record.get("value") : record,
    ]),
  );
}

/** An update that some document made by these edits, under this client id. */
function forged(clientId: number, base: Y.Doc, edit: (doc: Y.Doc) => void): Uint8Array {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(base));
  doc.clientID = clientId;
  const before = Y.encodeStateVector(doc);
  edit(doc);
  return Y.encodeStateAsUpdate(doc, before);
}

async function logged(server: RoomServer, meetingId: string): Promise<Y.Doc> {
  const { snapshot, rows } = await server.storage.log.load(meetingId);
  const doc = new Y.Doc();
  if (snapshot !== null) Y.applyUpdate(doc, snapshot.state);
  for (const row of rows) Y.applyUpdate(doc, row.update);
  return doc;
}

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

Deno.test("awareness reaches everybody, is there for newcomers, and goes with its owner", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { waitingRoom: false } });
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  tutor.awareness.setLocalState({ cursor: 1 });
  const seen = (client: TestClient) => client.awareness.getStates().get(tutor.doc.clientID);
  await student.until(() => seen(student)?.["cursor"] === 1, "the cursor");
  const late = await server.join(lesson.guest);
  await late.until(() => seen(late)?.["cursor"] === 1, "the cursor, late");
  await tutor.close();
  await student.until(() => seen(student) === undefined, "no cursor");
});

Deno.test("awareness under somebody else's client id closes with 4422 and reaches nobody", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { waitingRoom: false } });
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const guest = await server.join(lesson.guest);
  student.sendFrame(writePresenceFrame(writePresence([
    { clientId: tutor.doc.clientID, clock: 9, state: '{"cursor":"forged"}' },
  ])));
  expect((await student.closed).code).toBe(CLOSE.updateRefused);
  await guest.request("ping", {});
  expect(guest.awareness.getStates().has(tutor.doc.clientID)).toBe(false);
});

Deno.test("awareness that says it is the host's closes with 4422 and brings nobody anywhere", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { waitingRoom: false } });
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const guest = await server.join(lesson.guest);
  const host = tutor.welcome?.participantId ?? "";
  const call = (client: TestClient, by: string) =>
    client.awareness.setLocalState({ board: { by, state: {}, bring: { at: 1 } } });
  const seen = (client: TestClient) => guest.awareness.getStates().get(client.doc.clientID);
  call(tutor, host);
  await guest.until(() => seen(tutor) !== undefined, "the host's own call");
  call(student, host);
  expect((await student.closed).code).toBe(CLOSE.updateRefused);
  await guest.request("ping", {});
  expect(seen(student)).toBeUndefined();
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
