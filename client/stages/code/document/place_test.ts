import { expect } from "@std/expect";
import * as Y from "yjs";
import { indexIn, positionIn } from "./place.ts";

function texts(): { text: Y.Text; other: Y.Text } {
  const doc = new Y.Doc();
  const text = doc.getText("a");
  text.insert(0, "hello");
  return { text, other: doc.getText("b") };
}

Deno.test("A place stays with its letter while others write before it, in a few bytes", () => {
  const { text } = texts();
  const [start, middle, end] = [0, 3, 99].map((index) => positionIn(text, index));
  text.insert(2, "----");
  expect([indexIn(text, start), indexIn(text, middle), indexIn(text, end)]).toEqual([0, 7, 9]);
  expect(middle!.length).toBeLessThan(24);
});

Deno.test("A place in another text, or one that can't be read, is nowhere", () => {
  const { text, other } = texts();
  expect(indexIn(other, positionIn(text, 2))).toBe(null);
  for (const bad of [null, 7, {}, "", "%%%", "AAAA", btoa("\xff\xff\xff")]) {
    expect(indexIn(text, bad)).toBe(null);
  }
});
