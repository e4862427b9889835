/**
 * Who may know whom: the table of ARCHITECTURE.md (*Who imports whom*), held against every source file.
 */
import { expect } from "@std/expect";
import {
  circles,
  folderOf,
  type Import,
  isProduct,
  isTest,
  readImports,
  readSources,
  ROOT,
  type Source,
} from "./sources.ts";

/** What is started by hand: it puts parts together, and nothing imports it. */
const ENTRY_POINTS = [
  "main.ts",
  "server/start.ts",
  "server/start_serving.ts",
  "server/make_api_key.ts",
];
const MAX_FILES_IN_FOLDER = 30;
const MAX_LINES = 400;

/** Time and the outside world: what a core takes as arguments. */
const IMPURE = /\b(Deno|setTimeout|setInterval|Date\.now|performance\.now|fetch)\b(?!\s*:)/;
/** Cores that are replayed on simulated time take their random numbers as arguments too. */
const RANDOM = /\b(Math\.random|crypto\.getRandomValues|crypto\.randomUUID)\b/;

const all = await readSources();
const product = all.filter(isProduct);
const files = new Set(all.map(({ file }) => file));
const arrows = await readTable();

const isIn = (target: string, ...folders: string[]) =>
  folders.some((folder) => target.startsWith(`${folder}/`));

function of(...folders: string[]): Source[] {
  const found = product.filter(({ file }) => isIn(file, ...folders));
  expect(found.length).toBeGreaterThan(0);
  return found;
}

function breaches(sources: readonly Source[], allowed: (found: Import) => boolean): string[] {
  return sources.flatMap(({ imports }) => imports)
    .filter((found) => !allowed(found))
    .map(({ file, target }) => `${file} imports ${target}`);
}

/** Imports of our own files by our own files. */
function own(sources: readonly Source[]): Import[] {
  return sources.flatMap(({ imports }) => imports).filter(({ target }) => files.has(target));
}

/** The row of the table that a file belongs to: the longest folder that holds it. */
function roomOf(file: string): string {
  if (ENTRY_POINTS.includes(file)) return ".";
  let folder = folderOf(file);
  while (!arrows.has(folder) && folder.includes("/")) folder = folderOf(folder);
  return arrows.has(folder) ? folder : ".";
}

/** Rows of the table: a folder, and the folders that it may import, some for their types alone. */
async function readTable(): Promise<Map<string, Map<string, { typesOnly: boolean }>>> {
  const page = await Deno.readTextFile(new URL("ARCHITECTURE.md", ROOT));
  const section = page.split("## Who imports whom")[1]?.split("\n## ")[0] ?? "";
  const table = new Map<string, Map<string, { typesOnly: boolean }>>();
  for (const [, folder = "", cell = ""] of section.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)) {
    const targets = [...cell.matchAll(/`([^`]+)`( \(types\))?/g)]
      .map(([, target = "", types]) => [target, { typesOnly: types !== undefined }] as const);
    table.set(folder === "main.ts" ? "." : folder, new Map(targets));
  }
  return table;
}

Deno.test("imports of every form are seen", () => {
  const main = product.find(({ file }) => file === "main.ts");
  expect(main?.imports).toContainEqual({
    file: "main.ts",
    target: "server/config.ts",
    typeOnly: false,
  });
  expect(readImports("a/b.ts", 'import {\n  one,\n  two,\n} from "../c.ts";\nimport "d";\n'))
    .toEqual([
      { file: "a/b.ts", target: "c.ts", typeOnly: false },
      { file: "a/b.ts", target: "d", typeOnly: false },
    ]);
  expect(readImports("a/b.ts", 'export * from "./c.ts";\nconst lazy = await import("./d.ts");'))
    .toEqual([
      { file: "a/b.ts", target: "a/c.ts", typeOnly: false },
      { file: "a/b.ts", target: "a/d.ts", typeOnly: false },
    ]);
  expect(readImports("a/b.ts", 'import type { C } from "./c.ts";'))
    .toEqual([{ file: "a/b.ts", target: "a/c.ts", typeOnly: true }]);
});

Deno.test("circles of imports are seen", () => {
  const arrow = (file: string, target: string): Import => ({ file, target, typeOnly: false });
  expect(circles([arrow("a", "b"), arrow("b", "c"), arrow("c", "a"), arrow("c", "d")]))
    .toEqual([["a", "b", "c"]]);
  expect(circles([arrow("a", "b"), arrow("a", "c"), arrow("b", "c")])).toEqual([]);
});

Deno.test("every import goes along an arrow of ARCHITECTURE's table", () => {
  expect(arrows.size).toBeGreaterThan(20);
  const wrong = own(product).filter(({ file, target, typeOnly }) => {
    const [from, to] = [roomOf(file), roomOf(target)];
    if (from === to) return false;
    const arrow = arrows.get(from)?.get(to);
    return arrow === undefined || arrow.typesOnly && !typeOnly;
  });
  expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
});

Deno.test("every arrow of ARCHITECTURE's table is in use, and none is wider than it needs to be", () => {
  const used = new Map<string, { value: boolean }>();
  for (const { file, target, typeOnly } of own(product)) {
    const name = `${roomOf(file)} → ${roomOf(target)}`;
    used.set(name, { value: used.get(name)?.value === true || !typeOnly });
  }
  const idle = [...arrows].flatMap(([from, targets]) =>
    [...targets].filter(([to, { typesOnly }]) => {
      const use = used.get(`${from} → ${to}`);
      return use === undefined || !typesOnly && !use.value;
    }).map(([to]) => `${from} → ${to}`)
  );
  expect(idle).toEqual([]);
});

Deno.test("no value goes round in a circle of files, and no type leaves its folder on one", () => {
  const imports = own(product);
  expect(circles(imports.filter(({ typeOnly }) => !typeOnly))).toEqual([]);
  const across = circles(imports).filter((circle) => new Set(circle.map(folderOf)).size > 1);
  expect(across).toEqual([]);
});

Deno.test("the client imports rooms/contract and nothing else of ours", () => {
  expect(
    breaches(
      of("client"),
      ({ target }) => !files.has(target) || isIn(target, "client", "rooms/contract"),
    ),
  ).toEqual([]);
});

Deno.test("no page of the client imports another; the replay uses stages", () => {
  const pageOf = (file: string) => /^client\/pages\/([^/]+)\//.exec(file)?.[1];
  expect(
    breaches(
      of("client"),
      ({ file, target }) => pageOf(target) === undefined || pageOf(target) === pageOf(file),
    ),
  ).toEqual([]);
});

Deno.test("rooms import themselves, Yjs, zod and what says messages, and nothing else", () => {
  expect(
    breaches(
      of("rooms"),
      ({ target }) =>
        isIn(target, "rooms") || /^(yjs|zod|y-protocols\/.+|lib0\/.+|icu-minify\/.+)$/.test(target),
    ),
  ).toEqual([]);
});

Deno.test("the cores of media and recorder do no I/O and read no clock", () => {
  const cores = of("server/sfu", "recorder", "rooms")
    .filter(({ file }) => !isIn(file, "server/sfu/io", "recorder/io", "recorder/store"));
  const impure = cores.flatMap(({ file, code }) => {
    const found = IMPURE.exec(code) ?? (isIn(file, "rooms") ? null : RANDOM.exec(code));
    return found === null ? [] : [`${file} uses ${found[0]}`];
  });
  expect(impure).toEqual([]);
});

Deno.test("a route declares the ports that it uses; only the app that puts routes together knows them all", () => {
  const knowing = of("server/http").filter(({ code }) => /\bHttpDeps\b/.test(code));
  expect(knowing.map(({ file }) => file).toSorted())
    .toEqual(["server/http/app.ts", "server/http/context.ts"]);
});

Deno.test("nothing imports what is started by hand, and no product code imports tests", () => {
  expect(
    breaches(
      product,
      ({ file, target, typeOnly }) =>
        (!ENTRY_POINTS.includes(target) || typeOnly && file.startsWith("server/start") ||
          file === "server/start_serving.ts") &&
        !isIn(target, "tests") &&
        !/\/testing\//.test(target),
    ),
  ).toEqual([]);
});

Deno.test("no folder holds more source files than one sees at a glance, and no file is a warehouse", () => {
  const folders = Map.groupBy(
    all.filter((source) => !isTest(source)),
    ({ file }) => folderOf(file),
  );
  expect(
    [...folders].filter(([, inside]) => inside.length > MAX_FILES_IN_FOLDER).map(([name]) => name),
  )
    .toEqual([]);
  expect(all.filter(({ lines }) => lines > MAX_LINES).map(({ file, lines }) => `${file}: ${lines}`))
    .toEqual([]);
});

Deno.test("files of the client are named in one case", () => {
  expect(of("client").map(({ file }) => file).filter((file) => /[A-Z-]/.test(file))).toEqual([]);
});

Deno.test("what runs in time reads the time of day where something is stored or shown with it, and nowhere else", () => {
  const timed = product.filter(({ file }) =>
    isIn(
      file,
      "client/connection",
      "recorder",
      "rooms",
      "server/http",
      "server/notify",
      "server/sfu",
      "server/socket",
    ) || file === "server/attempts.ts" || file === "server/sweep.ts"
  );
  const reading = timed.filter(({ code }) => /\bDate\.now\b|\bnew Date\(\)/.test(code));
  expect(reading.map(({ file }) => file).toSorted()).toEqual([
    // How far the server's time of day is from this browser's.
    "client/connection/meeting_connection.ts",
    "client/connection/socket.ts",
    // How long ago something was kept by this browser, over visits.
    "client/connection/storage.ts",
    // When an object of media was begun that another process may have begun.
    "recorder/io/worker.ts",
    // When a recording was deleted.
    "recorder/store/recording_library.ts",
    // A TURN server's passwords end at a time of day.
    "server/sfu/io/media_parent.ts",
  ]);
});

Deno.test("THIRD_PARTY.md names every dependency", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const text = await Deno.readTextFile(new URL("THIRD_PARTY.md", ROOT));
  const named = new Set(text.match(/@?[a-z][\w./-]*[\w]/g));
  const packages = Object.values(imports as Record<string, string>)
    .map((specifier) => specifier.replace(/^npm:(@?[^@]+)@.*$/, "$1"));
  expect(packages.filter((name) => !named.has(name))).toEqual([]);
});
