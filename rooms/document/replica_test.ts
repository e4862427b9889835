import { expect } from "@std/expect";
import * as Y from "yjs";
import type { LogRow, Snapshot, UpdateLog } from "../ports.ts";
import { type CommittedUpdate, Replica, type StoredClock, type Writer } from "./replica.ts";
import { fileOf } from "../contract/document/reading.ts";
import { chatOf, filesOf, whiteboardOf } from "../contract/document/schema.ts";
import type { Size } from "./size.ts";

/** A log in memory, for a replica without a database. */
class MemoryLog implements UpdateLog {
  rows: LogRow[] = [];
  snapshot: Snapshot | null = null;
  full = false;

  append(_meetingId: string, rows: readonly { at: number; update: Uint8Array }[]): Promise<number> {
    if (this.full) return Promise.reject(new Error("disk full"));
    for (const { at, update } of rows) this.rows.push({ seq: this.rows.length + 1, at, update });
    return Promise.resolve(this.rows.length);
  }

  load(): Promise<{ snapshot: Snapshot | null; rows: LogRow[] }> {
    const after = this.snapshot?.seq ?? 0;
    return Promise.resolve({
      snapshot: this.snapshot,
      rows: this.rows.filter(({ seq }) => seq > after),
    });
  }

  saveSnapshot(_meetingId: string, snapshot: Snapshot): Promise<void> {
    this.snapshot = snapshot;
    return Promise.resolve();
  }

  /** Has all rows since the beginning. */
  repairSnapshots(): Promise<number> {
    this.snapshot = null;
    return Promise.resolve(1);
  }
}

async function openReplica(log = new MemoryLog(), bounds: Partial<Size> = {}) {
  const committed: CommittedUpdate[] = [];
  const told: StoredClock[][] = [];
  const drops: string[] = [];
  const faults: unknown[] = [];
  const replica = await Replica.open({
    meetingId: "m",
    log,
    bounds: { bytes: 1_000_000, items: 10_000, heapBytes: 10_000_000, ...bounds },
    clock: () => 0,
    snapshots: { logBytes: 100_000, everyMs: 60_000 },
    events: {
      commitDue: () => {},
      committed(updates, stored) {
        committed.push(...updates);
        told.push(...stored.values());
      },
      repaired: () => void drops.push("repaired"),
      dropped: (cause) => void drops.push(cause),
      listenerFailed: (error) => void faults.push(error),
    },
  }, 0);
  return { replica, log, committed, told, drops, faults };
}

/** A page with its own document, which may draw. */
function page(clientId: number) {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  const writer: Writer = {
    clientId,
    clientIds: new Set([clientId]),
    spend: () => {},
    mayWrite: (root) => root === "whiteboard",
    ownsClient: (id) => id === clientId,
  };
  const edit = (change: (doc: Y.Doc) => void): Uint8Array => {
    const before = Y.encodeStateVector(doc);
    change(doc);
    return Y.encodeStateAsUpdate(doc, before);
  };
  return { writer, edit };
}

const record = (x: number) => new Y.Map<unknown>([["x", x]]);

Deno.test("a change is handed out after its commit, as the document said it, with its clock", async () => {
  const { replica, log, committed, told } = await openReplica();
  const { writer, edit } = page(7);
  replica.receive(edit((doc) => whiteboardOf(doc).set("shape:a", record(1))), writer, 5);
  expect(committed).toEqual([]);
  expect(log.rows).toEqual([]);
  await replica.commit(6);
  expect(committed.map(({ from }) => from)).toEqual([writer]);
  expect(log.rows).toMatchObject([{ seq: 1, at: 5, update: committed[0]?.update }]);
  expect(told).toEqual([[[7, 2]]]);
});

Deno.test("a listener that throws costs nobody a change", async () => {
  const { replica, log, drops, faults } = await openReplica();
  const { writer, edit } = page(7);
  for (const event of ["afterTransaction", "update"] as const) {
    replica.doc.on(event, () => {
      throw new Error("broken");
    });
  }
  replica.receive(edit((doc) => whiteboardOf(doc).set("shape:a", record(1))), writer, 0);
  replica.receive(edit((doc) => whiteboardOf(doc).set("shape:b", record(2))), writer, 1);
  await replica.commit(2);
  expect(log.rows.map(({ at }) => at)).toEqual([0, 1]);
  expect(drops).toEqual([]);
  expect(faults.length).toBe(4);
});

Deno.test("an answer holds only what is in the log by then, and waits for it", async () => {
  const { replica } = await openReplica();
  const { writer, edit } = page(7);
  replica.receive(edit((doc) => whiteboardOf(doc).set("shape:a", record(1))), writer, 0);
  let answer: Uint8Array | null = null;
  replica.ask(writer, new Uint8Array([0]), (update) => answer = update);
  const committing = replica.commit(0);
  replica.receive(edit((doc) => whiteboardOf(doc).set("shape:late", record(1))), writer, 0);
  expect(answer).toBeNull();
  await committing;
  const doc = new Y.Doc();
  Y.applyUpdate(doc, answer as unknown as Uint8Array);
  expect(whiteboardOf(doc).toJSON()).toEqual({ "shape:a": { x: 1 } });
});

Deno.test("those who ask at once for the same get one answer, made once", async () => {
  const { replica } = await openReplica();
  const { writer, edit } = page(7);
  replica.receive(edit((doc) => whiteboardOf(doc).set("shape:a", record(1))), writer, 0);
  await replica.commit(0);
  const all = new Uint8Array([0]);
  const whatIsNew = Y.encodeStateVector(replica.doc);
  const answers: Uint8Array[] = [];
  for (const stateVector of [all, whatIsNew, all.slice()]) {
    replica.ask(page(8).writer, stateVector, (update) => answers.push(update));
  }
  await replica.commit(1);
  const [first, second, third] = answers;
  expect(third).toBe(first);
  expect(second).not.toEqual(first);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, first as Uint8Array);
  expect(whiteboardOf(doc).toJSON()).toEqual({ "shape:a": { x: 1 } });
});

Deno.test("what brings nothing new is not logged, but its author is told that it is stored", async () => {
  const { replica, log, told } = await openReplica();
  const { writer, edit } = page(7);
  const update = edit((doc) => whiteboardOf(doc).set("shape:a", record(1)));
  replica.receive(update, writer, 0);
  await replica.commit(0);
  replica.receive(update, writer, 1);
  await replica.commit(1);
  expect(log.rows.length).toBe(1);
  expect(told).toEqual([[[7, 2]], [[7, 2]]]);
});

Deno.test("the tripwire drops the document when a client's change got into the server's roots", async () => {
  const { replica, log, committed, drops } = await openReplica();
  replica.write(0, (doc) => void whiteboardOf(doc).set("shape:kept", record(1)));
  await replica.commit(0);
  const { writer, edit } = page(7);
  const forgery = edit((doc) => chatOf(doc).push([new Y.Map([["text", "forged"]])]));
  // Past the guard, as if it had a hole.
  Y.applyUpdate(replica.doc, forgery, writer);
  const honest = edit((doc) => whiteboardOf(doc).set("shape:a", record(1)));
  expect(() => replica.receive(honest, writer, 1)).toThrow("belongs to the server");
  expect(drops).toEqual(["tripwire"]);
  await replica.commit(1);
  expect(log.rows.length).toBe(1);
  expect(committed.length).toBe(1);
  await replica.rebuild(1000);
  expect(replica.usable).toBe(true);
  expect(replica.doc.toJSON()).toMatchObject({ chat: [], whiteboard: { "shape:kept": { x: 1 } } });
});

Deno.test("a failed commit drops the document; waiting answers come from the rebuilt one", async () => {
  const { replica, log, committed, drops } = await openReplica();
  const { writer, edit } = page(7);
  const update = edit((doc) => whiteboardOf(doc).set("shape:a", record(1)));
  log.full = true;
  replica.receive(update, writer, 0);
  const settled = replica.settled();
  let answers = 0;
  replica.ask(writer, new Uint8Array([0]), () => answers++);
  await replica.commit(0);
  await expect(settled).rejects.toMatchObject({ code: "unavailable" });
  expect([drops, committed, answers]).toEqual([["storage"], [], 0]);

  log.full = false;
  await replica.rebuild(1000);
  replica.receive(update, writer, 1);
  await replica.commit(1);
  expect([log.rows.length, answers]).toEqual([1, 1]);
});

Deno.test("closing leaves a snapshot from which the next opening starts", async () => {
  const { replica, log } = await openReplica();
  replica.write(0, (doc) => void whiteboardOf(doc).set("shape:a", record(1)));
  await replica.close(9);
  expect(log.snapshot).toMatchObject({ seq: 1, at: 9 });
  const again = await openReplica(log);
  expect(whiteboardOf(again.replica.doc).toJSON()).toEqual({ "shape:a": { x: 1 } });
  await again.replica.close(10);
  expect(log.snapshot?.at).toBe(9);
});

Deno.test("a document that is full by its items or its memory takes deletions, and goes on when there is room again", async () => {
  for (const bounds of [{ items: 500 }, { heapBytes: 200_000 }]) {
    const { replica, log } = await openReplica(new MemoryLog(), bounds);
    const { writer, edit } = page(7);
    // Deleting leaves an item for the key and one for all that it held.
    const fields = Array.from({ length: 10 }, (_, n): [string, number] => [`f${n}`, n]);
    let drawn = 0;
    const draw = () =>
      replica.receive(
        edit((doc) => whiteboardOf(doc).set(`shape:${drawn++}`, new Y.Map(fields))),
        writer,
        0,
      );
    expect(() => {
      for (let n = 0; n < 1000; n++) draw();
    }).toThrow("document is full");
    expect(drawn).toBeGreaterThan(30);
    await replica.commit(0);
    expect(log.rows.length).toBe(drawn - 1);
    expect(whiteboardOf(replica.doc).size).toBe(drawn - 1);
    // What was refused isn't in the page's document any more: it comes back with a fresh one.
    const fresh = page(8);
    const clear = fresh.edit((doc) => {
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(replica.doc));
      whiteboardOf(doc).clear();
    });
    replica.receive(clear, fresh.writer, 1);
    replica.receive(
      fresh.edit((doc) => whiteboardOf(doc).set("shape:new", record(2))),
      fresh.writer,
      1,
    );
    expect(whiteboardOf(replica.doc).toJSON()).toEqual({ "shape:new": { x: 2 } });
    await replica.close(2);
  }
});

Deno.test("text that is typed letter by letter counts for what it comes to", async () => {
  const { replica } = await openReplica(new MemoryLog(), { items: 50, heapBytes: 20_000 });
  const { writer, edit } = page(7);
  const typing = { ...writer, mayWrite: () => true };
  const text = new Y.Text();
  replica.receive(edit((doc) => filesOf(doc).set("f", new Y.Map([["text", text]]))), typing, 0);
  for (let n = 0; n < 1000; n++) replica.receive(edit(() => text.insert(n, "a")), typing, 0);
  expect(fileOf(replica.doc, "f")?.text.length).toBe(1000);
});

Deno.test("a document whose snapshot can't be read is loaded from what can, and it is told", async () => {
  const log = new MemoryLog();
  const { replica } = await openReplica(log);
  replica.write(1, (doc) => whiteboardOf(doc).set("p:1/a", new Y.Map([["x", 7]])));
  await replica.checkpoint(2);
  log.snapshot = { ...log.snapshot!, state: new Uint8Array([255, 255, 255]) };
  const again = await openReplica(log);
  expect(again.drops).toEqual(["repaired"]);
  expect(whiteboardOf(again.replica.doc).size).toBe(1);
});
