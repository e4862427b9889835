/** The page of a person's lessons: whose they are, and what its link opens and doesn't. */
import { readFragment } from "../../rooms/contract/link_fragment.ts";
import { expect } from "@std/expect";
import * as Y from "yjs";
import { NO_ACTIVITY } from "../../rooms/activity.ts";
import { filesOf } from "../../rooms/contract/document/schema.ts";
import { LESSON, startHttp } from "../support/http/http_server.ts";

Deno.test("a person sees their lessons by a link, and comes in by one press", async () => {
  await using server = await startHttp();
  const book = async (student: string) =>
    (await (await server.api("POST", "/meetings", {
      ...LESSON,
      students: [{ id: student, name: "Ada" }],
    })).json()).meetingId as string;
  const [mine, other] = [await book("s-1"), await book("s-2")];
  const issued = await server.api("POST", "/people/s-1/lessons-links", { days: 1 });
  const { url } = await issued.json();
  const token = new URL(url).hash.slice("#token=".length);
  const ask = (path: string, method: string, key: string) =>
    server.send(`/api/lessons${path}`, { method, headers: { authorization: `Bearer ${key}` } });

  const { name, lessons } = await (await ask("", "GET", token)).json();
  expect(name).toBe("Ada");
  expect(lessons.map((lesson: { meetingId: string }) => lesson.meetingId)).toEqual([mine]);
  expect(JSON.stringify(lessons)).not.toContain("passcode");

  const { room } = await (await ask(`/${mine}/link`, "POST", token)).json();
  const { invite, isEncrypted } = readFragment(new URL(room).hash);
  expect(isEncrypted).toBe(true);
  expect(await server.storage.meetings.findInvite(mine, invite!)).toMatchObject({ userId: "s-1" });
  expect((await ask(`/${other}/link`, "POST", token)).status).toBe(404);
  expect((await ask("", "GET", `${token}x`)).status).toBe(401);
  expect((await ask("", "GET", invite!)).status).toBe(401);
  const api = await server.send("/api/v1/meetings", {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(api.status).toBe(401);

  const ada = await server.storage.meetings.findInvite(mine, invite!);
  if (ada === null || ada === "revoked") throw new Error("Ada's link must work");
  await server.storage.meetings.removeParticipant(mine, ada.participantId);
  expect((await ask(`/${mine}/link`, "POST", token)).status).toBe(404);

  server.clock.now += 24 * 3_600_000;
  expect((await ask("", "GET", token)).status).toBe(401);
});

Deno.test("the tutor sees how a lesson went, and nobody else by their link", async () => {
  await using server = await startHttp();
  const booked = await (await server.api("POST", "/meetings", LESSON)).json();
  const other = await (await server.api("POST", "/meetings", {
    ...LESSON,
    tutor: { id: "t-2", name: "Max" },
  })).json();
  await server.storage.meetings.start(booked.meetingId, server.clock.now);
  const linkOf = async (userId: string) => {
    const { url } = await (await server.api("POST", `/people/${userId}/lessons-links`, {})).json();
    return new URL(url).hash.slice("#token=".length);
  };
  const [tutor, student] = [await linkOf("t-1"), await linkOf("s-1")];
  const ask = (meetingId: string, token: string) =>
    server.send(`/api/lessons/${meetingId}/analytics`, {
      headers: { authorization: `Bearer ${token}` },
    });
  expect(await (await ask(booked.meetingId, tutor)).json())
    .toMatchObject({ title: "Algebra with Mia", people: [] });
  expect((await ask(booked.meetingId, student)).status).toBe(404);
  expect((await ask(other.meetingId, tutor)).status).toBe(404);
  expect((await ask(booked.meetingId, `${tutor}x`)).status).toBe(401);

  const lessonsOf = async (token: string) =>
    (await (await server.send("/api/lessons", { headers: { authorization: `Bearer ${token}` } }))
      .json()).lessons;
  expect(await lessonsOf(tutor)).toMatchObject([{ hasAnalytics: true }]);
  expect(await lessonsOf(student))
    .toMatchObject([{ hasAnalytics: false }, { hasAnalytics: false }]);
});

function fileOf(name: string, text: string): Y.Map<unknown> {
  const fields = { name, language: "python", text: new Y.Text(text), createdAt: 1 };
  return new Y.Map(Object.entries({ ...fields, tests: new Y.Map() }));
}

Deno.test("a lesson's code is there for who was booked in it, as long as its log is kept", async () => {
  const hidden: string[] = [];
  await using server = await startHttp({ retentionMs: 3_600_000 });
  const booked = await (await server.api("POST", "/meetings", LESSON)).json();
  const { meetingId } = booked;
  const { meetings, log } = server.storage;
  const doc = new Y.Doc();
  filesOf(doc).set("f", fileOf("main.py", "print(1)"));
  await log.saveSnapshot(meetingId, {
    seq: 1,
    at: server.clock.now,
    state: Y.encodeStateAsUpdate(doc),
  });
  const edits = { ...NO_ACTIVITY, edits: 1 };
  await meetings.recordActivity(meetingId, [{ participantId: "p", counts: edits }]);

  const linkOf = async (userId: string) => {
    const { url } = await (await server.api("POST", `/people/${userId}/lessons-links`, {})).json();
    return new URL(url).hash.slice("#token=".length);
  };
  const [ada, stranger] = [await linkOf("s-1"), await linkOf("s-2")];
  const files = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await server.send(`/api/lessons/${meetingId}/files`, { headers });
    const body = await response.json();
    return response.ok ? body.files : body.code;
  };
  hidden.push(await files(ada));
  await meetings.complete(meetingId, server.clock.now);
  expect(await files(ada)).toEqual([{ name: "main.py", text: "print(1)" }]);
  hidden.push(await files(stranger));
  server.clock.now += 3_600_001;
  hidden.push(await files(ada));
  server.clock.now -= 3_600_001;
  const invite = readFragment(new URL(booked.links[1].url).hash).invite!;
  const person = await meetings.findInvite(meetingId, invite);
  if (person === null || person === "revoked") throw new Error("Ada's link must work");
  await meetings.removeParticipant(meetingId, person.participantId);
  hidden.push(await files(ada));
  expect(hidden).toEqual(["not-found", "not-found", "not-found", "not-found"]);
});
