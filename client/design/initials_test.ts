import { expect } from "@std/expect";
import { hueOf, initialsOf } from "./initials.ts";

Deno.test("Initials are the first letters of the first and the last word of a name", () => {
  expect(initialsOf("Mia Tanaka")).toBe("MT");
  expect(initialsOf("  ada  ")).toBe("A");
  expect(initialsOf("Juan Carlos de la Vega")).toBe("JV");
  expect(initialsOf("😀 Smith")).toBe("😀S");
  expect(initialsOf("Mia (guest)")).toBe("MG");
  expect(initialsOf("")).toBe("");
});

Deno.test("A name keeps its hue, and the hue stays on the wheel", () => {
  for (const name of ["Ada", "Mia", "李雷", "x".repeat(60)]) {
    expect(hueOf(name)).toBe(hueOf(name));
    expect(hueOf(name)).toBeGreaterThanOrEqual(0);
    expect(hueOf(name)).toBeLessThan(360);
  }
  expect(hueOf("Ada")).not.toBe(hueOf("Mia"));
});
