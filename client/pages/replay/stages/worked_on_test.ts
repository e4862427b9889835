import { expect } from "@std/expect";
import * as Y from "yjs";
import type { RootName } from "../../../../rooms/contract/document/schema.ts";
import { filesOf, openRoots, whiteboardOf } from "../../../../rooms/contract/document/schema.ts";
import { shownStage, WorkedOn } from "./worked_on.ts";

const change = (...changed: RootName[]) => ({
  replaced: false,
  changed: new Set(changed),
  presenceChanged: false,
});
const entered = { replaced: true, changed: new Set<RootName>(), presenceChanged: true };

Deno.test("the stage stays for a while when one draws while another types", () => {
  const worked = new WorkedOn();
  worked.follow(change("whiteboard"), 10_000, []);
  worked.follow(change("files"), 11_000, []);
  expect(worked.stage).toBe("board");
  worked.follow(change("files"), 14_000, []);
  expect(worked.stage).toBe("code");
});

Deno.test("a lesson that is entered in its middle shows what its markers say", () => {
  const worked = new WorkedOn();
  worked.follow(entered, 5000, [{ type: "code", atMs: 2000 }, { type: "board", atMs: 9000 }]);
  expect(worked.stage).toBe("code");
});

Deno.test("whoever jumps over board and code sees what was worked on last", () => {
  const worked = new WorkedOn();
  worked.follow(change("whiteboard"), 1000, []);
  worked.follow(change("whiteboard", "files"), 90_000, [
    { type: "board", atMs: 900 },
    { type: "code", atMs: 80_000 },
  ]);
  expect(worked.stage).toBe("code");
});

Deno.test("a shared screen stands before board and code, unless the layout asks for one of them", () => {
  const doc = new Y.Doc();
  openRoots(doc);
  const choice = { layout: "all", worked: "code", screenShared: false } as const;
  expect(shownStage(doc, choice)).toBe("nothing");
  filesOf(doc).set("plain", 7);
  whiteboardOf(doc).set("shape:plain", 7);
  expect(shownStage(doc, choice)).toBe("nothing");
  filesOf(doc).set("a", new Y.Map([["text", new Y.Text()]]));
  expect(shownStage(doc, { ...choice, worked: "board" })).toBe("code");
  whiteboardOf(doc).set("page:1", new Y.Map());
  expect(shownStage(doc, { ...choice, worked: "board" })).toBe("board");
  expect(shownStage(doc, { ...choice, screenShared: true })).toBe("screen");
  expect(shownStage(doc, { ...choice, layout: "board", screenShared: true })).toBe("board");
});
