import { expect } from "@std/expect";
import { MediaError } from "./sfu/media_engine.ts";
import { explainStartFault } from "./start_fault.ts";
import { TOO_FEW_FILES } from "./start_limits.ts";

function fault(code: string, message = "it failed"): Error {
  return Object.assign(new Error(message), { code });
}

Deno.test("explainStartFault tells what to do about each fault of the database's file, extended codes too", () => {
  const told = {
    SQLITE_READONLY_DBMOVED: "owned and writable",
    SQLITE_CANTOPEN: "owned and writable",
    SQLITE_NOTADB: "Put a copy",
    SQLITE_CORRUPT_VTAB: "Put a copy",
    SQLITE_FULL: "Make room",
    SQLITE_IOERR_WRITE: "Look after the disk",
    SQLITE_BUSY: "End it",
  };
  for (const [code, words] of Object.entries(told)) {
    expect(explainStartFault(fault(code))).toContain(words);
  }
});

Deno.test("explainStartFault finds too few descriptors behind other errors", () => {
  const full = "Too many open files (os error 24)";
  const behind = new Error("DATA_DIR can't be used", { cause: new Error(full) });
  behind.name = "DataFolderError";
  const told = [
    fault("EMFILE"),
    new Error(full),
    behind,
    new MediaError("unavailable", "socket failed: EMFILE: too many open files"),
  ].map(explainStartFault);
  expect(told).toEqual(told.map(() => TOO_FEW_FILES));
});

Deno.test("explainStartFault leaves what is ours to its stack", () => {
  expect(explainStartFault(new TypeError("x is not a function"))).toBeNull();
  expect(explainStartFault(fault("SQLITE_CONSTRAINT"))).toBeNull();
  expect(explainStartFault("a text")).toBeNull();
});
