import { expect } from "@std/expect";
import * as Y from "yjs";
import { carriedBoard, carriedFiles } from "./carry_over.ts";
import { chatOf, filesOf, whiteboardOf } from "../rooms/contract/document/schema.ts";

Deno.test("a board is carried with its strokes' bytes, and without what was deleted or said", () => {
  const doc = new Y.Doc();
  const stroke = new Y.Map<unknown>();
  const chunks = new Y.Array<Uint8Array>();
  chunks.push([new Uint8Array([1, 2]), new Uint8Array([3])]);
  stroke.set("props", new Y.Map<unknown>([["segments", chunks]]));
  whiteboardOf(doc).set("shape:a", stroke);
  whiteboardOf(doc).set("schema", { version: 2 });
  whiteboardOf(doc).set("shape:odd", 7);
  whiteboardOf(doc).set("odd", new Y.Map());
  whiteboardOf(doc).set("shape:gone", new Y.Map([["text", "taken back"]]));
  whiteboardOf(doc).delete("shape:gone");
  chatOf(doc).push([new Y.Map([["text", "a secret"]])]);

  const update = carriedBoard(doc);
  const later = new Y.Doc();
  Y.applyUpdate(later, update);
  expect(whiteboardOf(later).toJSON()).toEqual({
    "shape:a": { props: { segments: [new Uint8Array([1, 2]), new Uint8Array([3])] } },
    schema: { version: 2 },
  });
  expect([...later.share.keys()]).toEqual(["whiteboard"]);
  const text = new TextDecoder().decode(update);
  expect(text).not.toContain("secret");
  expect(text).not.toContain("taken back");
});

Deno.test("files are carried oldest first with their tests, and what is no file is left out", () => {
  const doc = new Y.Doc();
  const put = (id: string, fields: Record<string, unknown>) =>
    filesOf(doc).set(id, new Y.Map(Object.entries(fields)));
  const test = { name: "adds", createdAt: 1, kind: "output", input: "1 2", expected: "3" };
  put("b", { name: "b.py", language: "python", text: new Y.Text("print(2)"), createdAt: 2 });
  put("a", {
    name: "a.py",
    language: "python",
    text: new Y.Text("print(1)"),
    createdAt: 1,
    tests: new Y.Map<unknown>([["t", test], ["u", { name: "half" }], ["v", null]]),
  });
  put("plain", { name: "c.py", language: "python", text: "no shared text", createdAt: 3 });
  put("nameless", { name: 7, text: new Y.Text("pass"), createdAt: "soon" });
  filesOf(doc).set("odd", "not a map");

  expect(carriedFiles(doc)).toEqual([
    { name: "unnamed", language: "", text: "pass", createdAt: 0, tests: [] },
    { name: "a.py", language: "python", text: "print(1)", createdAt: 1, tests: [test] },
    { name: "b.py", language: "python", text: "print(2)", createdAt: 2, tests: [] },
  ]);
});
