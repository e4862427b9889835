/**
 * What a lesson hands on to a later one: its board, and the files of its code, as they stood at its end.
 *
 * Chat, runs and people stay where they were. Pure reading of a document whose content came from clients, so what
 * doesn't have the shape of a file is left out.
 */
import * as Y from "yjs";
import { filesOf, type TestCase, whiteboardOf } from "./schema.ts";

/** More files than a room holds are not carried. */
export const MAX_CARRIED_FILES = 200;

/** A code file without the history of its text. */
export interface CarriedFile {
  name: string;
  language: string;
  text: string;
  /** Unix ms; files are shown in this order. */
  createdAt: number;
  tests: TestCase[];
}

/** The board alone, as an update (v1) of a document that has nothing but the `whiteboard` root. */
export function carriedBoard(doc: Y.Doc): Uint8Array<ArrayBuffer> {
  const carried = new Y.Doc();
  const target = whiteboardOf(carried);
  carried.transact(() => {
    for (const [key, value] of whiteboardOf(doc)) {
      target.set(key, value instanceof Y.AbstractType ? value.clone() : value);
    }
  });
  const update = Y.encodeStateAsUpdate(carried);
  carried.destroy();
  return new Uint8Array(update);
}

/** The code files, oldest first. */
export function carriedFiles(doc: Y.Doc): CarriedFile[] {
  const files: CarriedFile[] = [];
  for (const map of filesOf(doc).values()) {
    const file = map instanceof Y.Map ? readFile(map) : undefined;
    if (file !== undefined) files.push(file);
  }
  return files.sort((a, b) => a.createdAt - b.createdAt).slice(0, MAX_CARRIED_FILES);
}

function readFile(map: Y.Map<unknown>): CarriedFile | undefined {
  const [name, language, text] = ["name", "language", "text"].map((key) => map.get(key));
  if (typeof name !== "string" || typeof language !== "string") return undefined;
  if (!(text instanceof Y.Text)) return undefined;
  const createdAt = Number(map.get("createdAt")) || 0;
  const cases = map.get("tests");
  const tests = cases instanceof Y.Map ? [...cases.values()].filter(isTestCase) : [];
  tests.sort((a, b) => a.createdAt - b.createdAt);
  return { name, language, text: text.toString(), createdAt, tests };
}

function isTestCase(value: unknown): value is TestCase {
  if (typeof value !== "object" || value === null) return false;
  const { name, createdAt, kind, input, expected } = value as Record<string, unknown>;
  return [name, input, expected].every((text) => typeof text === "string") &&
    typeof createdAt === "number" && (kind === "output" || kind === "code");
}
