import { expect } from "@std/expect";
import * as Y from "yjs";
import type { LogEntry } from "../../../../rooms/contract/recording/log_entries.ts";
import { fileOf } from "../../../../rooms/contract/document/reading.ts";
import { filesOf, openRoots } from "../../../../rooms/contract/document/schema.ts";
import { LessonDocument } from "./lesson_document.ts";

/** A minute of typing: one letter a second, and the text that stood there after each. */
function typing(): { entries: LogEntry[]; textAt: (atMs: number) => string } {
  const doc = new Y.Doc();
  openRoots(doc);
  const file = new Y.Map<unknown>();
  const text = new Y.Text();
  filesOf(doc).set("f", file);
  file.set("text", text);
  const entries: LogEntry[] = [{
    kind: "snapshot",
    atMs: 0,
    payload: Y.encodeStateAsUpdate(doc),
  }];
  let atMs = 0;
  doc.on("update", (payload: Uint8Array) => entries.push({ kind: "update", atMs, payload }));
  const texts = [""];
  for (let second = 1; second <= 60; second++) {
    atMs = second * 1000;
    if (second % 7 === 0) text.delete(0, 2);
    else text.insert(text.length, String.fromCharCode(97 + second % 26));
    texts.push(text.toString());
  }
  return { entries, textAt: (at) => texts[Math.floor(at / 1000)] ?? "" };
}

const shown = (lesson: LessonDocument) => String(fileOf(lesson.doc, "f")?.text);

Deno.test("at every time, in every order, the document is as it was", () => {
  const { entries, textAt } = typing();
  const lesson = new LessonDocument();
  for (const atMs of [0, 999, 1000, 5500, 60_000, 59_999, 7000, 7000, 30_000, 100, 42_424]) {
    lesson.moveTo(atMs, 0, entries);
    expect(shown(lesson)).toBe(textAt(atMs));
  }
});

Deno.test("forward the document stays the same one; backward and in another segment it is a new one", () => {
  const { entries } = typing();
  const lesson = new LessonDocument();
  expect(lesson.moveTo(1000, 0, entries).replaced).toBe(true);
  const { doc } = lesson;
  const moved = lesson.moveTo(3000, 0, entries);
  expect([moved.replaced, [...moved.changed]]).toEqual([false, ["files"]]);
  expect(lesson.doc).toBe(doc);
  expect(lesson.moveTo(3500, 0, entries).changed.size).toBe(0);
  expect(lesson.moveTo(2000, 0, entries).replaced).toBe(true);
  expect(lesson.moveTo(2000, 1, entries).replaced).toBe(true);
});

Deno.test("a segment that does not hang together with the one before is played from its own snapshot", () => {
  const { entries } = typing();
  const after = new Y.Doc();
  openRoots(after);
  const file = new Y.Map<unknown>();
  filesOf(after).set("f", file);
  file.set("text", new Y.Text("after the pause"));
  const lesson = new LessonDocument();
  lesson.moveTo(60_000, 0, entries);
  lesson.moveTo(90_000, 1, [
    { kind: "snapshot", atMs: 80_000, payload: Y.encodeStateAsUpdate(after) },
  ]);
  expect(shown(lesson)).toBe("after the pause");
});

Deno.test("entries that come while the lesson runs are played from where it stood", () => {
  const { entries, textAt } = typing();
  const known = entries.slice(0, 10);
  const lesson = new LessonDocument();
  lesson.moveTo(50_000, 0, known);
  expect(shown(lesson)).toBe(textAt(9000));
  known.push(...entries.slice(10));
  expect(lesson.moveTo(50_000, 0, known).replaced).toBe(false);
  expect(shown(lesson)).toBe(textAt(50_000));
});

Deno.test("who speaks is known at each time", () => {
  const speaker = (atMs: number, id: string): LogEntry => ({
    kind: "speaker",
    atMs,
    payload: new TextEncoder().encode(id),
  });
  const entries = [speaker(10, "mia"), speaker(20, ""), speaker(30, "ada")];
  const lesson = new LessonDocument();
  const heard = [5, 10, 25, 30, 12].map((atMs) => {
    lesson.moveTo(atMs, 0, entries);
    return lesson.speaker;
  });
  expect(heard).toEqual([null, "mia", null, "ada", "mia"]);
});
