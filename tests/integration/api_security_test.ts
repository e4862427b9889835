/** What the database gives away to somebody who reads its file: no key, no link, no token. */
import { expect } from "@std/expect";
import { createClient } from "@libsql/client";
import { BookingClient } from "./booking_client.ts";
import { LESSON, startHttp } from "./http_server.ts";

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
  const tokenOf = (url: string) => new URL(url).hash.replace(/^#\w+=/, "");
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
