import { expect } from "@std/expect";
import type { TLRecord, TLShape, TLStore } from "tldraw";
import * as Y from "yjs";
import {
  canonicalBoard,
  drawShape,
  exchange,
  geoShape,
  openTestBoard,
  type TestBoard,
} from "./testing/board.ts";
import { OwnUndo } from "./own_undo.ts";
import { MAX_RECORD_CHARS, SCHEMA_KEY } from "../../../../rooms/contract/document/schema_board.ts";

function shapeOf(store: TLStore, id: string): TLShape | undefined {
  return store.allRecords().find((record) => record.id === `shape:${id}`) as TLShape | undefined;
}

function update(store: TLStore, id: string, change: (shape: TLShape) => unknown): void {
  const shape = shapeOf(store, id);
  if (shape === undefined) throw new Error(`no shape ${id}`);
  store.put([change(shape) as TLRecord]);
}

function pair(): [TestBoard, TestBoard] {
  return [openTestBoard({ clientId: 1 }), openTestBoard({ clientId: 2 })];
}

function settle(one: TestBoard, other: TestBoard): void {
  one.binding.flush();
  other.binding.flush();
  exchange(one.doc, other.doc);
  exchange(one.doc, other.doc);
}

function close(...boards: TestBoard[]): void {
  for (const board of boards) board.binding.destroy();
}

Deno.test("opening a board writes nothing, and the first shape brings its page along", () => {
  const [one, other] = pair();
  expect(one.root.size).toBe(0);
  one.store.put([geoShape("a")]);
  settle(one, other);
  expect(shapeOf(other.store, "a")).toEqual(shapeOf(one.store, "a"));
  expect([...one.root.keys()].sort())
    .toEqual(["document:document", "page:page", SCHEMA_KEY, "shape:a"]);
  expect(other.refusals).toEqual([]);
  close(one, other);
});

Deno.test("two people who change different properties of a shape at once both keep their change", () => {
  const [one, other] = pair();
  one.store.put([geoShape("a")]);
  settle(one, other);
  update(one.store, "a", (shape) => ({ ...shape, x: 40 }));
  update(other.store, "a", (shape) => ({ ...shape, props: { ...shape.props, color: "red" } }));
  one.binding.flush();
  // The other's change is not written yet when this one's arrives.
  exchange(one.doc, other.doc);
  settle(one, other);
  for (const { store } of [one, other]) {
    expect(shapeOf(store, "a")).toMatchObject({ x: 40, props: { color: "red" } });
  }
  close(one, other);
});

Deno.test("a shape deleted by one is gone for all, though another was changing it", () => {
  const [one, other] = pair();
  one.store.put([geoShape("a")]);
  settle(one, other);
  one.store.remove([geoShape("a").id]);
  update(other.store, "a", (shape) => ({ ...shape, x: 40 }));
  settle(one, other);
  expect(shapeOf(one.store, "a")).toBeUndefined();
  expect(shapeOf(other.store, "a")).toBeUndefined();
  close(one, other);
});

Deno.test("a shape put into a frame that another deleted at once is shown to nobody", () => {
  const [one, other] = pair();
  one.store.put([geoShape("frame"), geoShape("a")]);
  settle(one, other);
  one.store.remove([geoShape("frame").id]);
  update(other.store, "a", (shape) => ({ ...shape, parentId: "shape:frame" }));
  settle(one, other);
  expect(shapeOf(one.store, "a")).toBeUndefined();
  expect(canonicalBoard(one.store)).toBe(canonicalBoard(other.store));
  close(one, other);
});

Deno.test("two shapes put into each other at once make no ring on anybody's board", () => {
  const [one, other] = pair();
  one.store.put([geoShape("a"), geoShape("b")]);
  settle(one, other);
  update(one.store, "a", (shape) => ({ ...shape, parentId: "shape:b" }));
  update(other.store, "b", (shape) => ({ ...shape, parentId: "shape:a" }));
  settle(one, other);
  expect(shapeOf(one.store, "a")).toBeUndefined();
  expect(canonicalBoard(one.store)).toBe(canonicalBoard(other.store));
  close(one, other);
});

Deno.test("a growing stroke reaches the other side point for point", () => {
  const [one, other] = pair();
  const points = Array.from({ length: 120 }, (_, at) => ({ x: at * 3.37, y: at % 7, z: 0.5 }))
    .map((point) => ({ ...point, x: Math.round(point.x * 100) / 100 }));
  for (let length = 1; length <= points.length; length += 4) {
    one.store.put([drawShape("s", [{ type: "free", points: points.slice(0, length) }])]);
    settle(one, other);
    expect(shapeOf(other.store, "s")).toEqual(shapeOf(one.store, "s"));
  }
  close(one, other);
});

Deno.test("nothing is written while it is read-only, and what wasn't written yet is taken back", () => {
  const [one, other] = pair();
  one.store.put([geoShape("a")]);
  settle(one, other);
  const before = Y.encodeStateVector(other.doc);
  update(other.store, "a", (shape) => ({ ...shape, x: 99 }));
  other.store.put([geoShape("b")]);
  other.binding.setWritable(false);
  expect(shapeOf(other.store, "a")).toMatchObject({ x: 0 });
  expect(shapeOf(other.store, "b")).toBeUndefined();
  other.store.put([geoShape("c")]);
  other.binding.flush();
  expect(Y.encodeStateVector(other.doc)).toEqual(before);
  close(one, other);
});

Deno.test("bad records are skipped and reported, and the good ones beside them are shown", () => {
  const board = openTestBoard();
  const peer = openTestBoard();
  peer.store.put([geoShape("good")]);
  settle(board, peer);
  peer.doc.transact(() => {
    const nested = new Y.Map<unknown>();
    nested.set("type", "geo");
    nested.set("props", new Y.Map());
    peer.root.set("shape:empty", nested);
    peer.root.set("shape:text", "not a map");
    peer.root.set("shape:null", null);
    peer.root.set("nonsense", new Y.Map());
    peer.root.set("camera:page:page", new Y.Map());
    peer.root.set("__proto__", new Y.Map());
    const good = peer.root.get("shape:good") as Y.Map<unknown>;
    good.set("x", "left");
  }, "somebody else's program");
  exchange(board.doc, peer.doc);
  expect(shapeOf(board.store, "good")).toBeUndefined();
  expect(board.refusals.map(({ id }) => id).sort()).toEqual(
    [
      "__proto__",
      "camera:page:page",
      "nonsense",
      "shape:empty",
      "shape:good",
      "shape:null",
      "shape:text",
    ],
  );
  (peer.root.get("shape:good") as Y.Map<unknown>).set("x", 7);
  exchange(board.doc, peer.doc);
  expect(shapeOf(board.store, "good")).toMatchObject({ x: 7 });
  close(board, peer);
});

Deno.test("what goes over a bound is refused with a reason and taken back", async () => {
  const board = openTestBoard();
  const points = Array.from({ length: 20_001 }, (_, x) => ({ x, y: 0, z: 0.5 }));
  board.store.put([
    geoShape("fits"),
    drawShape("long", [{ type: "free", points }]),
    geoShape("large", { meta: { note: "x".repeat(MAX_RECORD_CHARS) } }),
  ]);
  board.binding.flush();
  await Promise.resolve();
  expect(board.refusals.map(({ id, reason }) => [id, reason])).toEqual([
    ["shape:long", "stroke-too-long"],
    ["shape:large", "record-too-large"],
  ]);
  expect(shapeOf(board.store, "long")).toBeUndefined();
  expect(shapeOf(board.store, "fits")).toBeDefined();
  expect(board.root.has("shape:large")).toBe(false);
  close(board);
});

Deno.test("a board written by a newer Lectern is neither changed nor lost", () => {
  const board = openTestBoard();
  board.store.put([geoShape("a")]);
  board.binding.flush();
  const schema = board.root.get(SCHEMA_KEY) as { sequences: Record<string, number> };
  const newer = {
    ...schema,
    sequences: { ...schema.sequences, "com.tldraw.shape.geo": 999 },
  };
  board.doc.transact(() => board.root.set(SCHEMA_KEY, newer), "network");
  expect(board.newer).toBe(true);
  board.store.put([geoShape("b")]);
  board.binding.flush();
  expect(board.root.has("shape:b")).toBe(false);
  expect(board.root.has("shape:a")).toBe(true);
  close(board);
});

Deno.test("a board of an older schema is migrated as it is opened, and written anew once", () => {
  const board = openTestBoard();
  board.store.put([geoShape("a")]);
  board.binding.flush();
  board.binding.destroy();
  const schema = board.root.get(SCHEMA_KEY) as { sequences: Record<string, number> };
  const { richText: _, ...older } = Object.fromEntries(
    (board.root.get("shape:a") as Y.Map<Y.Map<unknown>>).get("props")?.entries() ?? [],
  );
  const props = new Y.Map<unknown>(Object.entries({ ...older, text: "from last year" }));
  board.doc.transact(() => {
    (board.root.get("shape:a") as Y.Map<unknown>).set("props", props);
    board.root.set(SCHEMA_KEY, {
      ...schema,
      sequences: { ...schema.sequences, "com.tldraw.shape.geo": 9 },
    });
  });
  const reader = openTestBoard({ doc: board.doc, writable: false });
  expect(JSON.stringify(shapeOf(reader.store, "a"))).toContain("from last year");
  expect(reader.refusals).toEqual([]);
  expect(board.root.get(SCHEMA_KEY)).not.toEqual(schema);
  const writer = openTestBoard({ doc: board.doc });
  expect(board.root.get(SCHEMA_KEY)).toEqual(schema);
  expect(shapeOf(writer.store, "a")).toEqual(shapeOf(reader.store, "a"));
  close(reader, writer);
});

Deno.test("undo takes back one's own steps one by one and leaves others' work alone", () => {
  const [one, other] = pair();
  const undo = new OwnUndo(one.store, one.binding);
  undo.mark();
  one.store.put([geoShape("mine")]);
  undo.mark();
  update(one.store, "mine", (shape) => ({ ...shape, x: 50 }));
  one.binding.flush();
  settle(one, other);
  other.store.put([geoShape("theirs")]);
  update(other.store, "mine", (shape) => ({ ...shape, props: { ...shape.props, color: "red" } }));
  settle(one, other);
  undo.undo();
  settle(one, other);
  expect(shapeOf(one.store, "mine")).toMatchObject({ x: 0, props: { color: "red" } });
  expect(shapeOf(other.store, "mine")).toEqual(shapeOf(one.store, "mine"));
  undo.undo();
  settle(one, other);
  expect(shapeOf(other.store, "mine")).toBeUndefined();
  expect(shapeOf(one.store, "theirs")).toBeDefined();
  undo.redo();
  settle(one, other);
  expect(shapeOf(other.store, "mine")).toBeDefined();
  undo.destroy();
  close(one, other);
});
