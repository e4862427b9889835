/**
 * One bad row stops nothing: of every table a row is poisoned, one after the other, in a real database file. Each time
 * the whole server starts on it, another lesson is held, and `/readyz` tells what was set aside.
 */
import { expect } from "@std/expect";
import { type Client, createClient } from "@libsql/client";
import * as Y from "yjs";
import { openDatabase } from "../../db/database.ts";
import { openStorage, type Storage } from "../../db/storage.ts";
import { serve } from "../../main.ts";
import { filesOf, openRoots } from "../../rooms/contract/document/schema.ts";
import type { Task } from "../../rooms/quarantine.ts";
import { parseConfig } from "../../server/config.ts";
import { createLogger } from "../../server/logger.ts";
import { type HelloOptions, TestClient } from "../support/room/client.ts";
import { keepRecording } from "../support/recording/kept_recording.ts";
import { Mailbox } from "../support/notify/mailbox.ts";
import { until } from "../support/until.ts";
import { WebhookReceiver } from "../support/notify/webhook_receiver.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Longer ago than recordings are kept. */
const LONG_AGO = Date.now() - 40 * DAY_MS;

/** Names in the statements below: each lesson's id, and the track of the one that is long over. */
type Name = "active" | "abandoned" | "overdue" | "soon" | "paused" | "expired";

interface Poison {
  table: string;
  /** Statements; `:name` stands for the id of that lesson. */
  sql: string[];
  /** What is set aside; null where nothing reads it before somebody asks. */
  task: Task | null;
}

const POISONS: readonly Poison[] = [
  {
    table: "video_meetings",
    sql: ["update video_meetings set actual_start = 'x' where meeting_id = :active"],
    task: "room",
  },
  {
    table: "video_meetings",
    sql: ["update video_meetings set actual_end = 'x' where meeting_id = :soon"],
    task: "reminder",
  },
  {
    table: "meeting_settings",
    sql: ["update meeting_settings set policy = '{' where meeting_id = :active"],
    task: "room",
  },
  {
    table: "meeting_settings",
    sql: [`update meeting_settings set policy = '{"draw": 5}' where meeting_id = :active`],
    task: "room",
  },
  {
    table: "meeting_settings",
    sql: ["delete from meeting_settings where meeting_id = :active"],
    task: "room",
  },
  {
    table: "snapshots",
    sql: ["update snapshots set state = x'ffffffffff' where meeting_id = :active"],
    task: "room",
  },
  {
    table: "snapshots",
    sql: ["update snapshots set state = 'a text' where meeting_id = :active"],
    task: "room",
  },
  {
    table: "snapshots",
    sql: ["update snapshots set state = x'ffffffffff' where meeting_id = :paused"],
    task: "pauses",
  },
  {
    table: "log_rows",
    sql: [
      "insert into log_rows (seq, meeting_id, at, data) values (99999999, :active, 1, 'a text')",
    ],
    task: "room",
  },
  {
    table: "log_journal",
    sql: ["insert into log_journal (entries, data) values ('[[', x'00')"],
    task: "log",
  },
  {
    table: "log_journal",
    sql: [
      `insert into log_journal (entries, data) values ('[["' || :active || '",1,900]]', x'00')`,
    ],
    task: "log",
  },
  {
    table: "log_blocks",
    sql: ["update log_blocks set entries = '[[1' where meeting_id = :active"],
    task: "room",
  },
  {
    table: "log_blocks",
    sql: ["update log_blocks set entries = '[[1' where meeting_id = :abandoned"],
    task: "recording",
  },
  {
    table: "log_blocks",
    sql: ["update log_blocks set entries = '[[1', first_seq = 'x' where meeting_id = :expired"],
    task: "retention",
  },
  {
    table: "client_ids",
    sql: ["update client_ids set participant_id = x'00' where meeting_id = :active"],
    task: null,
  },
  {
    table: "video_participants",
    sql: ["update video_participants set joined_at = 'x' where meeting_id = :overdue"],
    task: "completion",
  },
  {
    table: "recordings",
    sql: [
      "create trigger broken before update on recordings when old.meeting_id = :abandoned begin " +
      "select raise(abort, 'broken'); end",
    ],
    task: "recording",
  },
  {
    table: "recordings",
    sql: ["update recordings set ended_at = x'00' where meeting_id = :expired"],
    task: null,
  },
  {
    table: "recording_spans",
    sql: [
      "update recording_spans set to_seq = 5, to_at = 5, from_seq = x'00' where recording_id = " +
      "(select recording_id from recordings where meeting_id = :paused) and from_seq = 0",
    ],
    task: null,
  },
  {
    table: "recording_tracks",
    sql: [
      "update recording_tracks set codec = x'00', started_at = 'x', width = 'x' where finished = 0",
    ],
    task: null,
  },
  {
    table: "media_chunks",
    sql: ["update media_chunks set from_ms = 'x', entry = 1"],
    task: "track",
  },
  {
    table: "media_objects",
    sql: ["insert into media_objects values (x'00', 'x', 'x', 'x', 'unneeded', 'x')"],
    task: null,
  },
  {
    table: "events",
    sql: ["delete from events where event_id in (select event_id from webhook_deliveries)"],
    task: "delivery",
  },
  {
    table: "events",
    sql: [
      "insert into events (event_id, type, meeting_id, at, body) " +
      "values ('evt_x', 'meeting.created', 'nowhere', 1, '{}')",
      "update invites set meeting_id = 'nowhere' where meeting_id = :expired",
    ],
    task: "event",
  },
  {
    table: "webhook_endpoints",
    sql: ["update webhook_endpoints set secret = '%'"],
    task: "delivery",
  },
  {
    table: "webhook_endpoints",
    sql: ["update webhook_endpoints set events = '['"],
    task: "delivery",
  },
  { table: "webhook_endpoints", sql: ["delete from webhook_endpoints"], task: null },
  {
    table: "webhook_deliveries",
    sql: ["update webhook_deliveries set attempts = 'x', created_at = 'x'"],
    task: null,
  },
  {
    table: "mails",
    sql: [
      "insert into mails (mail_id, event_id, meeting_id, participant_id, kind, state, due_at) " +
      "select 'mail_x', event_id, meeting_id, 'nobody', 'invitation', 'pending', 1 from events limit 1",
    ],
    task: "mail",
  },
  { table: "mail_progress", sql: ["update mail_progress set event_row = 'x'"], task: null },
  ...["sessions", "invites", "personal_links"].map((table): Poison => ({
    table,
    sql: [`update ${table} set ASSIGNMENTS where meeting_id = :active`],
    task: null,
  })),
  { table: "api_keys", sql: ["update api_keys set ASSIGNMENTS"], task: null },
  ...[
    "assets",
    "thumbnails",
    "key_envelopes",
    "meeting_activity",
    "webhook_attempts",
    "recording_entries",
    "recording_markers",
    "recording_links",
    "lessons_links",
    "idempotency_records",
    "meeting_bookers",
  ].map((table): Poison => ({ table, sql: [`insert into ${table} values (VALUES)`], task: null })),
];

interface Prepared {
  folder: string;
  ids: Record<Name, string>;
  /** Into the lesson that must go on. */
  tutor: HelloOptions;
}

async function prepare(webhooksTo: string): Promise<Prepared> {
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

function addFile(doc: Y.Doc, name: string): void {
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

async function poison({ folder, ids }: Prepared, { table, sql }: Poison): Promise<void> {
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

async function copyOf(prepared: Prepared): Promise<Prepared> {
  const folder = await Deno.makeTempDir({ prefix: "lectern-poisoned-" });
  for await (const { name } of Deno.readDir(prepared.folder)) {
    await Deno.copyFile(`${prepared.folder}/${name}`, `${folder}/${name}`);
  }
  return { ...prepared, folder };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** Starts everything on the database. */
async function start({ folder }: Prepared, mailPort: number, lines: string[]) {
  const port = freePort();
  const config = parseConfig({
    environment: {
      HOST: "127.0.0.1",
      PORT: `${port}`,
      MEDIA_PORT: `${freePort()}`,
      DATA_DIR: folder,
      RECORDING_RETENTION_DAYS: "30",
      REMINDER_MINUTES: "60",
      WEBHOOK_PRIVATE: "1",
      SMTP_URL: `smtp://127.0.0.1:${mailPort}`,
      MAIL_FROM: "lessons@example.org",
    },
  });
  const logger = createLogger({
    level: "warn",
    format: "json",
    write: (_, line) => lines.push(line),
  });
  return { running: await serve(config, logger), port };
}

/** Starts everything, and holds the lesson that isn't poisoned. */
async function goesOn(prepared: Prepared, mailPort: number, task: Task | null) {
  const { tutor } = prepared;
  const lines: string[] = [];
  const { running, port } = await start(prepared, mailPort, lines);
  try {
    const client = new TestClient(`ws://127.0.0.1:${port}/api/socket`);
    await client.join(tutor);
    addFile(client.doc, "third.py");
    await client.stored();
    const readyz = async () => await (await fetch(`http://127.0.0.1:${port}/readyz`)).text();
    if (task !== null) {
      await until(
        async () => new RegExp(`^ready\nset aside.*: .*\\b${task} \\d`).test(await readyz()),
        {
          what: `${task} in /readyz`,
        },
      ).catch(async (error) => {
        throw new Error(`${error.message}: ${await readyz()}\n${lines.join("\n")}`);
      });
      const told = lines.map((line) => JSON.parse(line))
        .filter((line) => line.message.startsWith("set aside") && line.task === task);
      // Each once, however often it is tried.
      expect(told.length).toBeGreaterThan(0);
      expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(Number(/^lectern_set_aside (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
      expect(Number(/^lectern_set_aside_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    }
    await client.close();
  } finally {
    await running.stop();
  }
}

Deno.test("who comes to a lesson that can't be read is told so, in the lobby too, and lists go without it", async () => {
  await using receiver = new WebhookReceiver();
  const prepared = await prepare(receiver.url);
  const { folder, ids, tutor } = prepared;
  await poison(prepared, {
    table: "meeting_settings",
    sql: ["update meeting_settings set policy = '{' where meeting_id = :abandoned"],
    task: null,
  });
  await poison(prepared, {
    table: "snapshots",
    sql: ["update snapshots set state = x'ffffffffff' where meeting_id = :active"],
    task: null,
  });
  const storage = await openStorage({
    location: { kind: "file", path: `${folder}/lectern.db`, synchronous: "normal" },
    joinEarlyMs: 0,
    endGraceMs: 0,
  });
  const key = await storage.apiKeys.create("lists", Date.now());
  const link = await storage.meetings.issueLink(ids.active, "t1");
  const unread = await storage.meetings.issueLink(ids.abandoned, "t1");
  await storage.close();
  const { running, port } = await start(prepared, 1, []);
  const at = `http://127.0.0.1:${port}`;
  try {
    const invites = { active: link!.token, abandoned: unread!.token };
    const hello = async (name: "active" | "abandoned") => {
      const client = new TestClient(`ws://127.0.0.1:${port}/api/socket`);
      return await client.join({ meetingId: ids[name], invite: invites[name] })
        .then(() => "joined", (error) => error.code).finally(() => client.close());
    };
    // At the start it was tried once; it may pass.
    await until(async () => await hello("active") === "unreadable");
    await until(async () => await hello("abandoned") === "unreadable");
    const response = await fetch(`${at}/api/join`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ meetingId: ids.abandoned, passcode: "", invite: unread!.token }),
    });
    expect(await response.json()).toMatchObject({ status: 503, code: "unreadable" });
    const listed = await fetch(`${at}/api/v1/meetings`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const { meetings } = await listed.json();
    const listedIds = meetings.map(({ meetingId }: { meetingId: string }) => meetingId);
    expect(listedIds).toContain(tutor.meetingId);
    expect(listedIds).not.toContain(ids.abandoned);
    expect(await (await fetch(`${at}/readyz`)).text()).toMatch(/meeting 1/);
  } finally {
    await running.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("with a poisoned row of any table the server starts, another lesson is held, and it is told", async (test) => {
  await using receiver = new WebhookReceiver();
  await using mailbox = await Mailbox.open();
  const prepared = await prepare(receiver.url);
  try {
    const client = createClient({ url: `file:${prepared.folder}/lectern.db` });
    const { rows } = await client.execute("select name from sqlite_master where type = 'table'");
    client.close();
    const tables = rows.map(({ name }) => `${name}`)
      .filter((name) => !name.startsWith("sqlite_") && name !== "schema_migrations");
    expect(new Set(POISONS.map(({ table }) => table))).toEqual(new Set(tables));
    for (const [number, entry] of POISONS.entries()) {
      await test.step(`${entry.table} ${number}: ${entry.task}`, async () => {
        const copy = await copyOf(prepared);
        try {
          await poison(copy, entry);
          await goesOn(copy, mailbox.port, entry.task);
        } finally {
          await Deno.remove(copy.folder, { recursive: true });
        }
      });
    }
  } finally {
    await Deno.remove(prepared.folder, { recursive: true });
  }
});
