import { createClient } from "@libsql/client";
import { expect } from "@std/expect";
import type { LogRow } from "../../rooms/ports.ts";
import { openDatabase } from "../database.ts";
import { deleteLogged, type LogRange, measureLog, readLog } from "./log_reading.ts";
import { migrate, MIGRATIONS } from "../migrations/all.ts";
import { openTestStorage } from "../testing/storage.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);
const file = (path: string) => ({ kind: "file", path, synchronous: "normal" }) as const;

/** What is where, by another connection. */
async function count(path: string, table: string): Promise<number> {
  const client = createClient({ url: `file:${path}` });
  const { rows } = await client.execute(`select count(*) as count from ${table}`);
  client.close();
  return Number(rows[0]?.count);
}

Deno.test("rows are read in order while they go from the journal into blocks, and later appends follow", async () => {
  await using storage = await openTestStorage();
  const written: [number, number][] = [];
  for (let n = 0; n < 500; n++) {
    const rows = Array.from({ length: 10 }, (_, i) => ({ at: 1000 - n, update: bytes(n, i) }));
    const [seq] = await Promise.all([
      storage.log.append("a", rows),
      storage.log.append("b", [{ at: n, update: bytes(n) }]),
    ]);
    for (let i = 0; i < 10; i++) written.push([seq - 9 + i, 1000 - n]);
    if (n % 100 > 0) continue;
    const { rows: found } = await storage.log.load("a");
    expect(found.map(({ seq, at }) => [seq, at])).toEqual(written);
    expect(found.map(({ update }) => [...update]))
      .toEqual(found.map((_, i) => [Math.floor(i / 10) & 255, i % 10]));
  }
  expect(await count(storage.path, "log_blocks")).toBeGreaterThan(0);
  expect(await count(storage.path, "log_journal")).toBeGreaterThan(0);
  expect((await storage.log.load("b")).rows.length).toBe(500);
  expect((await storage.log.load("nobody")).rows).toEqual([]);
});

Deno.test("what a killed process left in the journal is in blocks after the next opening, with the same numbers", async () => {
  await using storage = await openTestStorage();
  const seq = await storage.log.append("m", [{ at: 1, update: bytes(1) }, {
    at: 5,
    update: bytes(2),
  }]);
  const before = await storage.log.load("m");
  expect(await count(storage.path, "log_blocks")).toBe(0);
  await using again = await openTestStorage(Date.now, storage.path);
  expect(await count(storage.path, "log_journal")).toBe(0);
  expect(await again.log.load("m")).toEqual(before);
  expect(await again.log.append("m", [])).toBe(seq);
  // The first process, still alive, goes on behind them.
  expect(await storage.log.append("m", [{ at: 6, update: bytes(3) }])).toBeGreaterThan(seq);
  expect((await again.log.load("m")).rows.map(({ update }) => [...update])).toEqual([[1], [2], [
    3,
  ]]);
});

Deno.test("a log that was written one update a row is read on, and goes on with higher numbers", async () => {
  const directory = await Deno.makeTempDir({ prefix: "lectern-test-" });
  const path = `${directory}/old.db`;
  const client = createClient({ url: `file:${path}` });
  await migrate(
    client,
    MIGRATIONS.slice(0, MIGRATIONS.findIndex(({ name }) => name === "log journal")),
  );
  await client.execute(
    "insert into update_log (seq, meeting_id, at, data) values (900000, 'm', 7, x'07')",
  );
  await client.execute(
    "insert into update_log (seq, meeting_id, at, data) values (900001, 'x', 8, x'08')",
  );
  await client.execute("delete from update_log where meeting_id = 'x'");
  client.close();
  {
    await using storage = await openTestStorage(Date.now, path);
    const seq = await storage.log.append("m", [{ at: 9, update: bytes(9) }]);
    const { rows } = await storage.log.load("m");
    expect(rows).toEqual([
      { seq: 900_000, at: 7, update: bytes(7) },
      { seq, at: 9, update: bytes(9) },
    ]);
    expect(seq).toBeGreaterThan(900_001);
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a stretch of the log is measured and deleted to the row, wherever it is kept", async () => {
  await using storage = await openTestStorage();
  for (let n = 0; n < 300; n++) {
    const update = new Uint8Array(n % 7).fill(n);
    await storage.log.append("m", Array.from({ length: 10 }, () => ({ at: n, update })));
    await storage.log.append("other", [{ at: n, update: bytes(1) }]);
  }
  const { query, close } = await openDatabase(file(storage.path));
  const whole = (await storage.log.load("m")).rows;
  const seqAt = (n: number) => whole[n]?.seq ?? NaN;
  const inside = ({ after, upTo }: LogRange) =>
    whole.filter(({ seq }) => seq > after && (upTo === null || seq <= upTo));
  const bytesOf = (rows: LogRow[]) => rows.reduce((sum, { update }) => sum + update.length, 0);
  for (
    const range of [
      { after: 0, upTo: null },
      { after: seqAt(13), upTo: seqAt(2950) },
      { after: seqAt(100), upTo: seqAt(101) },
      { after: seqAt(2990), upTo: null },
      { after: seqAt(5), upTo: seqAt(5) },
    ]
  ) {
    const rows = inside(range);
    expect(await measureLog(query, "m", range)).toEqual({
      count: rows.length,
      bytes: bytesOf(rows),
    });
    expect(await readLog(query, "m", range)).toEqual(rows);
  }
  const gone = { after: seqAt(1500), upTo: seqAt(2500) };
  await query.transaction().execute((transaction) => deleteLogged(transaction, "m", gone));
  expect((await storage.log.load("m")).rows)
    .toEqual(whole.filter(({ seq }) => seq <= gone.after || seq > gone.upTo));
  expect((await storage.log.load("other")).rows.length).toBe(300);
  await query.transaction().execute((transaction) =>
    deleteLogged(transaction, "m", { after: -1, upTo: null })
  );
  expect((await storage.log.load("m")).rows).toEqual([]);
  expect((await storage.log.load("other")).rows.length).toBe(300);
  await close();
});
