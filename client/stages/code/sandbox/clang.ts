/**
 * How C and C++ are compiled: the compiler's flags, which files make the program, and the headers made ready for it.
 *
 * Reading libc++'s headers takes clang longer than everything else, so the usual ones are compiled when the client is
 * built (see ../runtimes.build.ts). Such headers only fit the flags that they were compiled with: both come from here.
 */

/** A folder of files by name. */
export type Tree = { [name: string]: Tree | string | Uint8Array };

interface RunOptions {
  stdout?: (bytes: Uint8Array | null) => void;
  stderr?: (bytes: Uint8Array | null) => void;
  fetchProgress: (progress: { doneLength: number; totalLength: number }) => void;
}

/** What is used of @yowasp/clang. */
export interface Clang {
  /** Without arguments it only fetches what it needs. */
  runClang(args: string[] | undefined, files: Tree, options: RunOptions): Promise<Tree>;
  runLLVM(args: string[], files: Tree, options: RunOptions): Promise<Tree>;
}

const COMMON_FLAGS = [
  "-O1",
  "-Wall",
  "-fno-color-diagnostics",
  // Lines for what goes wrong, and traps where the language leaves anything open that learners run into.
  "-g1",
  "-fsanitize=bounds,null,integer-divide-by-zero,return,unreachable,vla-bound",
  "-fsanitize-trap=all",
  "-fno-sanitize-merge",
  // A function that calls itself without end shall fill the stack, not become a loop.
  "-fno-optimize-sibling-calls",
];
const C_FLAGS = ["-std=gnu17", ...COMMON_FLAGS];
const CPP_FLAGS = [
  "-std=gnu++23",
  "-fno-exceptions",
  "-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_FAST",
  ...COMMON_FLAGS,
];
const LINK_FLAGS = [
  "-Wl,-z,stack-size=1048576",
  // What was printed before a trap is still in C's buffer: we write it out then.
  "-Wl,--undefined=fflush",
  "-Wl,--export=fflush",
];

const HEADERS_FOLDER = ".lectern";
const HEADERS = ["algorithm", "cmath", "iostream", "map", "string", "vector"]
  .map((name) => `#include <${name}>\n`).join("");

/** Arguments and files that make {@linkcode PRECOMPILED} of the usual headers. */
export const PRECOMPILED = "std.pch";
export const PRECOMPILE = {
  args: [
    "clang++",
    ...CPP_FLAGS,
    "-Xclang",
    "-fno-pch-timestamp",
    "-x",
    "c++-header",
    `${HEADERS_FOLDER}/std.h`,
    "-o",
    PRECOMPILED,
  ],
  files: { [HEADERS_FOLDER]: { "std.h": HEADERS } },
} as const;

export interface CompilerInput {
  entry: string;
  files: Record<string, string>;
  /** The usual headers, made ready; without them they are read anew. */
  precompiled: Uint8Array | null;
}

export const isCpp = (entry: string): boolean => /\.(cpp|cc|cxx)$/i.test(entry);

/** Compiles a program; undefined when the compiler refused, which has then said why. */
export async function compile(
  clang: Clang,
  { entry, files, precompiled }: CompilerInput,
  print: (text: string) => void,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const cpp = isCpp(entry);
  const ready = cpp && precompiled !== null && /#\s*include\s*<iostream>/.test(files[entry] ?? "");
  const given = tree(files);
  if (ready) given[HEADERS_FOLDER] = { "std.h": HEADERS, [PRECOMPILED]: precompiled };
  const decoder = new TextDecoder();
  const say = (bytes: Uint8Array | null) => bytes && print(decoder.decode(bytes, { stream: true }));
  const args = [
    cpp ? "clang++" : "clang",
    ...(cpp ? CPP_FLAGS : C_FLAGS),
    ...(ready
      ? ["-Xclang", "-fno-validate-pch", "-include-pch", `${HEADERS_FOLDER}/${PRECOMPILED}`]
      : []),
    ...LINK_FLAGS,
    ...sources(entry, files, cpp),
    "-o",
    "program.wasm",
  ];
  try {
    const made = await clang.runClang(args, given, {
      stdout: say,
      stderr: say,
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
