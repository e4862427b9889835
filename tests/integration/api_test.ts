/** The booking API as a booking system uses it, by a client that is made of the served OpenAPI document. */
import { readFragment } from "../../rooms/contract/link_fragment.ts";
import { expect } from "@std/expect";
import { NO_ACTIVITY } from "../../rooms/activity.ts";
import { BookingClient } from "../support/http/booking_client.ts";
import { type HttpServer, LESSON, startHttp } from "../support/http/http_server.ts";

const HOUR_MS = 3_600_000;

async function connect(server: HttpServer): Promise<BookingClient> {
  const key = await server.storage.apiKeys.create("booking", 0);
  return await BookingClient.fetch(server.send, key);
}

const at = (server: HttpServer, hours: number) =>
  new Date(server.clock.now + hours * HOUR_MS).toISOString();

const scheduled = (server: HttpServer, hours: number) => ({
  ...LESSON,
  scheduledStart: at(server, hours),
  scheduledEnd: at(server, hours + 1),
});

Deno.test("the document describes every route of the API, and every route is described", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  expect(client.document["openapi"]).toBe("3.1.0");
  expect(client.operations.size).toBeGreaterThan(12);
  for (const [index, { method, path }] of [...client.operations.values()].entries()) {
    const address = `198.51.100.${index}`;
    const init = { method: method.toUpperCase() };
    const response = await server.send(path.replaceAll(/\{\w+\}/g, "unknown"), init, address);
    expect([path, response.status]).toEqual([path, 401]);
  }
});

Deno.test("a lesson is booked, read, moved, listed and cancelled", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  const { body: booked } = await client.call("bookMeeting", {
    body: { ...scheduled(server, 2), bookingId: "b-1" },
  });
  const { meetingId } = booked;
  const moved = await client.call("changeMeeting", {
    parameters: { meetingId },
    body: { title: "Geometry", scheduledStart: at(server, 4), scheduledEnd: at(server, 5) },
  });
  expect(moved.body).toMatchObject({
    title: "Geometry",
    bookingId: "b-1",
    scheduledStart: at(server, 4),
  });
  const read = await client.call("readMeeting", { parameters: { meetingId } });
  expect(read.body).toEqual(moved.body);
  const page = await client.call("listMeetings", { parameters: { bookingId: "b-1" } });
  expect(page.body.meetings).toEqual([read.body]);
  await client.call("cancelMeeting", { parameters: { meetingId } });
  const refused = await client.call("changeMeeting", {
    parameters: { meetingId },
    body: { title: "Too late" },
    status: 409,
  });
  expect(refused.body.detail).toContain("cancelled");
});

Deno.test("a list is narrowed by person, status and time", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  for (const hours of [1, 3, 5]) {
    await client.call("bookMeeting", { body: scheduled(server, hours) });
  }
  await client.call("bookMeeting", {
    body: { ...LESSON, tutor: { id: "t-2", name: "Ben" }, students: [{ id: "s-2", name: "Tom" }] },
  });
  const count = async (parameters: Record<string, string>) =>
    (await client.call("listMeetings", { parameters })).body.meetings.length;
  expect(await count({})).toBe(4);
  expect(await count({ userId: "s-2" })).toBe(1);
  expect(await count({ from: at(server, 2) })).toBe(2);
  expect(await count({ to: at(server, 3) })).toBe(1);
  expect(await count({ from: at(server, 1.5), to: at(server, 3.5) })).toBe(2);
  expect(await count({ status: "cancelled" })).toBe(0);

  const page = async (parameters: Record<string, string>) =>
    (await client.call("listMeetings", { parameters: { limit: "1", ...parameters } })).body;
  const first = await page({ from: at(server, 2) });
  const second = await page({ from: at(server, 2), cursor: first.next });
  expect([first, second].map(({ meetings: [lesson] }) => lesson.scheduledStart))
    .toEqual([at(server, 3), at(server, 5)]);
  expect(second.next).toBeNull();
  await client.call("listMeetings", { parameters: { cursor: first.next }, status: 422 });
});

Deno.test("a change against an ETag that is out of date is refused, and changes nothing", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  const { body: { meetingId } } = await client.call("bookMeeting", { body: scheduled(server, 2) });
  const parameters = { meetingId };
  const etag = (await client.call("readMeeting", { parameters })).headers.get("etag")!;
  await client.call("readMeeting", {
    parameters: { ...parameters, "If-None-Match": etag },
    status: 304,
  });
  const change = (title: string, status: number) =>
    client.call("changeMeeting", {
      parameters: { ...parameters, "If-Match": etag },
      body: { title },
      status,
    });
  const changed = await change("First", 200);
  await change("Second", 412);
  expect((await client.call("readMeeting", { parameters })).body.title).toBe("First");
  await client.call("cancelMeeting", {
    parameters: { ...parameters, "If-Match": etag },
    status: 412,
  });
  await client.call("cancelMeeting", {
    parameters: { ...parameters, "If-Match": changed.headers.get("etag")! },
  });
});

Deno.test("a booking that is sent again with its Idempotency-Key is booked once", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  const book = (key: string, body: unknown, status?: number) =>
    client.call("bookMeeting", {
      parameters: { "Idempotency-Key": key },
      body,
      ...(status === undefined ? {} : { status }),
    });
  const first = await book("a-1", LESSON);
  const again = await book('"a-1"', LESSON);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get("location")).toBe(first.headers.get("location"));
  const reused = await book("a-1", { ...LESSON, title: "Other" }, 422);
  expect(reused.body.code).toBe("idempotency-key-reused");
  const other = await book("a-2", LESSON);
  expect(other.body.meetingId).not.toBe(first.body.meetingId);
  expect((await client.call("listMeetings")).body.meetings.length).toBe(2);

  const both = await Promise.all([1, 2].map(() =>
    server.storage.idempotency.begin({
      keyId: 99,
      apiKey: "k",
      idempotencyKey: "b",
      request: "r",
    }, 0)
  ));
  expect(both.sort()).toEqual(["none", "running"]);
});

Deno.test("a request that failed may be sent again with its Idempotency-Key", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  const parameters = { "Idempotency-Key": "a-1" };
  const past = { scheduledStart: at(server, -2), scheduledEnd: at(server, -1) };
  await client.call("bookMeeting", { parameters, body: { ...LESSON, ...past }, status: 422 });
  await client.call("bookMeeting", { parameters, body: LESSON });
});

Deno.test("a running request answers 409 to whoever sends it again", async () => {
  await using server = await startHttp();
  const key = await server.storage.apiKeys.issue("booking", "write", 0);
  const client = await BookingClient.fetch(server.send, key.key);
  await server.storage.idempotency.begin({
    keyId: key.keyId,
    apiKey: key.key,
    idempotencyKey: "slow",
    request: `post /api/v1/meetings\n${JSON.stringify(LESSON)}`,
  }, server.clock.now);
  const refused = await client.call("bookMeeting", {
    parameters: { "Idempotency-Key": "slow" },
    body: LESSON,
    status: 409,
  });
  expect(refused.headers.get("retry-after")).toBe("1");
});

Deno.test("personal links are issued, listed without their tokens, and revoked one by one", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  const { body: booked } = await client.call("bookMeeting", { body: LESSON });
  const parameters = { meetingId: booked.meetingId };
  const issued = await client.call("issueLink", { parameters, body: { userId: "s-1" } });
  expect(issued.body).toMatchObject({ userId: "s-1", name: "Ada", role: "student" });
  const join = async (url: string) => {
    const invite = readFragment(new URL(url).hash).invite!;
    const response = await server.send("/api/join", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ meetingId: booked.meetingId, passcode: "", invite }),
    });
    return [response.status, (await response.json()).you?.name];
  };
  const [, first] = booked.links;
  expect(await join(first.url)).toEqual([200, "Ada"]);
  expect(await join(issued.body.url)).toEqual([200, "Ada"]);
  const { linkId } = issued.body;
  await client.call("revokeLink", { parameters: { ...parameters, linkId } });
  await client.call("revokeLink", { parameters: { ...parameters, linkId }, status: 404 });
  expect((await join(issued.body.url))[0]).toBe(403);
  expect(await join(first.url)).toEqual([200, "Ada"]);

  const list = await client.call("listLinks", { parameters });
  expect(list.body.links.length).toBe(3);
  const token = readFragment(new URL(first.url).hash).invite!;
  expect(JSON.stringify(list.body)).not.toContain(token);

  await client.call("issueLink", { parameters, body: { userId: "s-9" }, status: 422 });
  const added = await client.call("issueLink", {
    parameters,
    body: { userId: "s-9", name: "Zoe" },
  });
  expect(await join(added.body.url)).toEqual([200, "Zoe"]);
  const { students } = (await client.call("readMeeting", { parameters })).body;
  expect(students.map((student: { id: string }) => student.id)).toEqual(["s-1", "s-9"]);
});

Deno.test("participants are listed with the times of each stay", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  const { body: booked } = await client.call("bookMeeting", { body: LESSON });
  const { meetingId } = booked;
  const ada = { participantId: "p-1", name: "Ada", role: "student" as const, userId: "s-1" };
  await server.storage.meetings.start(meetingId, 1000);
  await server.storage.meetings.recordJoin(meetingId, ada, 1000);
  await server.storage.meetings.recordLeave(meetingId, "p-1", 2000);
  await server.storage.meetings.recordJoin(meetingId, ada, 3000);
  const { body } = await client.call("listParticipants", { parameters: { meetingId } });
  expect(body.participants).toMatchObject([
    { userId: "s-1", joinedAt: "1970-01-01T00:00:01.000Z", leftAt: "1970-01-01T00:00:02.000Z" },
    { userId: "s-1", joinedAt: "1970-01-01T00:00:03.000Z", leftAt: null },
  ]);
  server.clock.now = 8000;
  const analytics = await client.call("readAnalytics", { parameters: { meetingId } });
  expect(analytics.body.people).toMatchObject([{ userId: "s-1", seconds: 6, talkSeconds: 0 }]);
  expect(analytics.body.people[0].stays.length).toBe(2);
});

Deno.test("analytics add up what a room counted, and tell how well each person was connected", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  const { body: { meetingId } } = await client.call("bookMeeting", { body: LESSON });
  const { meetings } = server.storage;
  const ada = { participantId: "p-1", name: "Ada", role: "student" as const, userId: "s-1" };
  const guest = { participantId: "p-2", name: "Gil", role: "student" as const, userId: null };
  await meetings.start(meetingId, server.clock.now);
  await meetings.recordJoin(meetingId, ada, server.clock.now);
  await meetings.recordJoin(meetingId, guest, server.clock.now);
  const counts = { ...NO_ACTIVITY, talkMs: 1600, strokes: 2, drops: 1, packets: 97, goodMs: 9000 };
  await meetings.recordActivity(meetingId, [{ participantId: "p-1", counts }]);
  await meetings.recordActivity(meetingId, [
    { participantId: "p-1", counts: { ...NO_ACTIVITY, talkMs: 1600, packetsLost: 3 } },
    { participantId: "p-2", counts: { ...NO_ACTIVITY, messages: 7 } },
  ]);
  server.clock.now += 60_000;
  const { body } = await client.call("readAnalytics", { parameters: { meetingId } });
  expect(body).toMatchObject({ seconds: 60, extendedMinutes: 0 });
  expect(body.people).toMatchObject([
    {
      userId: "s-1",
      talkSeconds: 3,
      strokes: 2,
      connection: { drops: 1, lossPercent: 3, goodSeconds: 9 },
    },
    { userId: "p-2", name: "Gil", messages: 7, connection: { lossPercent: null } },
  ]);
});

Deno.test("a key that may only read changes nothing, and a revoked one does nothing", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  const { body: reader } = await client.call("createKey", {
    body: { name: "report", scope: "read" },
  });
  await client.call("listMeetings", { key: reader.key });
  const refused: string[] = [];
  for (const [id, { method, path }] of client.operations) {
    if (method === "get") continue;
    const response = await server.send(path.replaceAll(/\{\w+\}/g, "unknown"), {
      method: method.toUpperCase(),
      headers: { authorization: `Bearer ${reader.key}`, "content-type": "application/json" },
      body: "{}",
    });
    if (response.status === 403) refused.push(id);
  }
  const changing = [...client.operations].filter(([, { method }]) => method !== "get");
  expect(refused).toEqual(changing.map(([id]) => id));

  const { body: { keys } } = await client.call("listKeys");
  expect(JSON.stringify(keys)).not.toContain(reader.key);
  await client.call("revokeKey", { parameters: { keyId: reader.keyId } });
  await client.call("listMeetings", { key: reader.key, status: 401 });
});

Deno.test("a key has its requests a minute, and every answer says how many are left", async () => {
  await using server = await startHttp({ apiRequestsPerMinute: 2 });
  const client = await connect(server);
  const first = await client.call("listMeetings");
  expect(first.headers.get("ratelimit")).toBe('"key";r=1;t=60');
  await client.call("readMeeting", { parameters: { meetingId: "unknown" }, status: 404 });
  const limited = await client.call("listMeetings", { status: 429 });
  expect(limited.headers.get("retry-after")).toBe("60");
  expect(limited.headers.get("ratelimit-policy")).toBe('"key";q=2;w=60');
  server.clock.now += 60_000;
  await client.call("listMeetings");
});

Deno.test("the page of the API shows every operation, and runs nothing", async () => {
  await using server = await startHttp();
  const client = await connect(server);
  const page = await server.send("/api/docs");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  const html = await page.text();
  for (const id of client.operations.keys()) expect(html).toContain(`id="${id}"`);
  expect(html).not.toContain("<script");
});
