import { expect } from "@std/expect";
import * as Y from "yjs";
import {
  displayAt,
  hasRecords,
  readChat,
  readFiles,
  readRecords,
  readRuns,
  readTests,
} from "./reading.ts";
import { chatOf, filesOf, openRoots, runsOf, whiteboardOf } from "./schema.ts";

function opened(): Y.Doc {
  const doc = new Y.Doc();
  openRoots(doc);
  return doc;
}

Deno.test("what is no file, run, record or message reads as if it weren't there", () => {
  const doc = opened();
  for (const odd of [7, null, "x", [1], new Y.Text("x"), new Y.Array(), new Y.Map()]) {
    const key = `odd${filesOf(doc).size}`;
    filesOf(doc).set(key, odd instanceof Y.AbstractType ? odd.clone() : odd);
    runsOf(doc).insert(0, [odd instanceof Y.AbstractType ? odd.clone() : odd]);
    if (!(odd instanceof Y.Map)) whiteboardOf(doc).set(`shape:${key}`, odd);
  }
  whiteboardOf(doc).set("no id", new Y.Map());
  chatOf(doc).push([7 as never]);
  expect([readFiles(doc), readRuns(doc), [...readRecords(whiteboardOf(doc))], readChat(doc)])
    .toEqual([[], [], [], []]);
  expect(hasRecords(doc)).toBe(false);

  filesOf(doc).set("f", new Y.Map<unknown>([["name", "main.py"], ["text", new Y.Text("a")]]));
  runsOf(doc).insert(3, [new Y.Map<unknown>([["id", "r"], ["output", new Y.Text("1")]])]);
  whiteboardOf(doc).set("shape:a", new Y.Map());
  expect(readFiles(doc).map(({ name }) => name)).toEqual(["main.py"]);
  expect(readRuns(doc).map(({ id }) => id)).toEqual(["r"]);
  expect(hasRecords(doc)).toBe(true);
});

Deno.test("a file or a run with wrong fields is read with neutral ones", () => {
  const doc = opened();
  const tests = new Y.Map<unknown>([["half", { name: "half" }], ["none", null]]);
  const text = new Y.Text("a");
  filesOf(doc).set("f", new Y.Map<unknown>([["name", 7], ["text", text], ["tests", tests]]));
  const [file] = readFiles(doc);
  expect(file).toMatchObject({ name: "unnamed", language: "", createdAt: 0 });
  expect(readTests(file!)).toEqual([]);

  runsOf(doc).push([
    new Y.Map<unknown>([
      ["id", {}],
      ["by", "s\0a"],
      ["startedAt", NaN],
      ["output", new Y.Text()],
      ["exit", "never"],
      ["tests", [{ id: "t" }]],
      ["displays", Y.Array.from([7, { kind: "table", columns: [], rows: [[1]] }])],
    ]),
  ]);
  const [run] = readRuns(doc);
  expect(run).toMatchObject({ id: "", by: "", startedAt: 0, exit: null, tests: null });
  expect([0, 1, 2].map((n) => displayAt(run!.map, n))).toEqual([undefined, undefined, undefined]);
});
