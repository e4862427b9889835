import { expect } from "@std/expect";
import { MAX_EXPRESSION_CHARS, parseExpression } from "./expression.ts";

function valueOf(text: string, x = 0): number {
  const parsed = parseExpression(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.curve(x);
}

Deno.test("an expression has the value that it has on paper", () => {
  const cases: [text: string, x: number, value: number][] = [
    ["1 + 2 * 3", 0, 7],
    ["-x^2", 3, -9],
    ["2^3^2", 0, 512],
    ["2^-x", 1, 0.5],
    ["6/2x", 3, 9],
    ["3x^2 - 2x + 1", 2, 9],
    ["(x+1)(x-1)", 5, 24],
    ["2sin(x)+1", 0, 1],
    ["sin 2x", Math.PI / 4, 1],
    ["sin^2(x) + cos^2(x)", 1.234, 1],
    ["|x - 3| + |x|", 1, 3],
    ["2|x|", -4, 8],
    ["e^x", 0, 1],
    ["exp(x)", 1, Math.E],
    ["2pi x", 1, 2 * Math.PI],
    ["y = sqrt(x)", 16, 4],
    ["f(x) = ln(x)", 1, 0],
    ["log 100", 0, 2],
    ["0,5 · x", 3, 1.5],
    ["x − 1", 3, 2],
    ["x**2", 3, 9],
    ["--x", 3, 3],
  ];
  for (const [text, x, value] of cases) {
    expect([text, valueOf(text, x)]).toEqual([text, expect.closeTo(value, 9)]);
  }
});

Deno.test("where there is no value, there is none", () => {
  expect(valueOf("sqrt(x)", -1)).toBeNaN();
  expect(valueOf("1/x", 0)).toBe(Infinity);
});

Deno.test("what is no expression of x is refused in words", () => {
  const bad = [
    "",
    "   ",
    "x +",
    "(x",
    "x)",
    "|x",
    "alert(1)",
    "x;y",
    "constructor",
    "sin",
    "* 2",
    "x..y",
  ];
  for (const text of bad) {
    const parsed = parseExpression(text);
    expect([text, parsed.ok]).toEqual([text, false]);
  }
});

Deno.test("long and deeply nested expressions are refused, not run into the ground", () => {
  expect(parseExpression("x".repeat(MAX_EXPRESSION_CHARS + 1)).ok).toBe(false);
  expect(parseExpression("(".repeat(90) + "x" + ")".repeat(90)).ok).toBe(false);
  expect(parseExpression("-".repeat(190) + "x").ok).toBe(false);
  expect(parseExpression("sin ".repeat(49) + "x").ok).toBe(true);
});
