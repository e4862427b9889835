import { displaysOf, readRuns } from "../../../../rooms/contract/document/reading.ts";
import { expect } from "@std/expect";
import * as Y from "yjs";
import { beginRun } from "../../../stages/code/document/runs.ts";
import { openRoots } from "../../../../rooms/contract/document/schema.ts";
import { outputRows, tableLines } from "./output_rows.ts";

function runWith(output: string, tables: string[][][]) {
  const doc = new Y.Doc();
  openRoots(doc);
  const run = beginRun(doc, { id: "r", fileId: "f", by: "p", language: "sql", startedAt: 0 });
  (run.get("output") as Y.Text).insert(0, output);
  const displays = displaysOf(run)!;
  displays.push(tables.map(([columns, ...rows]) => ({ kind: "table", columns: columns!, rows })));
  return readRuns(doc)[0]!;
}

const room = { width: 900, height: 200 };
const words = async (output: string, tables: string[][][] = []) =>
  (await outputRows(runWith(output, tables), room)).map((row) =>
    "pieces" in row ? row.pieces.map(({ text }) => text).join("") : "a picture"
  );

Deno.test("an output's rows are its lines, with each table in its place", async () => {
  const tables = [[["id", "name"], ["1", "Ada"]], [["n"], ["2"]]];
  expect(await words("first\n\ufffcthen\n\ufffc", tables))
    .toEqual(["first", "", "id  name", "1   Ada", "then", "", "n", "2"]);
  expect(await words("")).toEqual([]);
  expect(await words("a\nb\n")).toEqual(["a", "b"]);
});

Deno.test("of a long output the end is drawn, with the displays that belong there", async () => {
  const tables = Array.from({ length: 3 }, (_, index) => [["t"], [String(index)]]);
  const rows = await words(`\ufffc\ufffc${"x".repeat(9000)}\n\ufffc`, tables);
  expect(rows.slice(-2)).toEqual(["t", "2"]);
  expect(rows).not.toContain("0");
});

Deno.test("a table's columns stand under each other, whatever is missing in a row", () => {
  expect(tableLines({ columns: ["a", "long name"], rows: [["1"], ["22", "x", "too many"]] }))
    .toEqual(["a   long name", "1", "22  x"]);
});
