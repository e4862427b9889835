/** SECURITY.md and ENCRYPTION.md promise nothing without a test. */
import { expect } from "@std/expect";

const ROOT = new URL("../../", import.meta.url);
const read = (name: string) => Deno.readTextFile(new URL(name, ROOT));
const security = await read("SECURITY.md");
const encryption = await read("ENCRYPTION.md");

/** A test as a document names it: `[its name](its file)`. */
const NAMED = /\[([^\]]+)\]\(([\w./-]+_test\.ts)\)/g;

/** What stands under a heading, until the next one of any level. */
function under(page: string, heading: string): string {
  const begin = page.indexOf(`\n${heading}\n`);
  if (begin < 0) throw new Error(`no document has ${heading}`);
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

for (const [document, page] of Object.entries({ security, encryption })) {
  Deno.test(`every test that ${document.toUpperCase()}.md names exists`, async () => {
    const named = [...page.matchAll(NAMED)];
    expect(named.length).toBeGreaterThan(10);
    const missing: string[] = [];
    for (const [, name = "", path = ""] of named) {
      if (!await hasTest(path, name)) missing.push(`${path}: ${name}`);
    }
    expect(missing).toEqual([]);
  });
}

Deno.test("every promise of the two and everything that was tried names a test", () => {
  const promises = [
    under(encryption, "### Covered"),
    under(security, "### To people in a lesson"),
    under(security, "### To whoever runs an instance or books on it"),
  ].map((text) => text.split(/^- /m).slice(1));
  for (const some of promises) expect(some.length).toBeGreaterThan(5);
  const tried = under(security, "## What was tried").split("\n")
    .filter((line) => line.startsWith("| ")).slice(1);
  expect(tried.length).toBeGreaterThan(5);
  expect([...promises.flat(), ...tried].filter((text) => text.match(NAMED) === null)).toEqual([]);
});

Deno.test("SECURITY.md says how to report a hole, and names no person's address", () => {
  expect(under(security, "## Reporting a hole").length).toBeGreaterThan(300);
  expect(security.match(/\S+@\S+\.\w+/g)).toBe(null);
});
