/**
 * The one way in which everything reads what clients wrote: entry by entry, passing over whatever isn't right.
 *
 * Documents may be older than the shapes that the guard holds writers to, so a value that has no place there reads as if
 * it weren't there: servers, recordings and pages open and end a lesson that holds one like any other.
 * Invariant: nothing here throws or changes the document, whatever it holds.
 */
import * as Y from "yjs";
import { recordType } from "./schema_board.ts";
import {
  isRunDisplay,
  isRunExit,
  isTestCase,
  isTestResults,
  MAX_FILE_NAME_CHARS,
  MAX_LANGUAGE_CHARS,
  type RunDisplay,
  type RunFields,
  type TestCase,
  type TestResult,
} from "./schema_code.ts";
import {
  type ChatMessage,
  chatOf,
  filesOf,
  participantsOf,
  runsOf,
  whiteboardOf,
} from "./schema.ts";
import { isId, isText, isTime } from "./shape.ts";

type AnyMap = Y.Map<unknown>;

/** A file as it can be shown; what is missing has its neutral value. */
export interface FileEntry {
  id: string;
  name: string;
  language: string;
  createdAt: number;
  text: Y.Text;
  map: AnyMap;
}

/** Every file in the order in which they were made. */
export function readFiles(doc: Y.Doc): FileEntry[] {
  const files: FileEntry[] = [];
  for (const [id, map] of filesOf(doc)) {
    const file = isId(id) && map instanceof Y.Map ? readFile(id, map) : undefined;
    if (file !== undefined) files.push(file);
  }
  return files.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

/** The file under this id, or undefined where there is none. */
export function fileOf(doc: Y.Doc, id: string): FileEntry | undefined {
  const map = filesOf(doc).get(id);
  return map instanceof Y.Map ? readFile(id, map) : undefined;
}

function readFile(id: string, map: AnyMap): FileEntry | undefined {
  const text = map.get("text");
  if (!(text instanceof Y.Text)) return undefined;
  return {
    id,
    name: textIn(map, "name", MAX_FILE_NAME_CHARS) || "unnamed",
    language: textIn(map, "language", MAX_LANGUAGE_CHARS),
    createdAt: timeIn(map, "createdAt"),
    text,
    map,
  };
}

export interface TestEntry extends TestCase {
  id: string;
}

/** A file's cases in the order in which they were written. */
export function readTests(file: FileEntry): TestEntry[] {
  const cases = file.map.get("tests");
  if (!(cases instanceof Y.Map)) return [];
  const tests: TestEntry[] = [];
  for (const [id, value] of cases as AnyMap) {
    if (isId(id) && isTestCase(value)) tests.push({ id, ...value });
  }
  return tests.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

/** A run as it can be shown; what is missing has its neutral value. */
export interface RunEntry {
  id: string;
  fileId: string;
  by: string;
  language: string;
  startedAt: number;
  exit: RunFields["exit"];
  tests: readonly TestResult[] | null;
  /** Who asks for it to be stopped. */
  stop: string;
  output: Y.Text;
  map: AnyMap;
}

/** Every run that is kept, oldest first. */
export function readRuns(doc: Y.Doc): RunEntry[] {
  const runs: RunEntry[] = [];
  for (const map of runsOf(doc)) {
    const run = map instanceof Y.Map ? readRun(map) : undefined;
    if (run !== undefined) runs.push(run);
  }
  return runs;
}

export function readRun(map: AnyMap): RunEntry | undefined {
  const output = map.get("output");
  if (!(output instanceof Y.Text)) return undefined;
  const [exit, tests] = [map.get("exit"), map.get("tests")];
  return {
    id: idIn(map, "id"),
    fileId: idIn(map, "fileId"),
    by: idIn(map, "by"),
    language: textIn(map, "language", MAX_LANGUAGE_CHARS),
    startedAt: timeIn(map, "startedAt"),
    exit: isRunExit(exit) ? exit : null,
    tests: isTestResults(tests) ? tests : null,
    stop: idIn(map, "stop"),
    output,
    map,
  };
}

/** The list of a run's displays, or undefined where it has none. */
export function displaysOf(run: AnyMap): Y.Array<unknown> | undefined {
  const displays = run.get("displays");
  return displays instanceof Y.Array ? displays : undefined;
}

export function displayAt(run: AnyMap, index: number): RunDisplay | undefined {
  const display = displaysOf(run)?.get(index);
  return isRunDisplay(display) ? display : undefined;
}

/** The records of a whiteboard, by id: maps, whatever they hold. */
export function* readRecords(board: Y.Map<unknown>): Generator<[id: string, record: AnyMap]> {
  for (const [id, record] of board) {
    if (recordType(id) !== undefined && record instanceof Y.Map) yield [id, record];
  }
}

/** Whether anything stands on the board. */
export function hasRecords(doc: Y.Doc): boolean {
  for (const _ of readRecords(whiteboardOf(doc))) return true;
  return false;
}

/** The server alone writes messages; all the same a document is read like any other. */
export function readChat(doc: Y.Doc): ChatMessage[] {
  return readMessages(chatOf(doc).toArray());
}

export function readMessages(entries: readonly unknown[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  for (const map of entries) {
    if (!(map instanceof Y.Map)) continue;
    messages.push({
      id: textIn(map, "id"),
      from: textIn(map, "from"),
      name: textIn(map, "name"),
      text: textIn(map, "text"),
      at: timeIn(map, "at"),
    });
  }
  return messages;
}

/** Participants' entries by id. */
export function* participantEntries(doc: Y.Doc): Generator<[id: string, entry: AnyMap]> {
  for (const [id, entry] of participantsOf(doc)) {
    if (entry instanceof Y.Map) yield [id, entry];
  }
}

/** The types that a transaction put into a list of maps. */
export function mapsAddedTo<T>(list: Y.Array<T>, { beforeState }: Y.Transaction): AnyMap[] {
  const added: AnyMap[] = [];
  for (let item = list._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentType)) continue;
    const { type } = item.content;
    const isNew = item.id.clock >= (beforeState.get(item.id.client) ?? 0);
    if (isNew && type instanceof Y.Map) added.push(type);
  }
  return added;
}

function textIn(map: AnyMap, key: string, maxChars = Infinity): string {
  const value = map.get(key);
  return isText(value, maxChars) ? value : "";
}

function idIn(map: AnyMap, key: string): string {
  const value = map.get(key);
  return isId(value) ? value : "";
}

function timeIn(map: AnyMap, key: string): number {
  const value = map.get(key);
  return isTime(value) ? value : 0;
}
