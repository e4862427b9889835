import { expect } from "@std/expect";
import { drawFormula } from "./math_svg.ts";

Deno.test("formulas are drawn as paths that need no font", () => {
  for (
    const tex of ["x=\\frac12", "\\sqrt{a^2+b^2}", "\\int_0^1 f(x)\\differentialD x", "a\\ne b"]
  ) {
    const drawn = drawFormula(tex);
    expect(drawn?.width).toBeGreaterThan(500);
    expect(drawn?.content).toContain("<path");
    expect(drawn?.content).not.toMatch(/<text|<foreignObject/i);
  }
});

Deno.test("what isn't understood is not drawn, and nothing in it runs", () => {
  expect(drawFormula("\\nosuchthing{x}")).toBeUndefined();
  expect(drawFormula("\\href{javascript:alert(1)}{x}")).toBeUndefined();
  expect(drawFormula("\\frac{1}{")).toBeUndefined();
  const text = drawFormula("\\text{<script>ü</script>}");
  expect(text?.content).not.toMatch(/<script|<a\b|\son\w+=/i);
});
