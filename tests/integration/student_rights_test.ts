/** What a student's tokens open: their own part of the lesson, and none of the host's or the booking system's. */
import { expect } from "@std/expect";
import { type Method, METHODS } from "../../rooms/contract/protocol/messages.ts";
import { BookingClient } from "../support/http/booking_client.ts";
import { LESSON, startHttp } from "../support/http/http_server.ts";
import { RoomServer } from "../support/room/room_server.ts";

/** Whose work a request of the room is. A new request has to be put here. */
const WHOSE: Readonly<Record<Exclude<Method, `media.${string}`>, "everybody" | "host">> = {
  hello: "everybody",
  ping: "everybody",
  "document.claim": "everybody",
  "participant.setMedia": "everybody",
  "participant.setHand": "everybody",
  "participant.stopMedia": "host",
  "participant.askMedia": "host",
  "participant.muteAll": "host",
  "participant.lowerHand": "host",
  "participant.remove": "host",
  "admission.admit": "host",
  "admission.refuse": "host",
  "meeting.setLocked": "host",
  "meeting.setPolicy": "host",
  "meeting.leave": "everybody",
  // The owner's wish: either side may end the lesson. Guests can't: see guest_rights_test.ts.
  "meeting.end": "everybody",
  "meeting.extend": "host",
  "meeting.bring": "host",
  "recording.pause": "host",
  "recording.resume": "host",
  "chat.send": "everybody",
  "keys.announce": "everybody",
  "keys.ask": "everybody",
  "keys.distribute": "everybody",
};

/** The params of each request, as PROTOCOL.md shows them. */
async function examples(): Promise<Map<string, Record<string, unknown>>> {
  const page = await Deno.readTextFile(new URL("../../PROTOCOL.md", import.meta.url));
  const found = new Map<string, Record<string, unknown>>();
  for (const [, json = ""] of page.matchAll(/^```json\n(.*?)^```$/gms)) {
    const { id, method, params } = JSON.parse(json);
    if (id !== undefined && method !== undefined) found.set(method, params);
  }
  return found;
}

Deno.test("no request of the host's is carried out for a student", async () => {
  await using server = await RoomServer.start();
  const start = server.now();
  const lesson = await server.book({ scheduledStart: start, scheduledEnd: start + 3_600_000 });
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const shown = await examples();
  const before = await server.storage.meetings.read(lesson.meetingId);
  const methods = (Object.keys(METHODS) as Method[]).filter((method) =>
    !method.startsWith("media.")
  );
  for (const method of methods) {
    const whose = WHOSE[method as keyof typeof WHOSE];
    expect([method, whose]).toEqual([method, expect.stringMatching(/everybody|host/)]);
    if (whose !== "host") continue;
    const params = { ...shown.get(method) };
    if ("participantId" in params) params["participantId"] = tutor.id;
    const answer = await student.request(method, params as never).then(
      () => "done",
      (error: { code?: string }) => error.code,
    );
    expect([method, answer]).toEqual([method, "forbidden"]);
  }
  expect(await server.storage.meetings.read(lesson.meetingId)).toEqual(before);
  await tutor.request("participant.setHand", { raised: true });
  expect(tutor.notices.filter(({ method }) => method !== "saved")).toEqual([]);
});

Deno.test("no token of a student's opens the booking API, the tutor's figures or the deletion of a recording", async () => {
  await using server = await startHttp();
  const client = await BookingClient.fetch(
    server.send,
    await server.storage.apiKeys.create("booking", 0),
  );
  const { body: booked } = await client.call("bookMeeting", {
    body: { ...LESSON, isRecorded: true },
  });
  const { meetingId } = booked;
  const recordingId = await server.record(meetingId);
  const tokenOf = (url: string) => /^#\w+=([^&]+)/.exec(new URL(url).hash)?.[1] ?? "";
  const invite = tokenOf(booked.links[1].url);
  const ada = await server.storage.meetings.findInvite(meetingId, invite);
  if (ada === null || ada === "revoked") throw new Error("Ada's link must work");
  const session = await server.storage.meetings.openSession(meetingId, ada);
  const { body: lessons } = await client.call("issueLessonsLink", {
    parameters: { userId: "s-1" },
    body: {},
  });
  const { body: watch } = await client.call("mintRecordingLink", {
    parameters: { recordingId },
    body: {},
  });
  const tokens = { invite, session, lessons: tokenOf(lessons.url), watch: tokenOf(watch.url) };

  let address = 0;
  const ask = async (token: string, method: string, path: string) => {
    const response = await server.send(path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(method === "GET" || method === "DELETE" ? {} : { body: "{}" }),
    }, `198.51.100.${address++ % 200}`);
    await response.body?.cancel();
    return response.status;
  };
  const ids: Record<string, string> = { meetingId, recordingId, userId: "s-1" };
  for (const [kind, token] of Object.entries(tokens)) {
    for (const [id, { method, path }] of client.operations) {
      const where = path.replaceAll(/\{(\w+)\}/g, (_, name) => ids[name] ?? "unknown");
      const status = await ask(token, method.toUpperCase(), where);
      expect([kind, id, status]).toEqual([kind, id, 401]);
    }
    const remove = await ask(token, "DELETE", `/api/recordings/${recordingId}`);
    expect([kind, remove]).toEqual([kind, kind === "lessons" ? 401 : 403]);
    const figures = await ask(token, "GET", `/api/lessons/${meetingId}/analytics`);
    expect([kind, figures]).toEqual([kind, kind === "lessons" ? 404 : 401]);
  }
  expect(await ask(tokens.invite, "GET", `/api/recordings/${recordingId}`)).toBe(200);
  expect((await client.call("readRecording", { parameters: { recordingId } })).status).toBe(200);
});

Deno.test("a link of which one character was changed opens nothing, and one that expired neither", async () => {
  await using server = await startHttp();
  const book = async () =>
    await (await server.api("POST", "/meetings", { ...LESSON, isRecorded: true })).json();
  const booked = await book();
  const { meetingId } = booked;
  const recordingId = await server.record(meetingId);
  const tokenOf = (url: string) => /^#\w+=([^&]+)/.exec(new URL(url).hash)?.[1] ?? "";
  const post = async (path: string, body: unknown) =>
    tokenOf((await (await server.api("POST", path, body)).json()).url);
  const invite = tokenOf(booked.links[1].url);
  const watch = await post(`/recordings/${recordingId}/links`, { expiresInMinutes: 10 });
  const lessons = await post("/people/s-1/lessons-links", { days: 1 });

  let address = 0;
  const opens = async (path: string, token: string, body?: unknown) => {
    const response = await server.send(path, {
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    }, `203.0.113.${address++ % 250}`);
    const text = await response.text();
    return response.ok && (body === undefined || JSON.parse(text).you !== null);
  };
  const uses: [string, (token: string) => Promise<boolean>][] = [
    [invite, (token) => opens("/api/join", "", { meetingId, passcode: "", invite: token })],
    [invite, (token) => opens(`/api/recordings/${recordingId}`, token)],
    [watch, (token) => opens(`/api/recordings/${recordingId}`, token)],
    [lessons, (token) => opens("/api/lessons", token)],
  ];
  for (const [token, use] of uses) {
    expect(await use(token)).toBe(true);
    for (let at = 0; at < token.length; at += 3) {
      const other = token[at] === "A" ? "B" : "A";
      expect(await use(`${token.slice(0, at)}${other}${token.slice(at + 1)}`)).toBe(false);
    }
    expect(await use(token.slice(0, -1))).toBe(false);
    expect(await use(`${token}A`)).toBe(false);
  }
  // A link of one lesson opens no other.
  const other = await book();
  const elsewhere = { meetingId: other.meetingId, passcode: "", invite };
  expect(await opens("/api/join", "", elsewhere)).toBe(false);
  const otherRecording = await server.record(other.meetingId);
  for (const token of [invite, watch]) {
    expect(await opens(`/api/recordings/${otherRecording}`, token)).toBe(false);
  }

  server.clock.now += 10 * 60_000;
  expect(await opens(`/api/recordings/${recordingId}`, watch)).toBe(false);
  expect(await opens("/api/lessons", lessons)).toBe(true);
  server.clock.now += 24 * 3_600_000;
  expect(await opens("/api/lessons", lessons)).toBe(false);
});
