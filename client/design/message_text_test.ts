import { expect } from "@std/expect";
import { piecesOf } from "./message_text.ts";

Deno.test("An address in a sentence becomes a link without the sentence's end", () => {
  expect(piecesOf("See https://a.example/x?y=1#z.")).toEqual([
    { kind: "text", text: "See " },
    { kind: "link", text: "https://a.example/x?y=1#z", href: "https://a.example/x?y=1#z" },
    { kind: "text", text: "." },
  ]);
});

Deno.test("A bracket that opens within an address closes it", () => {
  const link = piecesOf("(https://a.example/wiki/Set_(maths))")[1];
  expect(link?.text).toBe("https://a.example/wiki/Set_(maths)");
});

Deno.test("Only http and https become links", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://"]) {
    expect(piecesOf(text).every((piece) => piece.kind !== "link")).toBe(true);
  }
});

Deno.test("Marks of code make code, and nothing inside is read further", () => {
  expect(piecesOf("use `https://a.example` here")).toEqual([
    { kind: "text", text: "use " },
    { kind: "code", text: "https://a.example" },
    { kind: "text", text: " here" },
  ]);
});

Deno.test("A fenced block keeps its lines and loses its fence and language", () => {
  expect(piecesOf("look:\n```python\nfor i in x:\n  print(i)\n```\nok?")).toEqual([
    { kind: "text", text: "look:" },
    { kind: "block", text: "for i in x:\n  print(i)" },
    { kind: "text", text: "ok?" },
  ]);
});

Deno.test("The lines of the fences are no lines of the block", () => {
  expect(piecesOf("```\nx = 1\n```")).toEqual([{ kind: "block", text: "x = 1" }]);
  expect(piecesOf("```js \nx\n\n  ```")).toEqual([{ kind: "block", text: "x\n" }]);
  expect(piecesOf("```x = 1```")).toEqual([{ kind: "block", text: "x = 1" }]);
});

Deno.test("An unclosed mark stays what was typed", () => {
  expect(piecesOf("5 ` 6 and ```")).toEqual([{ kind: "text", text: "5 ` 6 and ```" }]);
});
