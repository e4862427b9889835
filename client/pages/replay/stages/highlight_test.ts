import { expect } from "@std/expect";
import { highlight } from "./highlight.ts";

const kinds = (text: string, language: string) =>
  highlight(text, language).flat().filter(({ kind }) => kind !== "plain")
    .map(({ kind, text }) => `${kind} ${text}`);

Deno.test("comments, strings, numbers and keywords are told apart", () => {
  expect(kinds('def f(x): # say\n  return "a\\"b" + 12.5', "python")).toEqual([
    "keyword def",
    "comment # say",
    "keyword return",
    'string "a\\"b"',
    "number 12.5",
  ]);
  expect(kinds("SELECT 'it' -- why\nFROM t", "sql"))
    .toEqual(["keyword SELECT", "string 'it'", "comment -- why", "keyword FROM"]);
});

Deno.test("what goes over several lines is coloured on each", () => {
  expect(kinds("/* a\nb */ let x", "typescript"))
    .toEqual(["comment /* a", "comment b */", "keyword let"]);
  expect(highlight('"open\nnext', "javascript").map((line) => line.map(({ kind }) => kind)))
    .toEqual([["string"], ["plain"]]);
});

Deno.test("tokens joined are the text, whatever it is", () => {
  const texts = ["", "\n\n", "a ≠ b 𝑥 `${q", "'''", "x/=2--y\t#", "\u00e9t\u00e9 = 3\n"];
  for (const language of ["python", "lua", "c", "ruby", "javascript", "unknown"]) {
    for (const text of texts) {
      const joined = highlight(text, language)
        .map((line) => line.map((token) => token.text).join("")).join("\n");
      expect(joined).toBe(text);
    }
  }
});
