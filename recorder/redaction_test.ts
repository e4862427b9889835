import { expect } from "@std/expect";
import * as Y from "yjs";
import { displayAt, readRuns } from "../rooms/contract/document/reading.ts";
import { chatOf, openRoots, runsOf } from "../rooms/contract/document/schema.ts";
import { withoutPauses, type Written, writtenIn } from "./redaction.ts";

interface Page {
  doc: Y.Doc;
  now(): Written;
  state(): Uint8Array;
}

function openPage(): Page {
  const doc = new Y.Doc();
  openRoots(doc);
  const state = () => Y.encodeStateAsUpdate(doc);
  return { doc, state, now: () => writtenIn([state()]) };
}

function run(doc: Y.Doc, id: string, startedAt: number): Y.Text {
  const output = new Y.Text();
  runsOf(doc).push([
    new Y.Map<unknown>([["id", id], ["startedAt", startedAt], ["output", output]]),
  ]);
  return output;
}

const say = (doc: Y.Doc, text: string) =>
  chatOf(doc).push([new Y.Map<unknown>([["text", text], ["at", 0]])]);

function shown(state: Uint8Array): { chat: unknown[]; runs: unknown[] } {
  const doc = new Y.Doc();
  openRoots(doc);
  Y.applyUpdate(doc, state);
  const chat = chatOf(doc).map((message) => message.get("text"));
  const runs = readRuns(doc).map(({ id, output }) => `${id}: ${output}`);
  doc.destroy();
  return { chat, runs };
}

Deno.test("what was said, run and printed in pauses goes, whatever time a page gives it, and the rest stays", () => {
  const { doc, now, state } = openPage();
  say(doc, "before");
  const long = run(doc, "long", 1);
  long.insert(0, "one ");
  const pauses: { from: Written; to: Written | null }[] = [];
  for (const secret of ["secret1", "secret2"]) {
    const from = now();
    say(doc, secret);
    long.insert(long.length, `${secret} `);
    // A page whose clock is wrong, or that lies.
    run(doc, secret, 0).insert(0, secret);
    pauses.push({ from, to: now() });
    say(doc, `after ${pauses.length}`);
    long.insert(long.length, `open${pauses.length} `);
  }
  run(doc, "late", 0).insert(0, "late");
  const redacted = withoutPauses(state(), pauses);
  expect(shown(redacted)).toEqual({
    chat: ["before", "after 1", "after 2"],
    runs: ["long: one open1 open2 ", "late: late"],
  });
  expect(new TextDecoder().decode(redacted)).not.toContain("secret");
  // Once is as good as twice, and what comes later still fits.
  expect(shown(withoutPauses(redacted, pauses))).toEqual(shown(redacted));
  const before = Y.encodeStateVector(doc);
  long.insert(long.length, "end");
  const later = Y.mergeUpdates([redacted, Y.encodeStateAsUpdate(doc, before)]);
  expect(shown(later).runs[0]).toBe("long: one open1 open2 end");
});

Deno.test("after a pause that nothing follows, all that was written since is of the pause", () => {
  const { doc, now, state } = openPage();
  say(doc, "open");
  const from = now();
  say(doc, "secret");
  expect(shown(withoutPauses(state(), [{ from, to: null }])).chat).toEqual(["open"]);
  expect(shown(withoutPauses(state(), [])).chat).toEqual(["open", "secret"]);
});

Deno.test("the tables and results that a run gave in a pause go with their marks, and what isn't a run stays", () => {
  const { doc, now, state } = openPage();
  runsOf(doc).insert(0, [7, new Y.Array()]);
  const output = run(doc, "long", 1);
  const map = readRuns(doc)[0]!.map;
  const displays = new Y.Array<unknown>();
  map.set("displays", displays);
  const show = (cell: string) =>
    doc.transact(() => {
      displays.push([{ kind: "table", columns: [cell], rows: [] }]);
      output.insert(output.length, "\ufffc");
    });
  show("before");
  const from = now();
  show("secret1");
  map.set("tests", [{ id: "t", name: "", passed: true, got: "secret2" }]);
  const pause = { from, to: now() };
  show("after");
  const redacted = new Y.Doc();
  const bytes = withoutPauses(state(), [pause]);
  Y.applyUpdate(redacted, bytes);
  const [shownRun] = readRuns(redacted);
  expect(shownRun?.output.toString()).toBe("\ufffc\ufffc");
  expect([0, 1].map((index) => displayAt(shownRun!.map, index)))
    .toMatchObject([{ columns: ["before"] }, { columns: ["after"] }]);
  expect(shownRun?.tests).toBeNull();
  expect(runsOf(redacted).get(0)).toBe(7);
  expect(new TextDecoder().decode(bytes)).not.toContain("secret");
});
