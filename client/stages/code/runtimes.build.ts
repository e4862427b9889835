/**
 * Builds what runs people's code: the sandbox's own scripts, and beside them the languages from their npm packages.
 *
 * The sandbox is a build of its own, so that it shares no chunk with the room: its frame may fetch nothing outside
 * `/sandbox/`. Each language lies in a folder that carries its version and may be cached for ever. What takes long, the
 * compressing of a hundred megabytes and the headers of C++, is done once and kept in `node_modules/.cache`.
 */
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { build, type Plugin } from "vite";
import { type Clang, PRECOMPILE, PRECOMPILED } from "./sandbox/clang.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const LEAST_COMPRESSED_BYTES = 64 * 1024;
const PACKAGES = new URL("../../../node_modules/", import.meta.url);

const ENTRIES = ["javascript", "python", "sql", "lua", "c", "ruby"];

/** Runtime → its package, the folder inside it, and the files that browsers need. */
const RUNTIMES = {
  pyodide: {
    package: "pyodide",
    folder: "",
    files: [
      "pyodide.mjs",
      "pyodide.asm.mjs",
      "pyodide.asm.wasm",
      "python_stdlib.zip",
      "pyodide-lock.json",
    ],
  },
  "sql.js": { package: "sql.js", folder: "dist/", files: ["sql-wasm-browser.wasm"] },
  wasmoon: { package: "wasmoon", folder: "dist/", files: ["glue.wasm"] },
  clang: {
    package: "@yowasp/clang",
    folder: "gen/",
    files: [
      "bundle.js",
      "llvm.core.wasm",
      "llvm.core2.wasm",
      "llvm.core3.wasm",
      "llvm.core4.wasm",
      "llvm-resources.tar",
    ],
  },
  ruby: { package: "@ruby/3.4-wasm-wasi", folder: "dist/", files: ["ruby+stdlib.wasm"] },
} as const;

/** The packages of which files are copied as they are. */
export const RUNTIME_PACKAGES = Object.values(RUNTIMES).map((runtime) => runtime.package);

/** Adds `/sandbox/` to what the client's build writes. `plugins` are for the sandbox's own build. */
export function sandbox(plugins: () => Plugin[]): Plugin {
  let outDir = "";
  return {
    name: "lectern-sandbox",
    apply: "build",
    configResolved(config) {
      outDir = config.build.outDir;
    },
    async closeBundle() {
      await buildScripts(`${outDir}/sandbox`, plugins());
      await copyRuntimes(new URL(`file://${outDir}/sandbox/runtimes/`));
      for (const page of ["run.html", "preview.html"]) {
        await Deno.copyFile(here(`./sandbox/${page}`), `${outDir}/sandbox/${page}`);
      }
    },
  };
}

async function buildScripts(outDir: string, plugins: Plugin[]): Promise<void> {
  await build({
    configFile: false,
    root: here("./sandbox"),
    base: "/sandbox/",
    logLevel: "warn",
    publicDir: false,
    plugins,
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      modulePreload: false,
      chunkSizeWarningLimit: 2000,
      rolldownOptions: {
        input: {
          frame: here("./sandbox/frame.ts"),
          preview: here("./sandbox/preview.ts"),
          ...Object.fromEntries(
            ENTRIES.map((name) => [name, here(`./sandbox/runners/${name}.ts`)]),
          ),
        },
        // Pages and workers name these; what they import carries a hash.
        output: { entryFileNames: "[name].js", chunkFileNames: "parts/[name]-[hash].js" },
      },
    },
  });
}

interface Entry {
  folder: string;
  /** Sizes in bytes. */
  files: Record<string, number>;
}

async function copyRuntimes(target: URL): Promise<void> {
  const sizes: Record<string, Entry> = {};
  for (const [name, runtime] of Object.entries(RUNTIMES)) {
    const source = new URL(`${runtime.package}/`, PACKAGES);
    const manifest = JSON.parse(await Deno.readTextFile(new URL("package.json", source)));
    const folder = `${name}-${(manifest as { version: string }).version}`;
    const files: Entry["files"] = {};
    await Deno.mkdir(new URL(`${folder}/`, target), { recursive: true });
    for (const file of runtime.files) {
      const from = new URL(runtime.folder + file, source);
      files[file] = (await Deno.stat(from)).size;
      await Deno.copyFile(from, new URL(`${folder}/${file}`, target));
      await addCompressed(target, `${folder}/${file}`);
    }
    sizes[name] = { folder, files };
  }
  sizes["clang-headers"] = await precompileHeaders(target);
  await Deno.writeTextFile(new URL("sizes.json", target), JSON.stringify(sizes));
}

/** The usual headers of C++, compiled once for this clang and these flags: it takes ten seconds, so it is kept. */
async function precompileHeaders(target: URL): Promise<Entry> {
  const { version } = JSON.parse(
    await Deno.readTextFile(new URL(`${RUNTIMES.clang.package}/package.json`, PACKAGES)),
  ) as { version: string };
  const recipe = new TextEncoder().encode(JSON.stringify([version, PRECOMPILE]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", recipe)).slice(0, 8).toHex();
  const folder = `clang-headers-${hash}`;
  const bytes = await keptOr(`${folder}/${PRECOMPILED}`, compileHeaders);
  await Deno.mkdir(new URL(`${folder}/`, target), { recursive: true });
  await Deno.writeFile(new URL(`${folder}/${PRECOMPILED}`, target), bytes);
  await addCompressed(target, `${folder}/${PRECOMPILED}`);
  return { folder, files: { [PRECOMPILED]: bytes.byteLength } };
}

/** Puts `name.br` beside a file that is worth it, where the server looks for it. */
async function addCompressed(target: URL, name: string): Promise<void> {
  const bytes = await Deno.readFile(new URL(name, target));
  if (bytes.byteLength < LEAST_COMPRESSED_BYTES || name.endsWith(".zip")) return;
  const compressed = await keptOr(`${name}.br`, () => compress(bytes));
  await Deno.writeFile(new URL(`${name}.br`, target), compressed);
}

/** At a higher level the compiler alone would take twenty seconds, for 4% less. */
async function compress(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 5,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
  };
  return new Uint8Array(await promisify(brotliCompress)(bytes, { params }));
}

/** What an earlier build made under this name, or makes it. Names carry versions, so what is kept stays true. */
async function keptOr(
  name: string,
  make: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const kept = new URL(`.cache/lectern/${name}`, PACKAGES);
  try {
    return await Deno.readFile(kept);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const made = await make();
  await Deno.mkdir(new URL("./", kept), { recursive: true });
  // By a name of its own first: another build may read it meanwhile.
  const part = new URL(`${crypto.randomUUID()}.part`, kept);
  await Deno.writeFile(part, made);
  await Deno.rename(part, kept);
  return made;
}

async function compileHeaders(): Promise<Uint8Array<ArrayBuffer>> {
  const { package: name, folder } = RUNTIMES.clang;
  const clang = await import(new URL(`${name}/${folder}bundle.js`, PACKAGES).href) as Clang;
  let said = "";
  const decoder = new TextDecoder();
  const say = (chunk: Uint8Array | null) => {
    said += chunk === null ? "" : decoder.decode(chunk, { stream: true });
  };
  const { args, files } = PRECOMPILE;
  const made = await clang.runClang([...args], files, {
    stdout: say,
    stderr: say,
    fetchProgress: () => {},
  }).catch((error) => {
    throw new Error(`The headers of C++ could not be compiled: ${said || error}`);
  });
  return made[PRECOMPILED] as Uint8Array<ArrayBuffer>;
}
