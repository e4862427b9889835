import { expect } from "@std/expect";
import * as Y from "yjs";
import { chatOf } from "../../../../../rooms/contract/document/schema.ts";
import { ChatLog, MAX_SHOWN } from "./chat_log.ts";

function write(doc: Y.Doc, from: string, ...texts: string[]): void {
  chatOf(doc).push(texts.map((text, index) => {
    const fields = { id: `${from}${index}${text}`, from, name: from, text, at: 1 };
    return new Y.Map<unknown>(Object.entries(fields));
  }));
}

Deno.test("Messages of others count as unread until they are seen; one's own never do", () => {
  const doc = new Y.Doc();
  write(doc, "mia", "before");
  const log = new ChatLog(doc, "ada");
  expect(log.unread.value).toBe(0);
  write(doc, "mia", "one", "two");
  write(doc, "ada", "mine");
  expect(log.unread.value).toBe(2);
  log.markSeen();
  expect(log.unread.value).toBe(0);
});

Deno.test("The past that comes with the first synchronisation is no news", () => {
  const doc = new Y.Doc();
  const log = new ChatLog(doc, "ada");
  const heard: string[] = [];
  log.onArrival((message) => heard.push(message.text));
  write(doc, "mia", "old", "older");
  expect(log.unread.value).toBe(0);
  expect(heard).toEqual([]);
  write(doc, "mia", "new");
  expect(log.unread.value).toBe(1);
  expect(heard).toEqual(["new"]);
});

Deno.test("A long chat shows its newest messages and says how many are not shown", () => {
  const doc = new Y.Doc();
  const log = new ChatLog(doc, "ada");
  write(doc, "mia", ...Array.from({ length: MAX_SHOWN + 7 }, (_, index) => String(index)));
  expect(log.messages.value.length).toBe(MAX_SHOWN);
  expect(log.messages.value.at(-1)?.text).toBe(String(MAX_SHOWN + 6));
  expect(log.hidden).toBe(7);
});

Deno.test("A closed log hears nothing more", () => {
  const doc = new Y.Doc();
  const log = new ChatLog(doc, "ada");
  log.close();
  write(doc, "mia", "late");
  expect(log.messages.value).toEqual([]);
});
