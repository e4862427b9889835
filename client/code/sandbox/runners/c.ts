/**
 * C and C++: clang, lld and libc++ compiled to WebAssembly make a WASI program, which then runs here.
 *
 * The compiler stays in the worker; every program gets memory of its own. Reading waits by stack switching (JSPI).
 */
import { WASI, WASIProcExit } from "@bjorn3/browser_wasi_shim";
import { Runtime } from "../runtimes.ts";
import { type Io, serve } from "../serve.ts";
import { lessonFolder, LineStream, TextStream } from "../wasi.ts";

type Tree = { [name: string]: Tree | string | Uint8Array };

/** What is used of @yowasp/clang, which is fetched from its own folder. */
interface Clang {
  /** Without arguments it only fetches what it needs. */
  runClang(args: string[] | undefined, files: Tree, options: {
    stdout?: (bytes: Uint8Array | null) => void;
    stderr?: (bytes: Uint8Array | null) => void;
    fetchProgress: (progress: { doneLength: number; totalLength: number }) => void;
  }): Promise<Tree>;
}

/** Stack switching, which TypeScript's library doesn't know yet. */
interface StackSwitching {
  Suspending: new (call: (...args: number[]) => Promise<number>) => WebAssembly.ImportValue;
  promising(call: () => void): () => Promise<void>;
}

const C_FLAGS = ["-std=gnu17"];
const CPP_FLAGS = ["-std=gnu++23", "-fno-exceptions"];
const FLAGS = ["-O1", "-Wall", "-fno-color-diagnostics", "-Wl,-z,stack-size=1048576"];

serve<Clang>({
  reusable: true,
  async load(progress) {
    const runtime = await Runtime.find("clang");
    const clang = await import(/* @vite-ignore */ runtime.url("bundle.js")) as Clang;
    let told = 0;
    await clang.runClang(undefined, {}, {
      fetchProgress: ({ doneLength, totalLength }) => {
        if (doneLength - told > totalLength / 50) progress(told = doneLength, totalLength);
      },
    });
    return clang;
  },
  async run(clang, { entry, files }, io) {
    const binary = await compile(clang, entry, files, io);
    return binary === undefined ? 1 : await execute(binary, files, io);
  },
});

/** Compiles the entry alone; other sources come in by `#include`, or by name beside the entry for C and C++. */
async function compile(
  clang: Clang,
  entry: string,
  files: Record<string, string>,
  io: Io,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const cpp = /\.(cpp|cc|cxx)$/.test(entry);
  const decoder = new TextDecoder();
  const print = (bytes: Uint8Array | null) =>
    bytes && io.stderr(decoder.decode(bytes, { stream: true }));
  const args = [
    cpp ? "clang++" : "clang",
    ...(cpp ? CPP_FLAGS : C_FLAGS),
    ...FLAGS,
    ...sources(entry, files, cpp),
    "-o",
    "program.wasm",
  ];
  try {
    const made = await clang.runClang(args, tree(files), {
      stdout: print,
      stderr: print,
      fetchProgress: () => {},
    });
    return made["program.wasm"] as Uint8Array<ArrayBuffer>;
  } catch (error) {
    // The compiler's own exit; it has said why.
    if (typeof (error as { code?: unknown }).code === "number") return undefined;
    throw error;
  }
}

/** Other sources belong to the program when their header is included, and when no `main` of their own says otherwise. */
function sources(entry: string, files: Record<string, string>, cpp: boolean): string[] {
  const extension = cpp ? /\.(c|cpp|cc|cxx)$/ : /\.c$/;
  const texts = Object.entries(files);
  const others = texts.filter(([name, text]) => {
    if (name === entry || !extension.test(name) || /\bmain\s*\(/.test(text)) return false;
    const header = name.replace(/\.\w+$/, ".h");
    return texts.some(([, other]) => other.includes(`"${header}`));
  });
  return [entry, ...others.map(([name]) => name)];
}

function tree(files: Record<string, string>): Tree {
  const root: Tree = {};
  for (const [path, text] of Object.entries(files)) {
    const parts = path.split("/");
    const last = parts.pop() ?? path;
    let folder = root;
    for (const part of parts) folder = (folder[part] ??= {}) as Tree;
    folder[last] = text;
  }
  return root;
}

async function execute(
  binary: Uint8Array<ArrayBuffer>,
  files: Record<string, string>,
  io: Io,
): Promise<number> {
  const input = new LineStream(io);
  const system = new WASI(["program"], [], [
    input,
    new TextStream((text) => io.stdout(text)),
    new TextStream((text) => io.stderr(text)),
    lessonFolder(".", files),
  ], { debug: false });
  const jspi = "Suspending" in WebAssembly ? WebAssembly as unknown as StackSwitching : undefined;
  const read = system.wasiImport.fd_read as (...args: number[]) => number;
  const imports = {
    ...system.wasiImport,
    fd_read: jspi === undefined
      ? (...args: number[]) => {
        if (args[0] === 0 && !input.fillTyped()) {
          io.stderr(
            "This browser can't wait for input. Write it under Input before you press Run.\n",
          );
        }
        return read(...args);
      }
      : new jspi.Suspending(async (...args: number[]) => {
        if (args[0] === 0) await input.fill();
        return read(...args);
      }),
  };
  const { instance } = await WebAssembly.instantiate(binary, { wasi_snapshot_preview1: imports });
  const program = instance as { exports: { memory: WebAssembly.Memory; _start: () => void } };
  system.inst = program;
  try {
    await (jspi === undefined
      ? program.exports._start()
      : jspi.promising(program.exports._start)());
    return 0;
  } catch (error) {
    if (error instanceof WASIProcExit) return error.code;
    io.stderr(`The program was ended: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
