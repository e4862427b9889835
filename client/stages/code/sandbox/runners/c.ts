/**
 * C and C++: clang, lld and libc++ compiled to WebAssembly make a WASI program, which then runs here.
 *
 * The compiler stays in the worker, with the last program that it made; every run gets memory of its own. Reading waits
 * by stack switching (JSPI).
 */
import { WASI, WASIProcExit } from "@bjorn3/browser_wasi_shim";
import { type Clang, compile, isCpp, PRECOMPILED } from "../clang.ts";
import type { Program } from "../messages.ts";
import { Runtime } from "../runtimes.ts";
import { type Io, serve } from "../serve.ts";
import { explainTrap } from "../traps.ts";
import { lessonFolder, LineStream, TextStream } from "../wasi.ts";

/** Stack switching, which TypeScript's library doesn't know yet. */
interface StackSwitching {
  Suspending: new (call: (...args: number[]) => Promise<number>) => WebAssembly.ImportValue;
  promising(call: () => void): () => Promise<void>;
}

interface Exports {
  memory: WebAssembly.Memory;
  _start: () => void;
  fflush: (stream: number) => number;
}

interface Compiler {
  clang: Clang;
  /** Fetched when C++ is first compiled; null where it didn't arrive. */
  headers: Promise<Uint8Array | null> | null;
  last: { key: string; binary: Uint8Array<ArrayBuffer>; warnings: string } | null;
}

serve<Compiler>({
  reusable: true,
  startsItself: true,
  async load(progress) {
    const runtime = await Runtime.find("clang");
    const clang = await import(/* @vite-ignore */ runtime.url("bundle.js")) as Clang;
    let told = 0;
    await clang.runClang(undefined, {}, {
      fetchProgress: ({ doneLength, totalLength }) => {
        if (doneLength - told > totalLength / 50) progress(told = doneLength, totalLength);
      },
    });
    return { clang, headers: null, last: null };
  },
  async run(compiler, program, io) {
    const binary = await build(compiler, program, io);
    io.started();
    return binary === undefined ? 1 : await execute(compiler.clang, binary, program, io);
  },
});

/** A program that is run again, as by its tests, is not compiled again. */
async function build(
  compiler: Compiler,
  { entry, files }: Program,
  io: Io,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const key = JSON.stringify([entry, files]);
  if (compiler.last?.key === key) {
    io.stderr(compiler.last.warnings);
    return compiler.last.binary;
  }
  if (isCpp(entry)) compiler.headers ??= fetchHeaders();
  const precompiled = await compiler.headers;
  let warnings = "";
  const binary = await compile(compiler.clang, { entry, files, precompiled }, (text) => {
    warnings += text;
    io.stderr(text);
  });
  if (binary !== undefined) compiler.last = { key, binary, warnings };
  return binary;
}

async function fetchHeaders(): Promise<Uint8Array | null> {
  try {
    const runtime = await Runtime.find("clang-headers");
    const [bytes] = await runtime.fetch([PRECOMPILED], () => {});
    return bytes ?? null;
  } catch {
    // The compiler reads them itself then, which takes longer.
    return null;
  }
}

async function execute(
  clang: Clang,
  binary: Uint8Array<ArrayBuffer>,
  { files }: Program,
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
  // On a terminal glibc writes out a prompt before it reads; wasi-libc would keep it until the line ends.
  const showPrompt = () => exports.fflush(0);
  const imports = {
    ...system.wasiImport,
    fd_read: jspi === undefined
      ? (...args: number[]) => {
        if (args[0] === 0) {
          showPrompt();
          if (!input.fillTyped()) {
            io.stderr(
              "This browser can't wait for input. Write it under Input before you press Run.\n",
            );
          }
        }
        return read(...args);
      }
      : new jspi.Suspending(async (...args: number[]) => {
        if (args[0] === 0) {
          showPrompt();
          await input.fill();
        }
        return read(...args);
      }),
  };
  const { instance } = await WebAssembly.instantiate(binary, { wasi_snapshot_preview1: imports });
  const exports = instance.exports as unknown as Exports;
  system.inst = { exports };
  try {
    await (jspi === undefined ? exports._start() : jspi.promising(exports._start)());
    return 0;
  } catch (error) {
    if (error instanceof WASIProcExit) return error.code;
    try {
      exports.fflush(0);
    } catch {
      // Its memory may be in any state; what it printed is then lost.
    }
    if (!(error instanceof Error)) throw error;
    const isFile = (name: string) => Object.hasOwn(files, name);
    io.stderr(await explainTrap(clang, { error, binary, isFile }));
    return 1;
  }
}
