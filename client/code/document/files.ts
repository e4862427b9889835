/**
 * The lesson's files in the meeting document: reading the list, and the changes that people make to it.
 *
 * Nothing here asks whether one may: the stage offers what the permissions allow, and the server refuses the rest.
 * Invariant: no two files are given the same name by this page; two people may still do so at once, and then see both.
 */
import * as Y from "yjs";
import {
  type FileFields,
  filesOf,
  type TestCase,
  type TypedMap,
} from "../../../rooms/document/schema.ts";
import { languageOf } from "./languages.ts";

export const MAX_FILES = 60;
export const MAX_FILE_CHARS = 512 * 1024;
export const MAX_NAME_CHARS = 80;

export interface FileEntry {
  id: string;
  name: string;
  createdAt: number;
  text: Y.Text;
}

type FileMap = Y.Map<unknown> & TypedMap<FileFields>;

/** Every file in the order in which they were made. */
export function readFiles(doc: Y.Doc): FileEntry[] {
  const files: FileEntry[] = [];
  filesOf(doc).forEach((map, id) => {
    const text = map.get("text");
    if (!(text instanceof Y.Text)) return;
    const name = map.get("name");
    const createdAt = map.get("createdAt");
    files.push({
      id,
      name: typeof name === "string" && name !== "" ? name : "unnamed",
      createdAt: typeof createdAt === "number" ? createdAt : 0,
      text,
    });
  });
  return files.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

/** Every file's text by its name, as a program finds them. */
export function fileTexts(doc: Y.Doc): Record<string, string> {
  return Object.fromEntries(readFiles(doc).map(({ name, text }) => [name, text.toString()]));
}

/** Makes a file and answers its id. The name gets a number when it is taken. */
export function addFile(doc: Y.Doc, wanted: string, text: string, now: number): string {
  const id = crypto.randomUUID();
  const map = new Y.Map<unknown>() as FileMap;
  const name = freeName(readFiles(doc).map((file) => file.name), wanted);
  doc.transact(() => {
    filesOf(doc).set(id, map);
    map.set("name", name);
    map.set("language", languageOf(name).id);
    map.set("createdAt", now);
    map.set("tests", new Y.Map<TestCase>());
    map.set("text", new Y.Text(text.replace(/\r\n?/g, "\n").slice(0, MAX_FILE_CHARS)));
  });
  return id;
}

export function renameFile(doc: Y.Doc, id: string, name: string): void {
  const map = filesOf(doc).get(id);
  if (map === undefined || map.get("name") === name) return;
  doc.transact(() => {
    map.set("name", name);
    map.set("language", languageOf(name).id);
  });
}

export function removeFile(doc: Y.Doc, id: string): void {
  filesOf(doc).delete(id);
}

/** Why a name can't be used, in words, or null. */
export function nameFault(doc: Y.Doc, name: string, own: string | null): string | null {
  if (name === "") return "A file needs a name";
  if (name.length > MAX_NAME_CHARS) return `At most ${MAX_NAME_CHARS} characters`;
  if (!/^[\w@+-][\w@+. -]*(\/[\w@+-][\w@+. -]*)*$/u.test(name)) {
    return "Letters, digits, dots, dashes and / only";
  }
  const taken = readFiles(doc).some((file) => file.id !== own && file.name === name);
  return taken ? `There is a file "${name}" already` : null;
}

/** `main.py`, then `main2.py`. */
export function freeName(taken: readonly string[], wanted: string): string {
  if (!taken.includes(wanted)) return wanted;
  const dot = wanted.lastIndexOf(".");
  const [stem, end] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, ""];
  for (let number = 2;; number++) {
    const name = `${stem}${number}${end}`;
    if (!taken.includes(name)) return name;
  }
}

export interface TestEntry extends TestCase {
  id: string;
}

/** A file's cases in the order in which they were written. */
export function readTests(doc: Y.Doc, fileId: string): TestEntry[] {
  const tests = filesOf(doc).get(fileId)?.get("tests");
  if (!(tests instanceof Y.Map)) return [];
  const entries: TestEntry[] = [];
  tests.forEach((value: unknown, id: string) => {
    const test = value as Partial<TestCase>;
    entries.push({
      id,
      name: String(test.name ?? ""),
      createdAt: Number(test.createdAt ?? 0),
      kind: test.kind === "code" ? "code" : "output",
      input: String(test.input ?? ""),
      expected: String(test.expected ?? ""),
    });
  });
  return entries.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

/** Writes one case whole; null takes it away. */
export function setTest(doc: Y.Doc, fileId: string, id: string, test: TestCase | null): void {
  const file = filesOf(doc).get(fileId);
  if (file === undefined) return;
  doc.transact(() => {
    let tests = file.get("tests");
    if (!(tests instanceof Y.Map)) file.set("tests", tests = new Y.Map<TestCase>());
    if (test === null) (tests as Y.Map<TestCase>).delete(id);
    else (tests as Y.Map<TestCase>).set(id, test);
  });
}
