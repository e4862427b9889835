import { expect } from "@std/expect";
import { type LogEntry, readEntries, writeEntries } from "./log_entries.ts";

const entries: LogEntry[] = [
  { kind: "snapshot", atMs: 0, payload: new Uint8Array([1, 2, 3]) },
  { kind: "update", atMs: 70_000, payload: new Uint8Array() },
  { kind: "speaker", atMs: 3_600_000, payload: new TextEncoder().encode("mia") },
];

Deno.test("log entries come back as they were written", () => {
  expect(readEntries(writeEntries(entries))).toEqual(entries);
});

Deno.test("an answer that was cut off anywhere inside an entry is known as such", () => {
  const whole = writeEntries(entries);
  const ends = [12, 21, whole.length];
  for (let length = 1; length <= whole.length; length++) {
    const read = readEntries(whole.subarray(0, length));
    expect(read === undefined).toBe(!ends.includes(length));
  }
});

Deno.test("an entry of a kind from later on is passed over", () => {
  const bytes = writeEntries(entries);
  bytes[12] = 200;
  expect(readEntries(bytes)?.map(({ kind }) => kind)).toEqual(["snapshot", "speaker"]);
});
