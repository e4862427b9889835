/** A database file as several lessons left it, one of them to be held on; copies of it; and the poison in one of its rows. */
import { type Client, createClient } from "@libsql/client";
import * as Y from "yjs";
import { openDatabase } from "../../../db/database.ts";
import { openStorage, type Storage } from "../../../db/storage.ts";
import { filesOf, openRoots } from "../../../rooms/contract/document/schema.ts";
import type { HelloOptions } from "../room/client.ts";
import { keepRecording } from "../recording/kept_recording.ts";
import type { Name, Poison } from "./poisons.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Longer ago than recordings are kept. */
const LONG_AGO = Date.now() - 40 * DAY_MS;

export interface Prepared {
  folder: string;
  ids: Record<Name, string>;
  /** Into the lesson that must go on. */
  tutor: HelloOptions;
}

export async function prepare(webhooksTo: string): Promise<Prepared> {
  const folder = await Deno.makeTempDir({ prefix: "lectern-poison-" });
  const location = { kind: "file", path: `${folder}/lectern.db`, synchronous: "normal" } as const;
  let now = LONG_AGO;
  const storage = await openStorage({
    location,
    joinEarlyMs: HOUR_MS,
    endGraceMs: 0,
    now: () => now,
  });
  const database = await openDatabase(location);
  try {
    await storage.mails.open();
    const well = await book(storage);
    const ids = {} as Record<Name, string>;
    for (const name of ["active", "abandoned", "paused", "expired"] as const) {
      ids[name] = (await book(storage)).meetingId;
    }
    ids.overdue = (await book(storage, LONG_AGO + HOUR_MS)).meetingId;
    ids.soon = (await book(storage, Date.now() + HOUR_MS / 2)).meetingId;
    for (const name of ["active", "abandoned", "paused", "expired", "overdue"] as const) {
      await hold(storage, ids[name]);
    }
    for (const name of ["abandoned", "paused", "expired"] as const) {
      const kept = await keepRecording(database, ids[name], {
        startAt: LONG_AGO,
        durationMs: 2000,
      });
      if (name === "abandoned") continue;
      await kept.end();
      now = name === "paused" ? Date.now() - HOUR_MS : LONG_AGO;
      await database.query.updateTable("recordings")
        .set({ ended_at: now, pauses_forgotten: name === "paused" ? 0 : 1 })
        .where("meeting_id", "=", ids[name])
        .execute();
    }
    const paused = await database.query.selectFrom("recordings").select("recording_id")
      .where("meeting_id", "=", ids.paused).executeTakeFirstOrThrow();
    await database.query.insertInto("recording_spans")
      .values({
        recording_id: paused.recording_id,
        from_at: LONG_AGO + 5000,
        from_seq: 9_999_999,
        to_at: null,
        to_seq: null,
      })
      .execute();
    for (const name of ["abandoned", "paused", "expired"] as const) {
      await storage.meetings.complete(ids[name], LONG_AGO + HOUR_MS);
    }
    await storage.webhooks.create(webhooksTo, ["meeting.created"], LONG_AGO);
    now = Date.now();
    await book(storage);
    await storage.apiKeys.create("poisoned", now);
    return { folder, ids, tutor: well.tutor };
  } finally {
    await database.close();
    await storage.close();
  }
}

async function book(storage: Storage, start: number | null = null) {
  const { meeting: { meetingId }, invites } = await storage.meetings.create({
    title: "Fractions",
    tutor: { id: "t1", name: "Tara", email: "tara@example.org" },
    students: [{ id: "s1", name: "Sam" }],
    scheduledStart: start,
    scheduledEnd: start === null ? null : start + HOUR_MS,
    bookingId: null,
    timeZone: null,
    isRecorded: true,
    encryption: "transport",
    policy: {},
  });
  return { meetingId, tutor: { meetingId, invite: invites[0]!.token } };
}

/** What a lesson leaves: somebody who came, a snapshot, and a log that goes on behind it. */
async function hold(storage: Storage, meetingId: string): Promise<void> {
  const identity = {
    participantId: `p-${meetingId}`,
    name: "Tara",
    role: "tutor",
    userId: "t1",
  } as const;
  await storage.meetings.start(meetingId, LONG_AGO);
  await storage.meetings.recordJoin(meetingId, identity, LONG_AGO);
  await storage.meetings.openSession(meetingId, identity);
  await storage.clientIds.bind(meetingId, 7, identity.participantId);
  const doc = new Y.Doc();
  openRoots(doc);
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  addFile(doc, "first.py");
  const seq = await storage.log.append(meetingId, [{ at: LONG_AGO, update: updates[0]! }]);
  const state = Y.encodeStateAsUpdate(doc);
  await storage.log.saveSnapshot(meetingId, { seq, at: LONG_AGO, state });
  addFile(doc, "second.py");
  await storage.log.append(meetingId, [{ at: LONG_AGO + 1, update: updates[1]! }]);
}

export function addFile(doc: Y.Doc, name: string): void {
  filesOf(doc).set(
    name,
    new Y.Map<unknown>([
      ["name", name],
      ["language", "python"],
      ["createdAt", 1],
      ["text", new Y.Text("print(1)")],
      ["tests", new Y.Map()],
    ]),
  );
}

export async function poison({ folder, ids }: Prepared, { table, sql }: Poison): Promise<void> {
  const client = createClient({ url: `file:${folder}/lectern.db` });
  try {
    await client.execute("pragma foreign_keys = off");
    await client.execute("pragma ignore_check_constraints = on");
    for (const statement of sql) {
      const named = statement.replace(/:(\w+)/g, (_, name: Name) => `'${ids[name]}'`);
      await client.execute(await filled(client, table, named));
    }
  } finally {
    client.close();
  }
}

/**
 * With what doesn't belong there for every column: as assignments to those that don't say whose the row is, or as the
 * values of a row of the lesson that was going on.
 */
async function filled(client: Client, table: string, statement: string): Promise<string> {
  const { rows } = await client.execute(`pragma table_info(${table})`);
  const columns = rows.map(({ name, type, pk }) => ({
    name: `${name}`,
    names: pk !== 0 || /_id$|_hash$/.test(`${name}`),
    odd: /integer/i.test(`${type}`) ? "'x'" : "x'00ff'",
  }));
  const active = "(select meeting_id from video_meetings where status = 'active' limit 1)";
  return statement
    .replace(
      "ASSIGNMENTS",
      columns.filter(({ names }) => !names).map(({ name, odd }) => `${name} = ${odd}`).join(", "),
    )
    .replace(
      "VALUES",
      columns.map(({ name, odd }) => name === "meeting_id" ? active : name === "id" ? "null" : odd)
        .join(", "),
    );
}

export async function copyOf(prepared: Prepared): Promise<Prepared> {
  const folder = await Deno.makeTempDir({ prefix: "lectern-poisoned-" });
  for await (const { name } of Deno.readDir(prepared.folder)) {
    await Deno.copyFile(`${prepared.folder}/${name}`, `${folder}/${name}`);
  }
  return { ...prepared, folder };
}
