/**
 * JavaScript and TypeScript: modules between the lesson's files, `await` at the top of the file that is run.
 *
 * sucrase removes types and turns imports into `require` without moving a line, so that an error's line is the line
 * in the file. Types are not checked. A program changes the worker's globals at will: the worker is used once.
 */
import { type Transform, transform } from "sucrase";
import type { Program } from "../messages.ts";
import { makeConsole } from "../console.ts";
import { shown } from "../inspect.ts";
import { type Io, serve } from "../serve.ts";

type Compiled = (...args: unknown[]) => unknown;

const evaluate = globalThis.eval;
const EXTENSIONS = ["", ".js", ".ts", ".mjs", ".tsx", ".jsx", "/index.js", "/index.ts"];
const PARAMETERS =
  "require, module, exports, console, prompt, input, readLine, alert, assert, process";

/** Thrown by `process.exit`. */
class Exit {
  constructor(readonly code: number) {}
}

class Modules {
  readonly #loaded = new Map<string, { exports: Record<string, unknown> }>();
  readonly #console: unknown;

  constructor(private readonly program: Program, private readonly io: Io) {
    this.#console = makeConsole(io);
    Object.assign(globalThis, { console: this.#console });
  }

  async main(): Promise<void> {
    await this.#load(this.program.entry, true);
  }

  #load(name: string, main: boolean): unknown {
    const module = { exports: {} };
    this.#loaded.set(name, module);
    const source = this.program.files[name] ?? "";
    const compiled = compile(name, source, main);
    return compiled(
      (specifier: string) => this.#require(name, specifier),
      module,
      module.exports,
      this.#console,
      this.#prompt,
      this.#prompt,
      () => this.io.readLine(),
      (text: unknown) => this.io.stdout(`${shown(text)}\n`),
      assert,
      {
        argv: [],
        env: {},
        exit: (code = 0) => {
          throw new Exit(Number(code));
        },
      },
    );
  }

  #require(from: string, specifier: string): unknown {
    if (!/^\.{0,2}\//.test(specifier)) {
      if (/^(node:)?assert$/.test(specifier)) return assert;
      throw new Error(
        `${from}: there is no package "${specifier}" here. Files of the lesson are imported as "./name".`,
      );
    }
    const path = resolve(from, specifier);
    const name = EXTENSIONS.map((extension) => path + extension)
      .find((candidate) => candidate in this.program.files);
    if (name === undefined) throw new Error(`${from}: there is no file "${path}" in this lesson.`);
    if (name.endsWith(".json")) return JSON.parse(this.program.files[name] ?? "null");
    const known = this.#loaded.get(name);
    if (known === undefined) this.#load(name, false);
    return this.#loaded.get(name)?.exports;
  }

  readonly #prompt = (question: unknown = "") => {
    this.io.stdout(String(question));
    return this.io.readLine();
  };
}

function compile(name: string, source: string, main: boolean): Compiled {
  const typed = /\.(ts|tsx)$/.test(name);
  const jsx = /\.(jsx|tsx)$/.test(name);
  const code = withoutTypes(name, source, [
    "imports",
    ...(typed ? ["typescript" as const] : []),
    ...(jsx ? ["jsx" as const] : []),
  ]);
  const kind = main ? "async function" : "function";
  // On the first line too, so that every line keeps its number.
  return evaluate(`(${kind} (${PARAMETERS}) {${code}\n})\n//# sourceURL=${name}`) as Compiled;
}

function withoutTypes(name: string, source: string, transforms: Transform[]): string {
  try {
    return transform(source, { transforms, filePath: name, production: true }).code;
  } catch (error) {
    const [, what, place] = /transforming [^:]*: (.*) \((\d+:\d+)\)$/.exec(String(error)) ?? [];
    if (what === undefined) throw error;
    throw new SyntaxError(`${what}\n    at ${name}:${place}`);
  }
}

function resolve(from: string, specifier: string): string {
  const parts = specifier.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

function assert(holds: unknown, message: unknown = "Assertion failed"): asserts holds {
  if (!holds) throw new Error(String(message));
}
Object.assign(assert, {
  ok: assert,
  equal: (a: unknown, b: unknown) => assert(a === b, `${shown(a)} is not ${shown(b)}`),
  strictEqual: (a: unknown, b: unknown) => assert(a === b, `${shown(a)} is not ${shown(b)}`),
  deepEqual: (a: unknown, b: unknown) =>
    assert(shown(a) === shown(b), `${shown(a)} is not ${shown(b)}`),
});

/** The error with the lines of the lesson's files, without ours. */
function explain(error: unknown, files: Program["files"]): string {
  if (!(error instanceof Error)) return `Uncaught ${shown(error)}`;
  const frames = (error.stack ?? "").split("\n").flatMap((line) => {
    const match = /([^\s()@/]+):(\d+):(\d+)\)?$/.exec(line);
    const [, file = "", row, column] = match ?? [];
    return file in files ? [`    at ${file}:${row}:${column}`] : [];
  });
  return [`${error.name}: ${error.message}`, ...new Set(frames)].join("\n");
}

/** A number in browsers; the types of Deno and of browsers differ. */
type TimerId = number | ReturnType<typeof setTimeout>;

/** Resolves when nothing the program started is due any more: its timers run on after its last line. */
class Timers {
  readonly #due = new Set<TimerId>();
  #idle: (() => void) | null = null;

  constructor() {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
    const settle = (id: TimerId) => {
      this.#due.delete(id);
      if (this.#due.size === 0) this.#idle?.();
    };
    Object.assign(globalThis, {
      setTimeout: (task: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
        const id: TimerId = setTimeout(() => {
          try {
            task(...args);
          } finally {
            settle(id);
          }
        }, ms);
        this.#due.add(id);
        return id;
      },
      setInterval: (task: () => void, ms?: number, ...args: unknown[]) => {
        const id: TimerId = setInterval(task, ms, ...args);
        this.#due.add(id);
        return id;
      },
      clearTimeout: (id: TimerId) => (clearTimeout(id), settle(id)),
      clearInterval: (id: TimerId) => (clearInterval(id), settle(id)),
    });
  }

  async idle(): Promise<void> {
    if (this.#due.size > 0) await new Promise<void>((resolve) => this.#idle = resolve);
  }
}

serve({
  reusable: false,
  load: () => Promise.resolve(new Timers()),
  async run(timers, program, io) {
    const failed = Promise.withResolvers<never>();
    const onError = (error: unknown) => failed.reject(error);
    globalThis.addEventListener("error", (event) => {
      event.preventDefault();
      onError(event.error ?? event.message);
    });
    globalThis.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      onError(event.reason);
    });
    failed.promise.catch(() => {});
    try {
      await Promise.race([
        new Modules(program, io).main().then(() => timers.idle()),
        failed.promise,
      ]);
      return 0;
    } catch (error) {
      if (error instanceof Exit) return error.code;
      io.stderr(`${explain(error, program.files)}\n`);
      return 1;
    }
  },
});
