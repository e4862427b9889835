import { expect } from "@std/expect";
import { WASI, WASIProcExit } from "@bjorn3/browser_wasi_shim";
import { type Clang, compile } from "./clang.ts";
import { explainTrap } from "./traps.ts";

const SOURCE = `#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
int table[4];
int divide(int a, int b) {
  return a / b;
}
int *nowhere(int i) {
  return i > 0 ? 0 : table;
}
int deeper(int i) {
  return deeper(i + 1) + i;
}
int main(int argc, char **argv) {
  switch (WHAT) {
    case 0: printf("%d", divide(7, argc - 1)); break;
    case 1: printf("%d", table[argc + 3]); break;
    case 2: *nowhere(argc) = 1; break;
    case 3: assert(argc == 7); break;
    case 4: abort();
    case 5: printf("%d", deeper(argc)); break;
    case 6: exit(3);
  }
}
`;

const EXPECTED = [
  "main.c:6:12: Division by zero\n    called from main.c:16:26\n",
  "main.c:17:26: Array index out of bounds\n",
  "main.c:18:28: A null pointer was used\n",
  "main.c:19:13: The program was ended by its assertion\n",
  "main.c:20:13: The program called abort\n",
];

async function loadClang(): Promise<Clang> {
  const bundle = new URL("../../../../node_modules/@yowasp/clang/gen/bundle.js", import.meta.url);
  return await import(bundle.href) as Clang;
}

Deno.test("A trap of a C program is told in words with its line, and an exit code is its own", async () => {
  const clang = await loadClang();
  const said: string[] = [];
  for (let what = 0; what < 7; what++) {
    const files = { "main.c": SOURCE.replace("WHAT", String(what)) };
    let complaints = "";
    const input = { entry: "main.c", files, precompiled: null };
    const binary = await compile(clang, input, (text) => complaints += text);
    expect([complaints, binary === undefined]).toEqual([
      expect.not.stringContaining("error"),
      false,
    ]);
    const system = new WASI(["program"], [], [], { debug: false });
    const { instance } = await WebAssembly.instantiate(binary!, {
      wasi_snapshot_preview1: system.wasiImport,
    });
    const program = instance as { exports: { memory: WebAssembly.Memory; _start: () => void } };
    system.inst = program;
    try {
      program.exports._start();
      said.push("ended");
    } catch (error) {
      if (error instanceof WASIProcExit) said.push(`exit ${error.code}`);
      else {
        const isFile = (name: string) => name in files;
        said.push(await explainTrap(clang, { error: error as Error, binary: binary!, isFile }));
      }
    }
  }
  expect(said.slice(0, 5)).toEqual(EXPECTED);
  expect(said[5]).toMatch(/^main\.c:11: The stack is full.*\n {4}called from main\.c:12:/);
  expect(said[6]).toBe("exit 3");
});
