/**
 * What a lesson hands on to a later one: its board, and the files of its code, as they stood at its end.
 *
 * Chat, runs and people stay where they were. Pure reading of a document whose content came from clients, so what
 * isn't right is left out.
 */
import * as Y from "yjs";
import { readFiles, readRecords, readTests } from "../rooms/contract/document/reading.ts";
import { SCHEMA_KEY } from "../rooms/contract/document/schema_board.ts";
import { type TestCase, whiteboardOf } from "../rooms/contract/document/schema.ts";

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
    const schema = whiteboardOf(doc).get(SCHEMA_KEY);
    if (schema !== undefined && !(schema instanceof Y.AbstractType)) target.set(SCHEMA_KEY, schema);
    for (const [id, record] of readRecords(whiteboardOf(doc))) target.set(id, record.clone());
  });
  const update = Y.encodeStateAsUpdate(carried);
  carried.destroy();
  return new Uint8Array(update);
}

/** The code files, oldest first. */
export function carriedFiles(doc: Y.Doc): CarriedFile[] {
  return readFiles(doc).slice(0, MAX_CARRIED_FILES).map((file) => {
    const { name, language, createdAt, text } = file;
    const tests = readTests(file).map(({ id: _, ...test }) => test);
    return { name, language, createdAt, text: text.toString(), tests };
  });
}
