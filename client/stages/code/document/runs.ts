/**
 * Runs in the meeting document: what was run, by whom, and what came out of it.
 *
 * The page of the person who ran it writes its output; everybody else reads. Standard error and typed input are marked
 * in the text by the terminal's colour codes, so that one text holds all in its order.
 * Invariants: output is written at most ten times a second and never grows beyond {@linkcode MAX_RUN_CHARS}; at most
 * {@linkcode MAX_RUNS} runs are kept.
 */
import * as Y from "yjs";
import { displaysOf, readRun } from "../../../../rooms/contract/document/reading.ts";
import {
  type RunDisplay,
  type RunFields,
  runsOf,
  type TestResult,
} from "../../../../rooms/contract/document/schema.ts";

export const MAX_RUNS = 20;
export const MAX_RUN_CHARS = 1_000_000;
const WRITE_MS = 100;

/** Stands in the output where a display belongs. */
export const DISPLAY_MARK = "\ufffc";
const ERROR_ON = "\x1b[31m";
const TYPED_ON = "\x1b[36m";
const COLOUR_OFF = "\x1b[39m";

type RunMap = Y.Map<unknown>;
export type RunExit = RunFields["exit"];

/** Begins a run in the document, and lets go of the oldest that are done. */
export function beginRun(
  doc: Y.Doc,
  run: Pick<RunFields, "id" | "fileId" | "by" | "language" | "startedAt">,
): RunMap {
  const map = new Y.Map<unknown>();
  doc.transact(() => {
    const runs = runsOf(doc);
    for (let extra = runs.length - MAX_RUNS + 1; extra > 0; extra--) runs.delete(0);
    runs.push([map]);
    for (const [key, value] of Object.entries(run)) map.set(key, value);
    map.set("displays", new Y.Array<RunDisplay>());
    map.set("exit", null);
    map.set("output", new Y.Text());
  });
  return map;
}

/** Writes one run's output, batched. */
export class RunWriter {
  #pending = "";
  #displays: RunDisplay[] = [];
  #chars = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wroteAt = 0;

  constructor(private readonly doc: Y.Doc, readonly map: RunMap) {}

  stdout(text: string): void {
    this.#add(clean(text));
  }

  stderr(text: string): void {
    this.#add(`${ERROR_ON}${clean(text)}${COLOUR_OFF}`);
  }

  /** What the person typed. */
  typed(line: string): void {
    this.#add(`${TYPED_ON}${clean(line)}${COLOUR_OFF}\n`);
  }

  /** Why it ended, in our words: said even where the output is full. */
  note(text: string): void {
    this.#queue(`${ERROR_ON}${text}${COLOUR_OFF}`);
  }

  display(display: RunDisplay): void {
    this.#displays.push(display);
    this.#add(DISPLAY_MARK);
  }

  end(exit: RunExit, tests: TestResult[] | null = null): void {
    clearTimeout(this.#timer);
    this.doc.transact(() => {
      this.#write();
      if (tests !== null) this.map.set("tests", tests);
      this.map.set("exit", exit);
    });
  }

  #add(text: string): void {
    const room = MAX_RUN_CHARS - this.#chars;
    if (room <= 0) return;
    this.#chars += text.length;
    this.#queue(text.length > room ? text.slice(0, room) : text);
  }

  #queue(text: string): void {
    this.#pending += text;
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#wroteAt + WRITE_MS - performance.now());
    this.#timer = setTimeout(() => this.#write(), wait);
  }

  #write(): void {
    this.#timer = undefined;
    this.#wroteAt = performance.now();
    const [text, displays] = [this.#pending, this.#displays];
    this.#pending = "";
    this.#displays = [];
    if (text === "") return;
    this.doc.transact(() => {
      const output = readRun(this.map)?.output;
      if (displays.length > 0) displaysOf(this.map)?.push(displays);
      output?.insert(output.length, text);
    });
  }
}

/** The mark of a display is ours, and half a surrogate pair can't be stored. */
function clean(text: string): string {
  return text.replaceAll(DISPLAY_MARK, "\ufffd").toWellFormed();
}
