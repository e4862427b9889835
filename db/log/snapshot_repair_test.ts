import { expect } from "@std/expect";
import { sql } from "kysely";
import * as Y from "yjs";
import { openDatabase } from "../database.ts";
import { openTestStorage } from "../testing/storage.ts";
import { repairSnapshots } from "./snapshot_repair.ts";

const DAMAGES = [new Uint8Array([255, 255, 255, 255, 255]), new Uint8Array()];

/** A lesson of thirty changes with a snapshot after each tenth. */
async function held() {
  await using stack = new AsyncDisposableStack();
  const storage = stack.use(await openTestStorage());
  const database = await openDatabase({ kind: "file", path: storage.path, synchronous: "normal" });
  stack.defer(() => database.close());
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  const snapshots: { seq: number; state: Uint8Array }[] = [];
  for (let n = 0; n < 30; n++) {
    doc.getArray("list").insert(n % 3, [`word ${n}`]);
    const seq = await storage.log.append("m", [{ at: n, update: updates.at(-1)! }]);
    if (n % 10 !== 9) continue;
    const state = Y.encodeStateAsUpdate(doc);
    snapshots.push({ seq, state });
    await storage.log.saveSnapshot("m", { seq, at: n, state });
  }
  const { query } = database;
  const damage = async (n: number, state: Uint8Array) => {
    await query.updateTable("snapshots").set({ state }).where("seq", "=", snapshots[n]!.seq)
      .execute();
  };
  const stored = async () =>
    (await query.selectFrom("snapshots").select("state").orderBy("seq").execute())
      .map(({ state }) => contentOf(state));
  const whole = snapshots.map(({ state }) => contentOf(state));
  const disposing = stack.move();
  return {
    storage,
    query,
    snapshots,
    whole,
    damage,
    stored,
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}

function contentOf(state: Uint8Array): unknown {
  try {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, state);
    return doc.getArray("list").toJSON();
  } catch {
    return "damaged";
  }
}

Deno.test("snapshots that can't be read are made anew of those before them and the log, and of the log alone", async () => {
  for (const state of DAMAGES) {
    for (const damaged of [[0], [2], [0, 1, 2], [1, 2]]) {
      await using lesson = await held();
      for (const n of damaged) await lesson.damage(n, state);
      const seqs = damaged.map((n) => lesson.snapshots[n]!.seq);
      expect(await repairSnapshots(lesson.query, "m")).toEqual(seqs);
      expect(await lesson.stored()).toEqual(lesson.whole);
      expect(await repairSnapshots(lesson.query, "m")).toEqual([]);
    }
  }
});

Deno.test("an older snapshot is gone on from where the log before it is gone", async () => {
  await using lesson = await held();
  await lesson.query.deleteFrom("log_journal")
    .where("id", "<=", Math.floor(lesson.snapshots[0]!.seq / 65_536))
    .execute();
  await lesson.damage(2, DAMAGES[0]!);
  expect(await repairSnapshots(lesson.query, "m")).toEqual([lesson.snapshots[2]!.seq]);
  expect(await lesson.stored()).toEqual(lesson.whole);
});

Deno.test("a snapshot isn't made anew of a log that lacks something, at its end or before", async () => {
  for (const row of [0, 14, 29]) {
    await using lesson = await held();
    const groups = await lesson.query.selectFrom("log_journal").select("id").orderBy("id")
      .execute();
    await lesson.query.deleteFrom("log_journal").where("id", "=", groups[row]!.id).execute();
    for (const n of [0, 1, 2]) await lesson.damage(n, DAMAGES[0]!);
    await repairSnapshots(lesson.query, "m");
    const stored = await lesson.stored();
    for (const [n, content] of stored.entries()) {
      expect(content).toEqual(n < Math.floor(row / 10) ? lesson.whole[n] : "damaged");
    }
  }
});

Deno.test("a snapshot isn't made anew where the log of a recording's pause was deleted", async () => {
  await using lesson = await held();
  const { query, snapshots } = lesson;
  await sql`pragma foreign_keys = off`.execute(query);
  await query.insertInto("recordings")
    .values({
      recording_id: "r",
      meeting_id: "m",
      state: "ready",
      started_at: 0,
      ended_at: 30,
      pauses_forgotten: 1,
    })
    .execute();
  await query.insertInto("recording_spans")
    .values({
      recording_id: "r",
      from_at: 0,
      from_seq: 0,
      to_at: 10,
      to_seq: snapshots[0]!.seq,
    })
    .execute();
  await lesson.damage(2, DAMAGES[0]!);
  expect(await repairSnapshots(query, "m")).toEqual([]);
  expect((await lesson.stored())[2]).toBe("damaged");
});
