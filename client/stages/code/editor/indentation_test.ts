import { expect } from "@std/expect";
import { indent, type LineToken } from "./indentation.ts";

const code = (text: string): LineToken[][] => text.split("\n").map(() => [{ offset: 0, type: "" }]);

Deno.test("Brackets indent by one step for each line that opens some", () => {
  const text = "function f() {\nif (a) {\n      run(() => {\nx();\n});\n}\n}\n";
  expect(indent(text, "javascript", code(text))).toBe(
    "function f() {\n  if (a) {\n    run(() => {\n      x();\n    });\n  }\n}\n",
  );
  const two = "f({\n  a: [\n1,\n2,\n],\n});";
  expect(indent(two, "javascript", code(two))).toBe("f({\n  a: [\n    1,\n    2,\n  ],\n});");
});

Deno.test("Brackets in strings and comments don't count", () => {
  const text = 'a("{");\n  b();';
  const tokens = [
    [{ offset: 0, type: "" }, { offset: 2, type: "string.js" }, { offset: 5, type: "" }],
    [{ offset: 0, type: "" }],
  ];
  expect(indent(text, "javascript", tokens)).toBe('a("{");\nb();');
});

Deno.test("Python keeps its indentation; tabs become spaces and ends of lines are cut", () => {
  const text = "def f():\n\treturn 1   \n\nf()\t";
  expect(indent(text, "python", code(text))).toBe("def f():\n    return 1\n\nf()");
});
