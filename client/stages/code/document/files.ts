/**
 * The lesson's files in the meeting document: reading the list, and the changes that people make to it.
 *
 * Nothing here asks whether one may: the stage offers what the permissions allow, and the server refuses the rest.
 * Invariant: no two files are given the same name by this page; two people may still do so at once, and then see both.
 */
import * as Y from "yjs";
import { fileOf, readFiles } from "../../../../rooms/contract/document/reading.ts";
import {
  MAX_FILE_NAME_CHARS,
  MAX_TEST_NAME_CHARS,
  MAX_TEST_TEXT_CHARS,
} from "../../../../rooms/contract/document/schema_code.ts";
import {
  type FileFields,
  filesOf,
  type TestCase,
  type TypedMap,
} from "../../../../rooms/contract/document/schema.ts";
import { languageOf } from "./languages.ts";

export const MAX_FILES = 60;
export const MAX_FILE_CHARS = 512 * 1024;
export const MAX_NAME_CHARS = 80;

type FileMap = Y.Map<unknown> & TypedMap<FileFields>;

/** Every file's text by its name, as a program finds them. */
export function fileTexts(doc: Y.Doc): Record<string, string> {
  return Object.fromEntries(readFiles(doc).map(({ name, text }) => [name, text.toString()]));
}

/** Makes a file and answers its id. The name gets a number when it is taken. */
export function addFile(doc: Y.Doc, wanted: string, text: string, now: number): string {
  const id = crypto.randomUUID();
  const map = new Y.Map<unknown>() as FileMap;
  const name = freeName(readFiles(doc).map((file) => file.name), shortName(wanted));
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
  const map = fileOf(doc, id)?.map;
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

/** A name of a device's with room for a number; what tells the language is kept. */
function shortName(name: string): string {
  const over = name.length - (MAX_FILE_NAME_CHARS - 8);
  if (over <= 0) return name;
  const dot = Math.max(name.lastIndexOf("."), name.length - 16);
  return name.slice(0, dot - over) + name.slice(dot);
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

/** Writes one case whole, cut to what a case may hold; null takes it away. */
export function setTest(doc: Y.Doc, fileId: string, id: string, test: TestCase | null): void {
  const file = fileOf(doc, fileId)?.map;
  if (file === undefined) return;
  doc.transact(() => {
    let tests = file.get("tests");
    if (!(tests instanceof Y.Map)) file.set("tests", tests = new Y.Map<TestCase>());
    if (test === null) (tests as Y.Map<TestCase>).delete(id);
    else (tests as Y.Map<TestCase>).set(id, cut(test));
  });
}

function cut({ name, createdAt, kind, input, expected }: TestCase): TestCase {
  return {
    name: name.slice(0, MAX_TEST_NAME_CHARS),
    createdAt,
    kind,
    input: input.slice(0, MAX_TEST_TEXT_CHARS),
    expected: expected.slice(0, MAX_TEST_TEXT_CHARS),
  };
}
