/** What of an earlier lesson may be taken along, by whom, and what comes. */
import { expect } from "@std/expect";
import * as Y from "yjs";
import { openDatabase } from "../../db/database.ts";
import { SqlRecordingLibrary } from "../../recorder/store/recording_library.ts";
import { SqlRecordings } from "../../recorder/store/recordings.ts";
import { DEFAULT_POLICY, filesOf, whiteboardOf } from "../../rooms/contract/document/schema.ts";
import { MAX_ASSETS } from "../../server/http/meeting/assets.ts";
import { type HttpServer, startHttp } from "../support/http/http_server.ts";

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
const MIA = { id: "t-mia", name: "Mia" };
const OTTO = { id: "t-otto", name: "Otto" };
const ADA = { id: "s-ada", name: "Ada" };
const BEN = { id: "s-ben", name: "Ben" };
type Person = typeof ADA;

interface Booked {
  meetingId: string;
  /** Session tokens by user id. */
  tokens: Map<string, string>;
  participantIds: Map<string, string>;
}

async function book(server: HttpServer, tutor: Person, students: Person[]): Promise<Booked> {
  const { meetings } = server.storage;
  const { meeting, invites } = await meetings.create({
    title: `${tutor.name} with ${students.map(({ name }) => name).join(" and ")}`,
    tutor,
    students,
    scheduledStart: null,
    scheduledEnd: null,
    bookingId: null,
    timeZone: null,
    isRecorded: false,
    encryption: "transport",
    policy: {},
  });
  const tokens = new Map<string, string>();
  const participantIds = new Map<string, string>();
  for (const { userId, participantId, name, role } of invites) {
    const identity = { userId, participantId, name, role };
    tokens.set(userId, await meetings.openSession(meeting.meetingId, identity));
    participantIds.set(userId, participantId);
  }
  return { meetingId: meeting.meetingId, tokens, participantIds };
}

/** A lesson that was held: something on the board, a file, and a later change that is in the log only. */
async function held(server: HttpServer, tutor: Person, students: Person[]): Promise<Booked> {
  const { meetings, log } = server.storage;
  const booked = await book(server, tutor, students);
  const { meetingId } = booked;
  await meetings.start(meetingId, server.clock.now);
  const doc = new Y.Doc();
  whiteboardOf(doc).set("shape:a", new Y.Map([["x", 1]]));
  const file = new Y.Map<unknown>([["name", "sum.py"], ["language", "python"], ["createdAt", 1]]);
  file.set("text", new Y.Text("print(1)"));
  filesOf(doc).set("f", file);
  const seq = await log.append(meetingId, [{ at: 1, update: Y.encodeStateAsUpdate(doc) }]);
  await log.saveSnapshot(meetingId, { seq, at: 1, state: Y.encodeStateAsUpdate(doc) });
  const before = Y.encodeStateVector(doc);
  whiteboardOf(doc).set("shape:b", new Y.Map([["x", 2]]));
  await log.append(meetingId, [{ at: 2, update: Y.encodeStateAsUpdate(doc, before) }]);
  server.clock.now += 3_600_000;
  await meetings.complete(meetingId, server.clock.now);
  return booked;
}

function ask(server: HttpServer, now: Booked, person: Person, path = "", init: RequestInit = {}) {
  const authorization = `Bearer ${now.tokens.get(person.id)}`;
  return server.send(`/api/earlier/${now.meetingId}${path}`, {
    ...init,
    headers: { authorization, "content-type": "application/json" },
  });
}

async function listed(server: HttpServer, now: Booked, person: Person): Promise<string[]> {
  const { lessons } = await (await ask(server, now, person)).json();
  return lessons.map(({ meetingId }: { meetingId: string }) => meetingId);
}

Deno.test("a lesson that wasn't recorded gives its board and its files to the next one", async () => {
  await using server = await startHttp();
  const earlier = await held(server, MIA, [ADA]);
  const now = await book(server, MIA, [ADA]);
  const { lessons } = await (await ask(server, now, ADA)).json();
  expect(lessons).toEqual([{
    meetingId: earlier.meetingId,
    title: "Mia with Ada",
    people: ["Mia", "Ada"],
    startedAt: new Date(server.clock.now - 3_600_000).toISOString(),
    endedAt: new Date(server.clock.now).toISOString(),
    hasThumbnail: false,
  }]);
  const board = await ask(server, now, ADA, `/${earlier.meetingId}/board`);
  expect(board.headers.get("cache-control")).toBe("no-store");
  const doc = new Y.Doc();
  Y.applyUpdate(doc, new Uint8Array(await board.arrayBuffer()));
  expect(whiteboardOf(doc).toJSON()).toEqual({ "shape:a": { x: 1 }, "shape:b": { x: 2 } });
  expect(doc.share.has("files")).toBe(false);
  const { files } = await (await ask(server, now, MIA, `/${earlier.meetingId}/files`)).json();
  expect(files).toEqual([
    { name: "sum.py", language: "python", text: "print(1)", createdAt: 1, tests: [] },
  ]);
});

Deno.test("people take from lessons that they were in with this tutor, and from no others", async () => {
  await using server = await startHttp();
  const withAda = await held(server, MIA, [ADA]);
  const withBen = await held(server, MIA, [BEN]);
  const withBoth = await held(server, MIA, [ADA, BEN]);
  const ottos = await held(server, OTTO, [ADA]);
  const running = await book(server, MIA, [ADA]);
  const now = await book(server, MIA, [ADA]);
  const ids = ({ meetingId }: Booked) => meetingId;
  expect(await listed(server, now, ADA)).toEqual([withBoth, withAda].map(ids));
  // Ben's own lesson stays between Ben and his tutor.
  expect(await listed(server, now, MIA)).toEqual([withBoth, withAda].map(ids));
  const guest = await server.storage.meetings.openSession(now.meetingId, {
    participantId: "p-guest",
    name: "Gil",
    role: "student",
    userId: null,
  });
  now.tokens.set("guest", guest);
  expect(await listed(server, now, { id: "guest", name: "Gil" })).toEqual([]);

  const small = { mediaType: "image/png", data: PNG };
  await server.storage.thumbnails.put(withBen.meetingId, small, { now: 1, leastMs: 0 });
  const refused: [who: Person, lesson: Booked][] = [
    [ADA, withBen],
    [MIA, withBen],
    [ADA, ottos],
    [MIA, ottos],
    [ADA, running],
    [ADA, now],
    [{ id: "guest", name: "Gil" }, withAda],
  ];
  for (const [who, { meetingId }] of refused) {
    for (const part of ["board", "files", "thumbnail"]) {
      const answer = await ask(server, now, who, `/${meetingId}/${part}`);
      expect([who.name, part, answer.status]).toEqual([who.name, part, 404]);
      expect((await answer.json()).code).toBe("not-found");
    }
  }
  await server.storage.meetings.removeParticipant(
    withAda.meetingId,
    withAda.participantIds.get(ADA.id) ?? "",
  );
  expect(await listed(server, now, ADA)).toEqual([ids(withBoth)]);
});

Deno.test("only a session of a lesson that goes on asks for earlier ones", async () => {
  await using server = await startHttp();
  const earlier = await held(server, MIA, [ADA]);
  const now = await book(server, MIA, [ADA]);
  const statusWith = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await server.send(`/api/earlier/${now.meetingId}`, { headers });
    await answer.body?.cancel();
    return answer.status;
  };
  expect(await statusWith("nonsense")).toBe(401);
  expect(await statusWith(earlier.tokens.get(ADA.id) ?? "")).toBe(401);
  expect(await statusWith(now.tokens.get(ADA.id) ?? "")).toBe(200);
  await server.storage.meetings.removeParticipant(
    now.meetingId,
    now.participantIds.get(ADA.id) ?? "",
  );
  expect(await statusWith(now.tokens.get(ADA.id) ?? "")).toBe(403);
  await server.storage.meetings.complete(now.meetingId, server.clock.now);
  expect(await statusWith(now.tokens.get(MIA.id) ?? "")).toBe(410);
});

Deno.test("a deleted lesson gives nothing, nor one whose time to be kept is over", async () => {
  await using server = await startHttp({ retentionMs: 7_200_000 });
  const deleted = await held(server, MIA, [ADA]);
  const old = await held(server, MIA, [ADA]);
  const now = await book(server, MIA, [ADA]);
  expect(await listed(server, now, ADA)).toEqual([old.meetingId, deleted.meetingId]);

  await deleteLesson(server, deleted.meetingId);
  expect(await listed(server, now, ADA)).toEqual([old.meetingId]);
  const answer = await ask(server, now, ADA, `/${deleted.meetingId}/board`);
  expect(answer.status).toBe(404);
  await answer.body?.cancel();

  server.clock.now += 7_200_001;
  expect(await listed(server, now, ADA)).toEqual([]);
  const late = await ask(server, now, ADA, `/${old.meetingId}/files`);
  expect(late.status).toBe(404);
  await late.body?.cancel();
});

Deno.test("an earlier board's images come along for whoever may draw, as long as there is room", async () => {
  await using server = await startHttp();
  const { assets } = server.storage;
  const earlier = await held(server, MIA, [ADA]);
  const other = await held(server, MIA, [BEN]);
  const now = await book(server, MIA, [ADA]);
  const add = ({ meetingId }: Booked) =>
    assets.add({ meetingId, participantId: "p", mediaType: "image/png", data: PNG }, 0);
  const [image, strange] = [await add(earlier), await add(other)];
  const copy = (who: Person, images: unknown = [image, image, strange, "gone"]) =>
    ask(server, now, who, `/${earlier.meetingId}/images`, {
      method: "POST",
      body: JSON.stringify({ images }),
    });

  const { images } = await (await copy(ADA)).json();
  expect(Object.keys(images)).toEqual([image]);
  expect(images[image]).not.toBe(image);
  const taken = await server.send(`/api/assets/${now.meetingId}/${images[image]}`);
  expect(new Uint8Array(await taken.arrayBuffer())).toEqual(PNG);

  server.policies.set(now.meetingId, { ...DEFAULT_POLICY, draw: "host" });
  for (const [who, body, status] of [[ADA, [image], 403], [MIA, [image], 201], [MIA, 3, 400]]) {
    const answer = await copy(who as Person, body);
    expect([who, answer.status]).toEqual([who, status]);
    await answer.body?.cancel();
  }
  while ((await assets.totals(now.meetingId)).count < MAX_ASSETS) await add(now);
  const full = await copy(MIA);
  expect(full.status).toBe(413);
  await full.body?.cancel();
});

Deno.test("a small picture of the board is kept with the lesson, for its people alone, and goes with it", async () => {
  await using server = await startHttp();
  const { storage, clock } = server;
  const lesson = await book(server, MIA, [ADA]);
  const forBooking = () => server.api("GET", `/meetings/${lesson.meetingId}/thumbnail`);
  expect((await forBooking()).status).toBe(404);
  const put = async (who: Person, body: Uint8Array<ArrayBuffer> | string) => {
    const headers = { authorization: `Bearer ${lesson.tokens.get(who.id)}` };
    const path = `/api/thumbnails/${lesson.meetingId}`;
    const answer = await server.send(path, { method: "PUT", headers, body });
    await answer.body?.cancel();
    clock.now += 5000;
    return answer.status;
  };
  expect(await put(ADA, PNG)).toBe(204);
  const newer = new Uint8Array([...PNG, 4]);
  expect(await put(MIA, newer)).toBe(204);
  clock.now -= 1;
  expect(await put(ADA, PNG)).toBe(429);
  expect(await put(ADA, "<svg xmlns='http://www.w3.org/2000/svg'/>")).toBe(400);
  expect(await put(ADA, new Uint8Array(64 * 1024 + 1))).toBe(413);
  expect(await put(BEN, PNG)).toBe(401);
  server.policies.set(lesson.meetingId, { ...DEFAULT_POLICY, draw: "host" });
  expect(await put(ADA, PNG)).toBe(403);

  await storage.meetings.start(lesson.meetingId, clock.now);
  const state = Y.encodeStateAsUpdate(new Y.Doc());
  await storage.log.saveSnapshot(lesson.meetingId, { seq: 1, at: 1, state });
  await storage.meetings.complete(lesson.meetingId, clock.now);
  const now = await book(server, MIA, [ADA]);
  const { lessons } = await (await ask(server, now, ADA)).json();
  expect(lessons[0].hasThumbnail).toBe(true);
  const shown = await ask(server, now, ADA, `/${lesson.meetingId}/thumbnail`);
  expect(shown.headers.get("content-type")).toBe("image/png");
  expect(new Uint8Array(await shown.arrayBuffer())).toEqual(newer);

  const lessonsPage = async (person: Person) => {
    const token = await storage.lessonsLinks.issue(person.id, clock.now, clock.now + 1000);
    const headers = { authorization: `Bearer ${token}` };
    const answer = await server.send(`/api/lessons/${lesson.meetingId}/thumbnail`, { headers });
    await answer.body?.cancel();
    return answer.status;
  };
  expect(await lessonsPage(ADA)).toBe(200);
  expect(await lessonsPage(BEN)).toBe(404);
  expect(await (await forBooking()).json()).toEqual({
    meetingId: lesson.meetingId,
    mediaType: "image/png",
    data: newer.toBase64(),
  });

  await deleteLesson(server, lesson.meetingId);
  expect(await storage.thumbnails.find(lesson.meetingId)).toBeNull();
});

/** As the operator or the time does it: by the recording that was made of it. */
async function deleteLesson({ storage }: HttpServer, meetingId: string): Promise<void> {
  const { path } = storage;
  const database = await openDatabase({ kind: "file", path, synchronous: "normal" });
  const recordings = new SqlRecordings(database.query);
  const recordingId = (await recordings.begin(meetingId, { seq: 0, at: 1 }))?.recordingId ?? "";
  await recordings.end(recordingId, { seq: 1, at: 2 });
  expect(await new SqlRecordingLibrary(database.query).delete(recordingId)).toBe(true);
  await database.close();
}
