import { expect } from "@std/expect";
import { guarded } from "./loop_guard.ts";

/** Runs a script whose check gives up after some calls; answers what it did. */
function run(source: string, calls = 1000): unknown {
  let left = calls;
  const check = () => {
    if (left-- <= 0) throw new Error("too busy");
  };
  const out: unknown[] = [];
  new Function("check", "out", guarded(source, { name: "check" }))(check, out);
  return out;
}

Deno.test("guarded ends every kind of loop and recursion, also within catch and finally", () => {
  const endless = [
    "while (true);",
    "do ; while (true)",
    "do {} while (1)\nlet a = 1",
    "for (;;);",
    "for (let i = 0; ; i++) continue",
    "for (let i = 0; true; i++) { continue; }",
    "label: while (true) while (true) continue label",
    "const a = [1]; for (const x of a) a.push(x)",
    "const o = { *[Symbol.iterator]() { while (true) yield 1 } }; for (const x of o) ;",
    "const o = new Proxy({}, { ownKeys: () => { for (;;); } }); for (const k in o) k",
    "function f() { try { f() } finally { f() } } f()",
    "const f = () => { try { f() } catch { f() } f() }; f(); f()",
    "const f = (n) => n + (() => { try { return f(n) } catch { return f(n) } })(); f(1)",
    "class A { get a() { for (;;); } } new A().a",
    "class A { static { for (;;); } }",
    "let n = 99; class A { a = n-- && new A(); b = ++n && new A() } new A()",
    "class A { x = (() => { for (;;); })() } new A()",
    "while (true) try { for (;;); } catch {} finally { for (;;); }",
    "if (1) for (const x of [1]) while (true) x; else 2",
  ];
  for (const source of endless) {
    expect([
      source,
      (() => {
        try {
          return run(source);
        } catch (error) {
          return (error as Error).message;
        }
      })(),
    ]).toEqual([source, "too busy"]);
  }
});

Deno.test("guarded changes neither what a script does nor its lines", () => {
  const scripts = [
    ["'use strict'\nconst t = (function () { return this })(); out.push(t)", [undefined]],
    ["function f() { 'use strict'; return this } out.push(f())", [undefined]],
    ["const f = a => b => a + b; out.push(f(1)(2))", [3]],
    ["const f = () => ({ a: 1 }); out.push(f().a)", [1]],
    ["for (const a of [1, 2]) out.push(a)", [1, 2]],
    ["for (const a of [1, 2]) b => b\nout.push(9)", [9]],
    ["for (const k in { x: 1 }) out.push(k)", ["x"]],
    ["let i = 0; do i++; while (i < 3) out.push(i)", [3]],
    ["for (let i = 0; i < 2; i++) if (i) out.push(i); else out.push('no')", ["no", 1]],
    ["for (let i = 0, f = (x) => (x in { a: 1 }); i < 1; i++) out.push(f('a'))", [true]],
    ["const { a = () => 1, ...rest } = { b: 2 }; out.push(a(), rest.b)", [1, 2]],
    ["out.push([...(function* () { yield 1; yield 2 })()].length)", [2]],
    ["var x = async () => { for await (const a of []) ; }; out.push(typeof x)", ["function"]],
    ["on: for (const a of [1, 2]) { for (;;) { out.push(a); continue on } }", [1, 2]],
    ["class A { a = () => 1; static b = 2; c } out.push(new A().a.name, A.b)", ["a", 2]],
    ["out.push(`${[1, 2].map((a) => a * 2)}`) // end", ["2,4"]],
  ] as const;
  for (const [source, expected] of scripts) {
    expect([source, run(source)]).toEqual([source, expected]);
    expect(guarded(source, { name: "check" }).split("\n").length).toBe(source.split("\n").length);
  }
});

Deno.test("guarded refuses what isn't a script, and what could make the check another", () => {
  for (
    const source of [
      "while (true",
      "} evil() {",
      "function f(check) { while (true) check() }",
      "var ch\\u0065ck = () => {}",
      "with ({ check() {} }) while (true);",
      "import './a.js'",
    ]
  ) {
    expect(() => guarded(source, { name: "check" })).toThrow(SyntaxError);
  }
  expect(guarded("await 1; return 2", { name: "check", isBody: true })).toContain("await 1");
});
