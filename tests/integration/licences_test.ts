/** The licence texts that the built client carries, against what the sources import and the packages ship. */
import { expect } from "@std/expect";

const ROOT = new URL("../../", import.meta.url);
/** Test benches stand beside what they test. */
const FOR_TESTS = ["@std/expect", "@roamhq/wrtc"];
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

/** Names of the import map that the client's sources, and those of the rooms, import. */
async function importedPackages(): Promise<Set<string>> {
  const { imports } = JSON.parse(await read("deno.json")) as { imports: Record<string, string> };
  const found = new Set<string>();
  for (const folder of ["client", "rooms"]) {
    for await (const file of sources(new URL(`${folder}/`, ROOT))) {
      const text = await Deno.readTextFile(file);
      for (const [, name = ""] of text.matchAll(/(?:from|import|import\()\s*"(@?\w[\w./-]*)"/g)) {
        const known = Object.keys(imports).find((key) =>
          name === key || name.startsWith(`${key}/`)
        );
        const typesAlone = new RegExp(`import type [^;]*"${name}"`).test(text);
        if (known !== undefined && !FOR_TESTS.includes(known) && !typesAlone) found.add(known);
      }
    }
  }
  return found;
}

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory && name !== "dist") yield* sources(new URL(`${name}/`, folder));
    else if (/\.tsx?$/.test(name) && !/(_test|\.build|vite\.config)\.tsx?$/.test(name)) {
      yield new URL(name, folder);
    }
  }
}

Deno.test("the built client names every package that it is made of, with its version and a text", async () => {
  const list = await read("client/dist/licences.txt");
  const copied = [
    "pyodide",
    "@yowasp/clang",
    "@ruby/3.4-wasm-wasi",
    "sql.js",
    "wasmoon",
    "@tldraw/assets",
  ];
  const imported = await importedPackages();
  expect(imported.size).toBeGreaterThan(20);
  for (const name of [...imported, ...copied]) {
    const { version } = JSON.parse(await read(`node_modules/${name}/package.json`));
    const head = new RegExp(`^${RegExp.escape(`${name} ${version} (`)}.*\\)$`, "m");
    expect([name, head.test(list)]).toEqual([name, true]);
  }
  // What these bring along is there too: menus, texts and sums, in pages, workers and the sandbox.
  for (const name of ["@radix-ui/react-menu", "prosemirror-model", "@tldraw/editor", "debug"]) {
    expect(list).toMatch(new RegExp(`^${RegExp.escape(name)} \\d`, "m"));
  }
});

Deno.test("the built client carries tldraw's licence whole, and the texts of those that ship none", async () => {
  const list = await read("client/dist/licences.txt");
  expect(list).toContain((await read("client/licences/tldraw.txt")).trim());
  expect(list).toContain(
    "- To include a verbatim copy of this License in any distribution of the Software.",
  );
  expect(list).toContain("PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2");
  expect(list).toContain("LLVM Exceptions to the Apache 2.0 License");
  expect(list).toContain("SIL Open Font License");
  // Each part is a head of names between two lines, and a text.
  const parts = list.split(/^={78}$/m).slice(1);
  expect(parts.length % 2).toBe(0);
  for (let index = 1; index < parts.length; index += 2) {
    expect([parts[index - 1], parts[index]!.trim().length > 200]).toEqual([parts[index - 1], true]);
  }
});

Deno.test("THIRD_PARTY.md names each package that the build changes", async () => {
  const changes = await read("client/stages/whiteboard/tldraw.build.ts");
  const document = await read("THIRD_PARTY.md");
  const packages = new Set(
    [...changes.matchAll(/\/((?:@[\w-]+\\\/)?[\w-]+)\\?\/dist/g)].map(([, name]) =>
      name!.replaceAll("\\", "")
    ),
  );
  expect([...packages].sort()).toEqual(
    ["@radix-ui/react-dismissable-layer", "@tldraw/editor", "@tldraw/state-react", "tldraw"],
  );
  for (const name of packages) expect(document).toContain(`\`${name}\``);
  expect(document).toContain("changed as it is bundled");
});
