/**
 * Why a compiled C or C++ program was ended, in words, and on which line.
 *
 * A trap's stack names places in the WebAssembly file; the debug information that clang left in it, read by clang's own
 * symbolizer, leads from there to the source. It counts from the start of the code section, the stack from that of the file.
 */
import type { Clang } from "./clang.ts";

interface Trap {
  error: Error;
  binary: Uint8Array;
  /** The lesson's files: places elsewhere are the libraries'. */
  isFile: (name: string) => boolean;
}

interface Symbolized {
  FunctionName: string;
  FileName: string;
  Line: number;
  Column: number;
}

const MAX_FRAMES = 6;
/** How clang writes down why a check of its own failed: as the name of a function that isn't one. */
const REASON = /^__clang_trap_msg\$[^$]*\$(.*)$/;

/** Lines as a compiler prints them: `main.c:4:10: Division by zero`, then who called. */
export async function explainTrap(clang: Clang, trap: Trap): Promise<string> {
  const stack = trap.error.stack ?? "";
  const symbols = await symbolize(clang, trap.binary, addressesIn(stack)).catch(() => []);
  const told = symbols.map(({ FunctionName }) => REASON.exec(FunctionName)?.[1])
    .find((reason) => reason !== undefined);
  const words = told === undefined ? wordsOf(trap.error.message, stack) : PLAINER[told] ?? told;
  const places = symbols.flatMap(({ FileName, Line, Column }) => {
    const name = FileName.replace(/^\/+/, "");
    const place = `${name}:${Line}${Column > 0 ? `:${Column}` : ""}`;
    return Line > 0 && trap.isFile(name) ? [place] : [];
  });
  const [place, ...callers] = [...new Set(places)].slice(0, MAX_FRAMES);
  return [
    place === undefined ? words : `${place}: ${words}`,
    ...callers.map((caller) => `    called from ${caller}`),
  ].join("\n") + "\n";
}

/** Innermost first, as V8 and SpiderMonkey both write them. */
function addressesIn(stack: string): number[] {
  return [...stack.matchAll(/wasm-function\[\d+\]:0x([0-9a-f]+)/g)]
    .map(([, address = "0"]) => Number.parseInt(address, 16));
}

async function symbolize(
  clang: Clang,
  binary: Uint8Array,
  addresses: readonly number[],
): Promise<Symbolized[]> {
  const start = codeStart(binary);
  const name = "program.wasm";
  let text = "";
  const args = ["symbolizer", `--obj=${name}`, "--output-style=JSON"];
  const decoder = new TextDecoder();
  await clang.runLLVM(
    [...args, ...addresses.slice(0, 20).map((at) => `0x${(at - start).toString(16)}`)],
    { [name]: binary },
    {
      stdout: (bytes) => text += bytes === null ? "" : decoder.decode(bytes, { stream: true }),
      stderr: () => {},
      fetchProgress: () => {},
    },
  );
  const found = JSON.parse(text) as { Symbol?: Symbolized[] }[];
  return found.flatMap(({ Symbol: symbols = [] }) => symbols);
}

/** Where the code section's content begins: sections are an id, a length as LEB128, and that many bytes. */
function codeStart(binary: Uint8Array): number {
  const CODE = 10;
  let at = 8;
  while (at < binary.length) {
    const id = binary[at++];
    let length = 0;
    for (let shift = 0;; shift += 7) {
      const byte = binary[at++] ?? 0;
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (id === CODE) return at;
    at += length;
  }
  return 0;
}

/** Clang's words for its checks, where a learner would not see what is meant. */
const PLAINER: Readonly<Record<string, string>> = {
  "Integer divide or remainder overflowed": "Division by zero",
  "Alignment, null, or object-size error": "A null pointer was used",
};

function wordsOf(message: string, stack: string): string {
  if (/__assert_fail/.test(stack)) return "The program was ended by its assertion";
  if (/\babort\b/.test(stack)) return "The program called abort";
  if (/call stack|recursion/i.test(message)) {
    return "The stack is full: does a function call itself without end?";
  }
  if (/out of bounds/.test(message)) return "The program reached outside its memory";
  if (/divide by zero|division by zero/.test(message)) return "Division by zero";
  if (/unreachable/.test(message)) return "A check failed, as for an index that is out of range";
  return `The program was ended: ${message}`;
}
