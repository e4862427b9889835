import { expect } from "@std/expect";

const ROOT = new URL("../../", import.meta.url);
const page = await Deno.readTextFile(new URL("SECURITY.md", ROOT));

/** A test as SECURITY.md names it: `[its name](its file)`. */
const NAMED = /\[([^\]]+)\]\(([\w./-]+_test\.ts)\)/g;

/** What stands under a heading, until the next one of any level. */
function under(heading: string): string {
  const begin = page.indexOf(`\n${heading}\n`);
  if (begin < 0) throw new Error(`SECURITY.md has no ${heading}`);
  const rest = page.slice(begin + heading.length + 2);
  const end = rest.search(/^#/m);
  return end < 0 ? rest : rest.slice(0, end);
}

/** Whether a file has a test of exactly this name; a template may go on after it. */
async function hasTest(path: string, name: string): Promise<boolean> {
  const text = await Deno.readTextFile(new URL(path, ROOT)).catch(() => "");
  return [`test("${name}"`, `name: "${name}"`, `name: \`${name}\${`].some((begin) =>
    text.includes(begin)
  );
}

Deno.test("every test that SECURITY.md names exists", async () => {
  const named = [...page.matchAll(NAMED)];
  expect(named.length).toBeGreaterThan(10);
  const missing: string[] = [];
  for (const [, name = "", path = ""] of named) {
    if (!await hasTest(path, name)) missing.push(`${path}: ${name}`);
  }
  expect(missing).toEqual([]);
});

Deno.test("every promise of SECURITY.md and everything that was tried names a test", () => {
  const promises = under("### Covered").split(/^- /m).slice(1);
  const tried = under("## What was tried").split("\n")
    .filter((line) => line.startsWith("| ")).slice(1);
  expect(promises.length).toBeGreaterThan(5);
  expect(tried.length).toBeGreaterThan(5);
  expect([...promises, ...tried].filter((text) => text.match(NAMED) === null)).toEqual([]);
});

Deno.test("SECURITY.md says how to report a hole, and names no person's address", () => {
  expect(under("## Reporting a hole").length).toBeGreaterThan(300);
  expect(page.match(/\S+@\S+\.\w+/g)).toBe(null);
});
