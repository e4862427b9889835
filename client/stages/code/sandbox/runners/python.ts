/**
 * Python by pyodide. The interpreter stays between runs; the lesson's modules and `__main__` are made anew for each.
 *
 * `input()` waits by WebAssembly's stack switching (JSPI), which needs neither shared memory nor isolation.
 */
import { Runtime } from "../runtimes.ts";
import { type Io, serve } from "../serve.ts";
import { LECTERN_MODULE, LIBRARY_FOLDER, PRELUDE } from "./python_prelude.ts";

/** What is used of pyodide, whose module is fetched from its own folder. */
interface Pyodide {
  FS: { mkdirTree(path: string): void; writeFile(path: string, text: string): void };
  registerJsModule(name: string, module: object): void;
  runPython(code: string, options: { globals: PythonProxy }): unknown;
  toPy(value: object): PythonProxy;
}
interface PythonProxy {
  get(name: string): unknown;
}
type PythonFunction = ((...args: string[]) => unknown) & {
  /** Calls it so that it may wait. */
  callPromising?: (...args: string[]) => Promise<unknown>;
};
interface PyodideModule {
  loadPyodide(options: { indexURL: string; checkIntegrity: boolean }): Promise<Pyodide>;
}
interface PythonBytes {
  toJs(): Uint8Array<ArrayBuffer>;
}

interface Python {
  host: { io: Io | null };
  clean: PythonFunction;
  put: PythonFunction;
  run: PythonFunction;
}

serve<Python>({
  reusable: true,
  async load(progress) {
    const runtime = await Runtime.find("pyodide");
    // Its own requests find these in the browser's cache.
    await runtime.fetch(["pyodide.asm.wasm", "python_stdlib.zip", "pyodide.asm.mjs"], progress);
    const module = await import(/* @vite-ignore */ runtime.url("pyodide.mjs")) as PyodideModule;
    const py = await module.loadPyodide({ indexURL: runtime.folder.href, checkIntegrity: false });
    const host: Python["host"] = { io: null };
    py.registerJsModule("lectern_host", {
      stdout: (text: string) => host.io?.stdout(text),
      stderr: (text: string) => host.io?.stderr(text),
      typed: () => {
        const line = host.io?.typedLine();
        return line === undefined ? undefined : asLine(line);
      },
      read: async () => asLine(await host.io?.readLine() ?? null),
      image: (mime: "image/png" | "image/svg+xml", bytes: PythonBytes) =>
        host.io?.display({ kind: "image", mime, bytes: bytes.toJs() }),
    });
    py.FS.mkdirTree(LIBRARY_FOLDER);
    py.FS.writeFile(`${LIBRARY_FOLDER}/lectern.py`, LECTERN_MODULE);
    const globals = py.toPy({});
    py.runPython(PRELUDE, { globals });
    const named = (name: string) => globals.get(name) as PythonFunction;
    return { host, clean: named("clean"), put: named("put"), run: named("run") };
  },
  async run({ host, clean, put, run }, { entry, files }, io) {
    host.io = io;
    try {
      clean();
      for (const [name, text] of Object.entries(files)) put(name, text);
      const canWait = "Suspending" in WebAssembly && run.callPromising !== undefined;
      const code = await (canWait ? run.callPromising!(entry) : run(entry));
      return Number(code);
    } finally {
      host.io = null;
    }
  },
});

/** Python's way: a line ends with its newline, and the empty string is the end. */
const asLine = (line: string | null): string => line === null ? "" : `${line}\n`;
