import { expect } from "@std/expect";
import { readOutput } from "./output_text.ts";

const lesson = (name: string) => name === "main.py" || name === "lib/sums.js";

Deno.test("A place in a file of the lesson can be gone to, in Python's words and in everybody else's", () => {
  const text = 'File "main.py", line 3, in f\nlib/sums.js:12:5 and other.py:4';
  const places = readOutput(text, lesson).filter((piece) => piece.kind === "place");
  expect(places).toEqual([
    {
      kind: "place",
      text: 'File "main.py", line 3',
      colour: null,
      file: "main.py",
      line: 3,
      column: 1,
    },
    {
      kind: "place",
      text: "lib/sums.js:12:5",
      colour: null,
      file: "lib/sums.js",
      line: 12,
      column: 5,
    },
  ]);
});

Deno.test("Colours hold until they are changed, and other sequences show nothing", () => {
  expect(readOutput("a\x1b[31mb\x1b[1mc\x1b[0md\x1b[2J", lesson)).toEqual([
    { kind: "text", text: "a", colour: null, bold: false },
    { kind: "text", text: "b", colour: "red", bold: false },
    { kind: "text", text: "c", colour: "red", bold: true },
    { kind: "text", text: "d", colour: null, bold: false },
  ]);
});

Deno.test("Displays are counted where they stand", () => {
  const kinds = readOutput("x\ufffcy\ufffc", lesson).map((piece) =>
    piece.kind === "display" ? piece.index : piece.text
  );
  expect(kinds).toEqual(["x", 0, "y", 1]);
});
