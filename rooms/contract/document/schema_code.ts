/**
 * The roots `files` and `runs`: what an entry holds, and what a page may write into it.
 *
 * The guard refuses whatever isn't so; pages cut what they write to the same bounds.
 */
import type * as Y from "yjs";
import {
  isId,
  isListOf,
  isText,
  isTime,
  mapOfFields,
  mapOfIds,
  MAX_ID_CHARS,
  plain,
  type Shape,
  TEXT,
  typed,
} from "./shape.ts";

/** UTF-16 units, here and below. A device's file system allows 255. */
export const MAX_FILE_NAME_CHARS = 300;
export const MAX_LANGUAGE_CHARS = 64;
export const MAX_TEST_NAME_CHARS = 300;
/** What a test types, and what it expects. */
export const MAX_TEST_TEXT_CHARS = 100_000;
/** Cases that one run goes through. */
export const MAX_TEST_RESULTS = 50;
/** What a case printed. */
export const MAX_GOT_CHARS = 2000;
export const MAX_IMAGE_BYTES = 1_000_000;
export const MAX_TABLE_ROWS = 1000;
export const MAX_TABLE_COLUMNS = 50;
export const MAX_CELL_CHARS = 1000;

/** Bytes that text of this length can take as UTF-8, with what stands around it. */
const bytesOf = (chars: number) => 3 * chars + 64;

/** One entry of `files`: a Y.Map with these keys; `text` is a Y.Text. */
export interface FileFields {
  name: string;
  language: string;
  text: Y.Text;
  /** Unix ms; files are shown in this order. */
  createdAt: number;
  /** Case id → what a run of this file should do. Each case is replaced whole. */
  tests: Y.Map<TestCase>;
}

/** What a tutor expects of a program. */
export interface TestCase {
  name: string;
  /** Unix ms; cases are shown in this order. */
  createdAt: number;
  /** `output`: with `input` typed, it prints `expected`. `code`: `expected` runs after the program without an error. */
  kind: "output" | "code";
  input: string;
  expected: string;
}

/** How a case went on one run. */
export interface TestResult {
  id: string;
  name: string;
  passed: boolean;
  /** What was printed, or the error; cut to what is worth reading. */
  got: string;
}

/** Something that a run shows among its lines: the n-th U+FFFC of `output` stands for the n-th of `displays`. */
export type RunDisplay =
  | { kind: "table"; columns: string[]; rows: string[][] }
  | { kind: "image"; mime: "image/png" | "image/svg+xml"; bytes: Uint8Array };

/** One entry of `runs`: a Y.Map with these keys; `output` is a Y.Text. */
export interface RunFields {
  id: string;
  fileId: string;
  by: string;
  language: string;
  startedAt: number;
  output: Y.Text;
  /** Tables and pictures, in the order of their places in `output`. */
  displays: Y.Array<RunDisplay>;
  /** How the file's tests went on this run; absent when there were none. */
  tests?: TestResult[];
  /** Participant id of somebody who asks the one who ran it to stop it. */
  stop?: string;
  /** Exit code, or a reason why there is none; null while running. */
  exit: number | "stopped" | "interrupted" | "timeout" | "truncated" | null;
}

export const RUN_EXITS = ["stopped", "interrupted", "timeout", "truncated"] as const;

export function isTestCase(value: unknown): value is TestCase {
  const fields = fieldsOf(value, ["name", "createdAt", "kind", "input", "expected"]);
  return fields !== undefined && isText(fields.name, MAX_TEST_NAME_CHARS) &&
    isTime(fields.createdAt) && (fields.kind === "output" || fields.kind === "code") &&
    isText(fields.input, MAX_TEST_TEXT_CHARS) && isText(fields.expected, MAX_TEST_TEXT_CHARS);
}

export function isTestResult(value: unknown): value is TestResult {
  const fields = fieldsOf(value, ["id", "name", "passed", "got"]);
  return fields !== undefined && isId(fields.id) && isText(fields.name, MAX_TEST_NAME_CHARS) &&
    typeof fields.passed === "boolean" && isText(fields.got, MAX_GOT_CHARS);
}

export function isTestResults(value: unknown): value is TestResult[] {
  return isListOf(value, MAX_TEST_RESULTS, isTestResult);
}

export function isRunDisplay(value: unknown): value is RunDisplay {
  const table = fieldsOf(value, ["kind", "columns", "rows"]);
  if (table?.kind === "table") {
    return isRow(table.columns) && isListOf(table.rows, MAX_TABLE_ROWS, isRow);
  }
  const image = fieldsOf(value, ["kind", "mime", "bytes"]);
  return image?.kind === "image" &&
    (image.mime === "image/png" || image.mime === "image/svg+xml") &&
    image.bytes instanceof Uint8Array && image.bytes.byteLength <= MAX_IMAGE_BYTES;
}

export function isRunExit(value: unknown): value is RunFields["exit"] {
  return value === null || isTime(value) || (RUN_EXITS as readonly unknown[]).includes(value);
}

const isCell = (value: unknown): value is string => isText(value, MAX_CELL_CHARS);
const isRow = (value: unknown): value is string[] => isListOf(value, MAX_TABLE_COLUMNS, isCell);
const isFileName = (value: unknown) => isText(value, MAX_FILE_NAME_CHARS);
const isLanguage = (value: unknown) => isText(value, MAX_LANGUAGE_CHARS);

/** The value's fields when it has exactly these. */
function fieldsOf<K extends string>(
  value: unknown,
  keys: readonly K[],
): Record<K, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const names = Object.keys(value);
  const exact = names.length === keys.length && keys.every((key) => Object.hasOwn(value, key));
  return exact ? value as Record<K, unknown> : undefined;
}

const id = plain(bytesOf(MAX_ID_CHARS), isId);
const time = plain(16, isTime);
const language = plain(bytesOf(MAX_LANGUAGE_CHARS), isLanguage);

const testCase = plain(bytesOf(MAX_TEST_NAME_CHARS + 2 * MAX_TEST_TEXT_CHARS), isTestCase);

export const FILES: Shape = mapOfIds(typed(mapOfFields({
  name: plain(bytesOf(MAX_FILE_NAME_CHARS), isFileName),
  language,
  createdAt: time,
  text: typed(TEXT),
  tests: typed(mapOfIds(testCase)),
})));

/** Updates are smaller than the largest display could be, so that they bound it. */
const display = plain(Infinity, isRunDisplay);

export const RUNS: Shape = {
  kind: "array",
  items: typed(mapOfFields({
    id,
    fileId: id,
    by: id,
    language,
    startedAt: time,
    output: typed(TEXT),
    displays: typed({ kind: "array", items: display }),
    tests: plain(Infinity, isTestResults),
    stop: id,
    exit: plain(64, isRunExit),
  })),
};
