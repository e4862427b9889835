/**
 * A wrong passcode costs the server what a right one does: the same statements, the same hashes. That is what keeps an
 * answer's time from telling them apart; `deno task bench api` shows the times.
 */
import { expect } from "@std/expect";
import type { Client } from "@libsql/client";
import { Hash } from "node:crypto";
import { openDatabase } from "../../db/database.ts";
import { Meetings } from "../../db/meetings.ts";
import { openTestStorage, TEST_WINDOW } from "../../db/testing/storage.ts";
import { identify } from "../../rooms/door.ts";
import type { MeetingStore } from "../../rooms/ports.ts";
import { LESSON } from "../support/http/http_server.ts";

interface Work {
  statements: string[];
  hashes: number;
}

/** Counts hashes, and the statements that go through the client, while `run` runs. */
async function workOf(
  client: Client,
  run: () => Promise<unknown>,
): Promise<Work> {
  const work: Work = { statements: [], hashes: 0 };
  const spied = client as unknown as { execute(...args: unknown[]): unknown };
  const hash = Hash.prototype as unknown as { digest(...args: unknown[]): unknown };
  const { execute } = spied;
  const { digest } = hash;
  spied.execute = (...args) => {
    const [statement] = args as [{ sql: string }];
    work.statements.push(statement.sql);
    return execute.apply(client, args);
  };
  hash.digest = function (...args) {
    work.hashes++;
    return digest.apply(this, args);
  };
  try {
    await run();
  } finally {
    spied.execute = execute;
    hash.digest = digest;
  }
  return work;
}

Deno.test("right and wrong passcodes, of a lesson that exists or not, cost the same work", async () => {
  await using storage = await openTestStorage();
  const database = await openDatabase({ kind: "file", path: storage.path, synchronous: "normal" });
  const meetings = new Meetings(database.query, TEST_WINDOW);
  const book = async () =>
    (await meetings.create({
      ...LESSON,
      scheduledStart: null,
      scheduledEnd: null,
      bookingId: null,
      timeZone: null,
      isRecorded: false,
      encryption: "transport",
      policy: {},
    }, Date.now())).meeting;
  try {
    const { meetingId, passcode } = await book();
    const { client } = database;
    const verify = (id: string, given: string) =>
      workOf(client, () => meetings.verifyPasscode(id, given));
    const right = await verify(meetingId, passcode);
    expect(right.statements.length).toBe(1);
    expect(right.hashes).toBe(2);
    const nearly = `${passcode.slice(0, -1)}!`;
    for (const given of [nearly, "!", "", "x".repeat(100)]) {
      expect(await verify(meetingId, given)).toEqual(right);
    }
    for (const given of [passcode, "!", ""]) {
      expect(await verify("k3v9x2m7qa", given)).toEqual(right);
    }

    // At the door, whatever state a lesson is in.
    const cancelled = await book();
    await meetings.close(cancelled.meetingId, "cancelled", 1);
    const ended = await book();
    await meetings.close(ended.meetingId, "completed", 1);
    const attempts = { blockedForMs: () => 0, fail: () => {} };
    // Whoever has a wrong passcode is refused before anything else is asked: there is nothing else here.
    const store = { verifyPasscode: meetings.verifyPasscode.bind(meetings) } as Partial<
      MeetingStore
    > as MeetingStore;
    const knock = (id: string) =>
      workOf(client, async () => {
        const hello = { meetingId: id, passcode: "wrong", protocol: 1, clientId: 0 };
        await expect(identify(hello, "192.0.2.1", Date.now(), { store, attempts }))
          .rejects.toMatchObject({ code: "unauthorized" });
      });
    const unknown = await knock("k3v9x2m7qa");
    for (const id of [meetingId, cancelled.meetingId, ended.meetingId]) {
      expect(await knock(id)).toEqual(unknown);
    }
  } finally {
    await database.close();
  }
});
