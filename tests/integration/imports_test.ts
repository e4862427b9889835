/**
 * Who may know whom: the rules of ARCHITECTURE.md, held against every source file.
 */
import { expect } from "@std/expect";

interface Import {
  /** The importing file, from the root. */
  file: string;
  /** A file from the root, or the bare name of a package. */
  target: string;
  typeOnly: boolean;
}

interface Source {
  file: string;
  /** Without comments. */
  code: string;
  imports: Import[];
}

const ROOT = new URL("../../", import.meta.url);
/** Folders of the root that hold no product code. */
const OTHERS = ["tests", "node_modules", "data"];
/** What is started by hand: it puts parts together, and nothing imports it. */
const ENTRY_POINTS = ["main.ts", "server/start.ts", "server/start_serving.ts", "server/key.ts"];

/** Time, randomness and the outside world: what a core takes as arguments. */
const IMPURE =
  /\b(Deno|setTimeout|setInterval|Date\.now|Math\.random|performance\.now|fetch|crypto\.getRandomValues|crypto\.randomUUID)\b(?!\s*:)/;

const sources = await readSources();

function of(folder: string): Source[] {
  const found = sources.filter(({ file }) => file.startsWith(`${folder}/`));
  expect(found.length).toBeGreaterThan(0);
  return found;
}

const isIn = (target: string, ...folders: string[]) =>
  folders.some((folder) => target.startsWith(`${folder}/`));

function breaches(files: readonly Source[], allowed: (found: Import) => boolean): string[] {
  return files.flatMap(({ imports }) => imports)
    .filter((found) => !allowed(found))
    .map(({ file, target }) => `${file} imports ${target}`);
}

function impure(files: readonly Source[]): string[] {
  return files.flatMap(({ file, code }) => {
    const found = IMPURE.exec(code);
    return found === null ? [] : [`${file} uses ${found[0]}`];
  });
}

Deno.test("imports of every form are seen", () => {
  const main = sources.find(({ file }) => file === "main.ts");
  expect(main?.imports).toContainEqual({
    file: "main.ts",
    target: "server/config.ts",
    typeOnly: false,
  });
  expect(main?.imports).toContainEqual({
    file: "main.ts",
    target: "server/sfu/media_engine.ts",
    typeOnly: true,
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
});

Deno.test("rooms import themselves, Yjs and zod, and nothing else", () => {
  expect(
    breaches(
      of("rooms"),
      ({ target }) => isIn(target, "rooms") || /^(yjs|zod|y-protocols\/.+|lib0\/.+)$/.test(target),
    ),
  ).toEqual([]);
});

Deno.test("the media core does no I/O and reads no clock", () => {
  const core = of("server/sfu").filter(({ file }) => !isIn(file, "server/sfu/io"));
  expect(impure(core)).toEqual([]);
  expect(
    breaches(
      core,
      ({ target }) =>
        isIn(target, "server/sfu", "rooms") && !isIn(target, "server/sfu/io") || target === "zod",
    ),
  )
    .toEqual([]);
});

Deno.test("the client imports rooms and the recorder's core, never the server or the database", () => {
  expect(
    breaches(
      of("client"),
      ({ target }) =>
        isIn(target, "client", "rooms", "node_modules") || !/\//.test(target) ||
        isIn(target, "recorder") && !isIn(target, "recorder/io") ||
        !isIn(target, "server", "db", "recorder", "tests"),
    ),
  ).toEqual([]);
});

Deno.test("the database imports rooms and the recorder's core, never the server", () => {
  expect(
    breaches(
      of("db"),
      ({ file, target }) =>
        ENTRY_POINTS.includes(file) || !isIn(target, "server", "client", "tests"),
    ),
  ).toEqual([]);
});

Deno.test("the server knows of the database its types only, and nothing of the client", () => {
  expect(
    breaches(
      of("server"),
      ({ file, target, typeOnly }) =>
        ENTRY_POINTS.includes(file) || !isIn(target, "db", "client", "tests") ||
        isIn(target, "db") && typeOnly,
    ),
  ).toEqual([]);
});

Deno.test("nothing imports what is started by hand, and no product code imports tests", () => {
  expect(
    breaches(
      sources,
      ({ file, target, typeOnly }) =>
        typeOnly || !ENTRY_POINTS.includes(target) && !isIn(target, "tests") ||
        file === "server/start_serving.ts" && target === "main.ts",
    ),
  ).toEqual([]);
});

Deno.test("the recorder's core does no I/O and reads no clock", () => {
  const core = sources.filter(({ file }) => isIn(file, "recorder") && !isIn(file, "recorder/io"));
  expect(impure(core)).toEqual([]);
  expect(breaches(core, ({ target }) => !isIn(target, "server", "db", "client", "recorder/io")))
    .toEqual([]);
});

Deno.test("what runs in time reads the time of day where something is stored or shown with it, and nowhere else", () => {
  const timed = sources.filter(({ file }) =>
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
    "client/connection/session.ts",
    "client/connection/socket.ts",
    // How long ago something was kept by this browser, over visits.
    "client/connection/storage.ts",
    // Media is stored by the time of day.
    "recorder/io/worker.ts",
    // A TURN server's passwords end at a time of day.
    "server/sfu/io/media_parent.ts",
    "server/sfu/io/recorded_batches.ts",
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

async function readSources(): Promise<Source[]> {
  const files: string[] = ["main.ts"];
  for await (const { name, isDirectory } of Deno.readDir(ROOT)) {
    if (isDirectory && !name.startsWith(".") && !OTHERS.includes(name)) await walk(name, files);
  }
  return await Promise.all(files.filter(isProduct).map(readSource));
}

async function walk(folder: string, files: string[]): Promise<void> {
  for await (const entry of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      if (entry.name !== "dist" && entry.name !== "node_modules") await walk(path, files);
    } else files.push(path);
  }
}

/** Tests and what stands beside them for tests may import what they test with. */
function isProduct(file: string): boolean {
  return /\.tsx?$/.test(file) &&
    !/_test\.tsx?$|\/((open_)?test_|simulated_)[^/]*$|\.config\.ts$/.test(file);
}

async function readSource(file: string): Promise<Source> {
  const text = await Deno.readTextFile(new URL(file, ROOT));
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`])\/\/.*$/gm, "$1");
  return { file, code, imports: readImports(file, code) };
}

function readImports(file: string, code: string): Import[] {
  const statement =
    /^(?:import|export)\s+(type\s+)?(?:[\w*{][^;"']*?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
  return [...code.matchAll(statement)].map(([, type, named, dynamic]) => {
    const specifier = named ?? dynamic ?? "";
    const target = specifier.startsWith(".")
      ? new URL(specifier, new URL(file, ROOT)).href.slice(ROOT.href.length)
      : specifier;
    return { file, target, typeOnly: type !== undefined };
  });
}
