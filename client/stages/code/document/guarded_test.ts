/** What the code stage writes, judged by the server's guard as it would be. */
import { expect } from "@std/expect";
import * as Y from "yjs";
import { judgeUpdate } from "../../../../rooms/document/guard/guard.ts";
import {
  fileOf,
  readFiles,
  readRuns,
  readTests,
} from "../../../../rooms/contract/document/reading.ts";
import {
  MAX_FILE_NAME_CHARS,
  MAX_TEST_TEXT_CHARS,
} from "../../../../rooms/contract/document/schema_code.ts";
import { openRoots } from "../../../../rooms/contract/document/schema.ts";
import { addFile, removeFile, renameFile, setTest } from "./files.ts";
import { beginRun, MAX_RUNS, RunWriter } from "./runs.ts";

/** A page, and a server that takes what the guard accepts. */
function openPage(): { page: Y.Doc; server: Y.Doc; refused: string[] } {
  const [page, server] = [new Y.Doc(), new Y.Doc()];
  for (const doc of [page, server]) openRoots(doc);
  const refused: string[] = [];
  const rights = { mayWrite: () => true, ownsClient: (id: number) => id === page.clientID };
  page.on("update", (update: Uint8Array) => {
    // As it goes out, and as a page that comes back sends it.
    for (const bytes of [Y.encodeStateAsUpdate(page), update]) {
      const verdict = judgeUpdate(server, bytes, rights);
      if (!verdict.ok) refused.push(verdict.reason);
    }
    Y.applyUpdate(server, update);
  });
  return { page, server, refused };
}

Deno.test("the guard takes every file, name, test, text and undo of the code stage", () => {
  const { page, server, refused } = openPage();
  const id = addFile(page, "main.py", "print(1)\r\n", 1);
  addFile(page, `${"long".repeat(100)}.py`, "", 2);
  addFile(page, `${"long".repeat(100)}.py`, "", 3);
  const names = readFiles(server).map(({ name }) => name);
  expect(names[0]).toBe("main.py");
  expect(new Set(names).size).toBe(3);
  for (const name of names.slice(1)) {
    expect(name.length).toBeLessThanOrEqual(MAX_FILE_NAME_CHARS);
    expect(name).toMatch(/^long.*\.py$/);
  }

  const { text } = fileOf(page, id)!;
  const undo = new Y.UndoManager(text);
  text.insert(0, "# für Ada 😀\n");
  undo.stopCapturing();
  text.delete(3, 4);
  undo.undo();
  undo.undo();
  undo.redo();
  renameFile(page, id, "sum.js");
  const test = { name: "", createdAt: 4, kind: "output", input: "", expected: "" } as const;
  setTest(page, id, "t1", test);
  setTest(page, id, "t1", { ...test, name: "n".repeat(999) });
  setTest(page, id, "t2", { ...test, expected: "x".repeat(MAX_TEST_TEXT_CHARS + 1) });
  setTest(page, id, "t1", null);
  expect(readTests(fileOf(server, id)!).map(({ expected }) => expected.length))
    .toEqual([MAX_TEST_TEXT_CHARS]);
  removeFile(page, id);
  expect(refused).toEqual([]);
  undo.destroy();
});

Deno.test("the guard takes every run of the code stage, its output, displays and results", () => {
  const { page, server, refused } = openPage();
  const begin = (n: number) =>
    beginRun(page, { id: `r${n}`, fileId: "f", by: "ada", language: "python", startedAt: n });
  const writer = new RunWriter(page, begin(0));
  writer.stdout("one\n");
  writer.stderr("\ud800 two\n");
  writer.typed("three");
  writer.display({ kind: "table", columns: ["a"], rows: [["1"], ["2", "3"]] });
  writer.display({ kind: "image", mime: "image/png", bytes: new Uint8Array(100_000) });
  writer.note("four");
  writer.end(1.5, [{ id: "t", name: "adds", passed: false, got: "2" }]);
  writer.map.set("stop", "ben");
  for (const exit of ["stopped", "timeout", "truncated"] as const) {
    new RunWriter(page, begin(1)).end(exit);
  }
  for (let n = 0; n < MAX_RUNS; n++) begin(n);
  expect(readRuns(server).length).toBe(MAX_RUNS);
  expect(refused).toEqual([]);
});
