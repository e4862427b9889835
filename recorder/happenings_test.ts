import { expect } from "@std/expect";
import * as Y from "yjs";
import { chatOf, filesOf, openRoots, runsOf } from "../rooms/contract/document/schema.ts";
import { watchHappenings } from "./happenings.ts";
import type { Happening } from "./ports.ts";

function watched(before: (doc: Y.Doc) => void = () => {}): { doc: Y.Doc; told: Happening[] } {
  const doc = new Y.Doc();
  openRoots(doc);
  before(doc);
  const told: Happening[] = [];
  watchHappenings(doc, { board: 0, code: 0 }, () => 0, (happening) => told.push(happening));
  return { doc, told };
}

const run = (id: string) =>
  new Y.Map<unknown>([["id", id], ["by", "ada"], ["output", new Y.Text()]]);
const runsIn = (told: readonly Happening[]) =>
  told.flatMap((happening) => happening.type === "run" ? [happening.runId] : []);

Deno.test("each run is told once, wherever it is put and however many are kept", () => {
  const { doc, told } = watched((doc) => runsOf(doc).push([run("old")]));
  for (let n = 0; n < 30; n++) {
    doc.transact(() => {
      // As pages do: the oldest goes when a new one begins.
      if (runsOf(doc).length === 20) runsOf(doc).delete(0);
      runsOf(doc).push([run(`r${n}`)]);
    });
  }
  runsOf(doc).insert(0, [run("first")]);
  runsOf(doc).delete(3);
  expect(runsIn(told)).toEqual([...Array.from({ length: 30 }, (_, n) => `r${n}`), "first"]);
});

Deno.test("what isn't a run or a message is passed over, and what follows is told", () => {
  const { doc, told } = watched();
  runsOf(doc).insert(0, [7, new Y.Text("x"), new Y.Array(), new Y.Map([["id", "no output"]])]);
  runsOf(doc).insert(1, [run("r")]);
  chatOf(doc).push([7 as never]);
  chatOf(doc).push([new Y.Map<unknown>([["id", "m"], ["from", "ada"]])]);
  filesOf(doc).set("plain", 7);
  expect(told).toEqual([
    { type: "run", runId: "r", participantId: "ada" },
    { type: "chat", messageId: "m", participantId: "ada" },
  ]);
});
