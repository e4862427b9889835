import { expect } from "@std/expect";
import * as Y from "yjs";
import {
  type Attack,
  bySender,
  map,
  one,
  testAttacks,
  text,
} from "../../../tests/fuzz/guard/attack.ts";
import {
  type ForgedContent,
  type ForgedItem,
  forgeUpdate,
} from "../../../tests/fuzz/guard/forge.ts";
import { CLIENTS, openMeeting, rightsFor } from "../../../tests/fuzz/guard/meeting.ts";
import { judgeUpdate } from "./guard.ts";
import { filesOf, runsOf, whiteboardOf } from "../../contract/document/schema.ts";
import { MAX_CHUNK_BYTES } from "../../contract/document/schema_board.ts";
import {
  MAX_CELL_CHARS,
  MAX_GOT_CHARS,
  MAX_TEST_TEXT_CHARS,
} from "../../contract/document/schema_code.ts";

const { sender, earlier } = CLIENTS;
const roots = ["whiteboard", "files", "runs"] as const;
const array: ForgedContent = { kind: "type", ref: 0 };
const value = (value: unknown): ForgedContent => ({ kind: "values", values: [value] });
const inFirst = { client: sender, clock: 0 };

/** Something in a file that comes in the same update. */
const inNewFile = (item: ForgedItem) =>
  bySender({ parent: "files", key: "f2", content: map }, { parent: inFirst, ...item });
const inNewRun = (item: ForgedItem) =>
  bySender({ parent: "runs", content: map }, { parent: inFirst, ...item });

function wrong(root: string, name: string, update: Attack["update"], harm?: string): Attack {
  return { name, kind: "content", harm: harm ?? `changes ${root}`, roots, update };
}

const test = { name: "adds", createdAt: 1, kind: "output", input: "1", expected: "2" };
const result = { id: "t", name: "adds", passed: true, got: "2" };
const image = { kind: "image", mime: "image/png", bytes: new Uint8Array(3) };
const table = { kind: "table", columns: ["a"], rows: [["1"]] };

testAttacks([
  wrong(
    "runs",
    "a number in front of a run",
    ({ run }) => bySender({ rightOrigin: run, content: one }),
  ),
  wrong("runs", "a number behind the runs", ({ run }) => bySender({ origin: run, content: one })),
  wrong(
    "runs",
    "bytes among the runs",
    () => bySender({ parent: "runs", content: { kind: "bytes", bytes: Uint8Array.of(1) } }),
  ),
  wrong("runs", "a text among the runs", () => bySender({ parent: "runs", content: text })),
  wrong("runs", "a list among the runs", () => bySender({ parent: "runs", content: array })),
  wrong(
    "files",
    "a plain value as a file",
    () => bySender({ parent: "files", key: "f2", content: one }),
  ),
  wrong("files", "a text as a file", () => bySender({ parent: "files", key: "f2", content: text })),
  wrong(
    "files",
    "a file under an id that a database would cut off",
    () => bySender({ parent: "files", key: "f\0x", content: map }),
  ),
  wrong(
    "files",
    "a plain value over a file",
    ({ file }) => bySender({ origin: file, content: one }),
  ),
  wrong(
    "files",
    "a plain text as a file's text",
    () => inNewFile({ key: "text", content: value("a") }),
  ),
  wrong("files", "a list as a file's text", () => inNewFile({ key: "text", content: array })),
  wrong(
    "files",
    "a plain value over a file's text",
    ({ code }) => bySender({ origin: code, content: one }),
  ),
  wrong("files", "a field that files don't have", () => inNewFile({ key: "owner", content: one })),
  wrong("files", "a number as a file's name", () => inNewFile({ key: "name", content: one })),
  wrong(
    "files",
    "a name of a thousand characters",
    () => inNewFile({ key: "name", content: value("n".repeat(1000)) }),
  ),
  wrong(
    "files",
    "a text as a file's time",
    () => inNewFile({ key: "createdAt", content: value("1") }),
  ),
  wrong(
    "files",
    "no number as a file's time",
    () => inNewFile({ key: "createdAt", content: value(NaN) }),
  ),
  wrong(
    "files",
    "plain values as a file's tests",
    () => inNewFile({ key: "tests", content: value({}) }),
  ),
  ...[
    null,
    7,
    { ...test, kind: "other" },
    { ...test, more: 1 },
    { ...test, input: undefined },
    { ...test, expected: "x".repeat(MAX_TEST_TEXT_CHARS + 1) },
  ].map((written, n) =>
    wrong("files", `a test that is none (${n})`, () =>
      bySender(
        { parent: "files", key: "f2", content: map },
        { parent: inFirst, key: "tests", content: map },
        { parent: { client: sender, clock: 1 }, key: "t", content: value(written) },
      ))
  ),
  wrong("runs", "a field that runs don't have", () => inNewRun({ key: "note", content: one })),
  wrong("runs", "a map as a run's output", () => inNewRun({ key: "output", content: map })),
  wrong(
    "runs",
    "a plain text as a run's output",
    () => inNewRun({ key: "output", content: value("a") }),
  ),
  wrong("runs", "an id with U+0000", () => inNewRun({ key: "id", content: value("s\0a") })),
  wrong("runs", "an id that is a number", () => inNewRun({ key: "id", content: one })),
  wrong(
    "runs",
    "an exit that no run has",
    () => inNewRun({ key: "exit", content: value("never") }),
  ),
  wrong(
    "runs",
    "results that are no list",
    () => inNewRun({ key: "tests", content: value("passed") }),
  ),
  wrong(
    "runs",
    "a result that is too long",
    () =>
      inNewRun({
        key: "tests",
        content: value([{ ...result, got: "x".repeat(MAX_GOT_CHARS + 1) }]),
      }),
  ),
  wrong(
    "runs",
    "a thousand results",
    () => inNewRun({ key: "tests", content: value(Array(1000).fill(result)) }),
  ),
  ...[
    { ...image, mime: "text/html" },
    { ...image, bytes: [1] },
    { ...table, rows: [["x".repeat(MAX_CELL_CHARS + 1)]] },
    { ...table, rows: [[1]] },
    { ...table, rows: {} },
    "a table",
  ].map((display, n) =>
    wrong("runs", `a display that can't be shown (${n})`, () =>
      bySender(
        { parent: "runs", content: map },
        { parent: inFirst, key: "displays", content: array },
        // The second of the values that one struct brings.
        {
          parent: { client: sender, clock: 1 },
          content: { kind: "values", values: [table, display] },
        },
      ))
  ),
  wrong(
    "whiteboard",
    "a plain value as a record",
    () => bySender({ parent: "whiteboard", key: "shape:3", content: one }),
  ),
  wrong(
    "whiteboard",
    "a record under a name that is no id",
    () => bySender({ parent: "whiteboard", key: "shape", content: map }),
  ),
  wrong(
    "whiteboard",
    "a map as the schema",
    () => bySender({ parent: "whiteboard", key: "schema", content: map }),
  ),
  wrong(
    "whiteboard",
    "a text in a record",
    ({ shape }) => bySender({ parent: shape, key: "label", content: text }),
  ),
  wrong(
    "whiteboard",
    "plain props",
    ({ shape }) => bySender({ parent: shape, key: "props", content: value({ w: 1 }) }),
  ),
  wrong(
    "whiteboard",
    "a map in the props",
    ({ props }) => bySender({ parent: props, key: "start", content: map }),
  ),
  wrong(
    "whiteboard",
    "a plain value among a stroke's chunks",
    ({ segments }) => bySender({ parent: segments, content: one }),
  ),
  wrong("whiteboard", "a chunk that no page makes", ({ segments }) =>
    bySender({
      parent: segments,
      content: { kind: "bytes", bytes: new Uint8Array(MAX_CHUNK_BYTES + 1) },
    })),
  wrong(
    "whiteboard",
    "a value larger than a record may be",
    ({ shape }) => bySender({ parent: shape, key: "meta", content: value("x".repeat(300_000)) }),
  ),
  {
    ...wrong(
      "files",
      "a wrong value in a type that another of the sender's ids brings",
      () =>
        forgeUpdate([
          {
            client: sender,
            clock: 0,
            structs: [{ parent: { client: earlier, clock: 0 }, key: "name", content: one }],
          },
          { client: earlier, clock: 0, structs: [{ parent: "files", key: "f2", content: map }] },
        ]),
    ),
  },
]);

Deno.test("judgeUpdate lets people delete what has no place, write beside it, and put nothing into it", () => {
  const doc = openMeeting();
  const odd = new Y.Doc();
  Y.applyUpdate(odd, Y.encodeStateAsUpdate(doc));
  odd.clientID = CLIENTS.peer + 1;
  runsOf(odd).insert(0, [7, new Y.Array()]);
  filesOf(odd).set("f1", "plain");
  whiteboardOf(odd).set("odd", new Y.Map());
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(odd));

  const judged = (edit: (page: Y.Doc) => void) => {
    const page = new Y.Doc();
    Y.applyUpdate(page, Y.encodeStateAsUpdate(doc));
    page.clientID = sender;
    edit(page);
    // A page that comes back sends all that it has.
    return judgeUpdate(doc, Y.encodeStateAsUpdate(page), rightsFor(roots));
  };
  expect(judged((page) => runsOf(page).delete(0, 2))).toMatchObject({ ok: true, noop: false });
  expect(judged((page) => filesOf(page).delete("f1")).ok).toBe(true);
  expect(judged((page) => filesOf(page).set("f1", new Y.Map([["name", "a.py"]]))).ok).toBe(true);
  expect(judged((page) => whiteboardOf(page).delete("odd")).ok).toBe(true);
  expect(judged((page) => runsOf(page).insert(1, [new Y.Map([["id", "r"]])])).ok).toBe(true);
  expect(judged((page) => (runsOf(page).get(1) as Y.Array<unknown>).push([new Y.Map()])))
    .toMatchObject({ kind: "content" });
  expect(judged((page) => (whiteboardOf(page).get("odd") as Y.Map<unknown>).set("x", 1)))
    .toMatchObject({ kind: "content" });
});
