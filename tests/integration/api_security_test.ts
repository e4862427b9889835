/** What is given away: nothing that opens something to who reads the database file, or has a key that may only read. */
import { expect } from "@std/expect";
import { createClient } from "@libsql/client";
import { BookingClient } from "../support/http/booking_client.ts";
import { LESSON, startHttp } from "../support/http/http_server.ts";

Deno.test("no table holds a key, a personal link, a session or an answer with links in it", async () => {
  await using server = await startHttp();
  const key = await server.storage.apiKeys.create("booking", 0);
  const client = await BookingClient.fetch(server.send, key);
  const { body: booked } = await client.call("bookMeeting", {
    parameters: { "Idempotency-Key": "once-and-only" },
    body: LESSON,
  });
  const { meetingId } = booked;
  const issued = await client.call("issueLink", {
    parameters: { meetingId },
    body: { userId: "s-1" },
  });
  const lessons = await client.call("issueLessonsLink", {
    parameters: { userId: "s-1" },
    body: {},
  });
  const tokenOf = (url: string) => /^#\w+=([^&]+)/.exec(new URL(url).hash)?.[1] ?? "";
  const invite = tokenOf(issued.body.url);
  const ada = await server.storage.meetings.findInvite(meetingId, invite);
  if (ada === null || ada === "revoked") throw new Error("Ada's link must work");
  const session = await server.storage.meetings.openSession(meetingId, ada);
  const secrets = [
    key,
    invite,
    session,
    tokenOf(lessons.body.url),
    ...booked.links.map((link: { url: string }) => tokenOf(link.url)),
    "once-and-only",
  ];

  const database = createClient({ url: `file:${server.storage.path}` });
  const tables = await database.execute("select name from sqlite_master where type = 'table'");
  let kept = "";
  for (const { name } of tables.rows) {
    const { rows } = await database.execute(`select * from "${name}"`);
    for (const row of rows) {
      for (const value of Object.values(row)) {
        kept += value instanceof ArrayBuffer
          ? new TextDecoder("latin1").decode(value)
          : String(value);
        kept += "\n";
      }
    }
  }
  database.close();
  expect(kept).toContain(meetingId);
  for (const secret of secrets) expect(kept.includes(secret)).toBe(false);
});

Deno.test("a key that may only read is answered no secret and no mail address, by no operation", async () => {
  await using server = await startHttp();
  const { apiKeys } = server.storage;
  const key = await apiKeys.create("booking", 0);
  const reader = (await apiKeys.issue("statistics", "read", 0)).key;
  const client = await BookingClient.fetch(server.send, key);
  const { body: booked } = await client.call("bookMeeting", {
    body: {
      ...LESSON,
      tutor: { id: "t-1", name: "Mia", email: "mia@example.org", timeZone: "Europe/Paris" },
      students: [{ id: "s-1", name: "Ada", email: "ada@example.net" }],
    },
  });
  const { meetingId, passcode } = booked;
  const recordingId = await server.record(meetingId);
  await server.storage.thumbnails.put(
    meetingId,
    { mediaType: "image/png", data: new Uint8Array([1]) },
    { now: 0, leastMs: 0 },
  );
  const { body: endpoint } = await client.call("createWebhookEndpoint", {
    body: { url: "https://127.0.0.1:1/hooks/T0K3N?secret=qu3ry" },
  });
  const { endpointId } = endpoint;
  const { body: sent } = await client.call("testWebhookEndpoint", { parameters: { endpointId } });
  const watch = await client.call("mintRecordingLink", { parameters: { recordingId }, body: {} });
  const lessons = await client.call("issueLessonsLink", {
    parameters: { userId: "s-1" },
    body: {},
  });
  const tokenOf = (url: string) => /^#\w+=([^&]+)/.exec(new URL(url).hash)?.[1] ?? "";
  const secrets = [
    passcode,
    "mia@example.org",
    "ada@example.net",
    "T0K3N",
    "qu3ry",
    endpoint.secret,
    key,
    reader,
    ...[watch.body.url, lessons.body.url, ...booked.links.map((link: { url: string }) => link.url)]
      .map(tokenOf),
  ];
  const { deliveryId } = sent;
  const known: Record<string, string> = {
    meetingId,
    recordingId,
    endpointId,
    deliveryId,
    userId: "s-1",
    keyId: "1",
  };

  const read: string[] = [];
  for (const [id, { method, parameters }] of client.operations) {
    if (method !== "get") continue;
    const named = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => {
      const value = known[name];
      if (value === undefined) throw new Error(`${id} wants a ${name}, which this test lacks`);
      return [name, value];
    });
    const answered = await client.call(id, { parameters: Object.fromEntries(named), key: reader });
    const text = JSON.stringify(answered.body);
    for (const secret of secrets) {
      expect([id, secret, text.includes(secret)]).toEqual([id, secret, false]);
    }
    read.push(id);
  }
  expect(read.length).toBeGreaterThan(10);

  // What a reader lacks is there for those who may write.
  const whole = await client.call("readMeeting", { parameters: { meetingId } });
  expect(whole.body).toMatchObject({
    passcode,
    url: booked.url,
    tutor: { email: "mia@example.org" },
  });
  expect(JSON.stringify((await client.call("listMeetings")).body)).toContain(passcode);
  const listed = await client.call("listWebhookEndpoints", { key: reader });
  expect(listed.body.endpoints[0].url).toBe("https://127.0.0.1:1");
  const shown = await client.call("readMeeting", { parameters: { meetingId }, key: reader });
  expect(shown.body.url).toBe(`https://lessons.example.org/video-room/${meetingId}`);
  expect(shown.body.tutor).toEqual({ id: "t-1", name: "Mia", timeZone: "Europe/Paris" });
});
