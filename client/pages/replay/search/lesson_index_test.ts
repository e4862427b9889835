import { expect } from "@std/expect";
import * as Y from "yjs";
import type { LogEntry } from "../../../../rooms/contract/recording/log_entries.ts";
import { fileOf } from "../../../../rooms/contract/document/reading.ts";
import {
  chatOf,
  filesOf,
  openRoots,
  runsOf,
  whiteboardOf,
} from "../../../../rooms/contract/document/schema.ts";
import { LessonIndex } from "./lesson_index.ts";
import { itemOfEntry, itemsOfText } from "./moments.ts";

/** A document whose updates are kept with their times. */
function record() {
  const doc = new Y.Doc();
  openRoots(doc);
  const entries: LogEntry[] = [{ kind: "snapshot", atMs: 0, payload: Y.encodeStateAsUpdate(doc) }];
  let atMs = 0;
  doc.on("update", (payload: Uint8Array) => entries.push({ kind: "update", atMs, payload }));
  const at = (ms: number, change: () => void) => {
    atMs = ms;
    doc.transact(change);
  };
  const indexed = () => {
    const index = new LessonIndex({ p1: "Ada" });
    index.addSegment(entries);
    index.end(atMs);
    return index;
  };
  return { doc, entries, at, indexed };
}

const mapOf = (fields: Record<string, unknown>) => new Y.Map(Object.entries(fields));

Deno.test("chat, code, output and board are found at the time at which they were written", () => {
  const { doc, at, indexed } = record();
  at(5000, () => chatOf(doc).push([mapOf({ id: "c", from: "p1", text: "See the Quadratic one" })]));
  at(20_000, () => {
    filesOf(doc).set("f", mapOf({ name: "main.py", text: new Y.Text("print(discriminant)\n") }));
  });
  at(30_000, () => {
    runsOf(doc).push([
      mapOf({ id: "r", fileId: "f", output: new Y.Text("\x1b[31mNameError\x1b[39m\n") }),
    ]);
  });
  at(40_000, () => {
    const richText = {
      type: "doc",
      content: [{ content: [{ text: "the " }, { text: "vertex" }] }],
    };
    whiteboardOf(doc).set("shape:1", mapOf({ type: "text", props: mapOf({ richText }) }));
  });
  const index = indexed();
  expect(index.search("quadratic")).toEqual([
    { kind: "chat", atMs: 5000, text: "See the Quadratic one", where: "Ada" },
  ]);
  expect(index.search("DISCRIM").map(({ atMs, where }) => [atMs, where])).toEqual([[
    20_000,
    "main.py",
  ]]);
  expect(index.search("nameerror")).toEqual([
    { kind: "run", atMs: 30_000, text: "NameError", where: "Output of main.py" },
  ]);
  expect(index.search("the vertex")).toEqual([
    { kind: "board", atMs: 40_000, text: "the vertex", where: "Board" },
  ]);
  expect(index.search("  ")).toEqual([]);
});

Deno.test("a word that is being typed is found once, whole", () => {
  const { doc, at, indexed } = record();
  const text = new Y.Text();
  at(1000, () => filesOf(doc).set("f", mapOf({ name: "a.py", text })));
  for (const [index, letter] of [..."parabola"].entries()) {
    at(2000 + index * 300, () => text.insert(text.length, letter));
  }
  at(30_000, () => chatOf(doc).push([mapOf({ id: "c", from: "p1", text: "ok" })]));
  expect(indexed().search("para").map((find) => find.text)).toEqual(["parabola"]);
});

Deno.test("the time at which a line or a shape appeared is that of its last piece", () => {
  const { doc, at, indexed } = record();
  const text = new Y.Text("one\ntwo\n");
  at(1000, () => filesOf(doc).set("f", mapOf({ name: "a", text })));
  at(9000, () => text.insert(3, "!"));
  at(12_000, () => whiteboardOf(doc).set("shape:1", mapOf({ type: "geo" })));
  const index = indexed();
  expect(index.appeared(itemsOfText(text, 0, 4))).toBe(9000);
  expect(index.appeared(itemsOfText(text, 5, 8))).toBe(1000);
  expect(index.appeared(itemOfEntry(whiteboardOf(doc), "shape:1"))).toBe(12_000);
  expect(index.appeared([{ client: 1, clock: 99 }])).toBe(null);
});

Deno.test("it is silent where nobody speaks and nothing happens for a while", () => {
  const { doc, entries, at, indexed } = record();
  const speaker = (atMs: number, id: string) =>
    entries.push({ kind: "speaker", atMs, payload: new TextEncoder().encode(id) });
  speaker(1000, "p1");
  speaker(20_000, "");
  speaker(21_000, "p1");
  speaker(30_000, "");
  at(35_000, () => chatOf(doc).push([mapOf({ id: "c" })]));
  at(36_000, () => chatOf(doc).push([mapOf({ id: "d" })]));
  expect(indexed().silences).toEqual([{ fromMs: 30_000, toMs: 35_000 }]);
});

Deno.test("what was written within a second is found at a time at which it stands there", () => {
  const { doc, at, indexed } = record();
  at(5000, () => filesOf(doc).set("f", mapOf({ name: "a.js", text: new Y.Text("") })));
  const text = fileOf(doc, "f")!.text;
  at(5100, () => text.insert(0, "let "));
  at(5900, () => text.insert(4, "root"));
  at(9000, () => chatOf(doc).push([mapOf({ id: "c", from: "p1", text: "later" })]));
  expect(indexed().search("root")).toEqual([
    { kind: "code", atMs: 5900, text: "let root", where: "a.js" },
  ]);
});
