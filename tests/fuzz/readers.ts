/**
 * Fuzzes whoever reads a meeting document: the recorder, the counting of activity, carrying over, search, replay and the
 * page's models, all without a browser.
 *
 * Half of the documents get what the guard lets through of content that is well-formed and of any shape; the other half get
 * it all, as documents may that are older than the shapes. A violation is a reader that throws, a guarded document that holds
 * what has no place in it, or an honest page whose own writing the guard refuses there. Document `n` of seed `s` is
 * document 0 of seed `s + n`.
 */
import type { TLStore } from "tldraw";
import * as Y from "yjs";
import {
  addFile,
  fileTexts,
  removeFile,
  renameFile,
  setTest,
} from "../../client/stages/code/document/files.ts";
import { beginRun, RunWriter } from "../../client/stages/code/document/runs.ts";
import { readOutput } from "../../client/stages/code/run/output_text.ts";
import { keptEdits } from "../../client/connection/kept.ts";
import { tableLines } from "../../client/pages/replay/pictures/output_rows.ts";
import { LessonDocument } from "../../client/pages/replay/recording/lesson_document.ts";
import { readPeople } from "../../client/pages/replay/recording/people.ts";
import { LessonIndex } from "../../client/pages/replay/search/lesson_index.ts";
import { shownStage } from "../../client/pages/replay/stages/worked_on.ts";
import { BoardReader } from "../../client/stages/whiteboard/binding/board_reader.ts";
import { BoardBinding } from "../../client/stages/whiteboard/binding/board_binding.ts";
import { createBoardStore } from "../../client/stages/whiteboard/binding/testing/board.ts";
import { readBoard } from "../../client/stages/whiteboard/earlier/earlier_board.ts";
import { BoardFileError } from "../../client/stages/whiteboard/files/board_file.ts";
import { watchHappenings } from "../../recorder/happenings.ts";
import { interruptRuns } from "../../rooms/document/projection.ts";
import {
  type LogEntry,
  readEntries,
  writeEntries,
} from "../../rooms/contract/recording/log_entries.ts";
import { documentAt } from "../../recorder/playback.ts";
import { withoutPauses, writtenIn } from "../../recorder/redaction.ts";
import { Activity } from "../../rooms/activity.ts";
import { carriedBoard, carriedFiles } from "../../recorder/carry_over.ts";
import { judgeUpdate, type RefusalKind } from "../../rooms/document/guard/guard.ts";
import {
  displayAt,
  displaysOf,
  readChat,
  readFiles,
  readRuns,
  readTests,
} from "../../rooms/contract/document/reading.ts";
import { SCHEMA_KEY } from "../../rooms/contract/document/schema_board.ts";
import { readMeeting, type RootName, whiteboardOf } from "../../rooms/contract/document/schema.ts";
import { Member } from "../../rooms/member.ts";
import { CLIENTS, newReplica, openMeeting, rightsFor } from "./guard/meeting.ts";
import { Random } from "./guard/random.ts";
import { misfits, writeOddly } from "./guard/shapes.ts";
import type { FuzzOptions, FuzzResult } from "./run.ts";

export const DEFAULT_RUNS = 20_000;
const MAX_VIOLATIONS = 20;
const ROOTS: readonly RootName[] = ["whiteboard", "files", "runs"];

interface Tally {
  accepted: number;
  refused: Partial<Record<RefusalKind, number>>;
  /** Documents that hold something out of place. */
  poisoned: number;
}

export async function fuzz({ seed, runs, progress }: FuzzOptions): Promise<FuzzResult> {
  const tally: Tally = { accepted: 0, refused: {}, poisoned: 0 };
  const violations: string[] = [];
  const meeting = openMeeting();
  const base = Y.encodeStateAsUpdate(meeting);
  const store = createBoardStore();
  let done = 0;
  for (; done < runs && violations.length < MAX_VIOLATIONS; done++) {
    const reading = new Reading(base, store, new Random(seed + done), tally);
    try {
      reading.write();
      reading.readAll();
      violations.push(...reading.violations.map((what) => `seed ${seed + done}: ${what}`));
    } catch (error) {
      violations.push(`seed ${seed + done}: ${(error as Error).stack}`);
    }
    reading.close();
    progress?.(done);
    if (done % 100 === 0) await Promise.resolve();
  }
  return { runs: done, violations, ...tally };
}

/** One document, what was written into it, and everybody who reads it. */
class Reading {
  readonly violations: string[] = [];
  readonly #doc = newReplica(1);
  readonly #updates: Uint8Array[] = [];
  readonly #guarded: boolean;
  readonly #member = Object.create(Member.prototype, { person: { value: { id: "ada" } } });

  constructor(
    private readonly base: Uint8Array,
    private readonly store: TLStore,
    private readonly random: Random,
    private readonly tally: Tally,
  ) {
    Y.applyUpdate(this.#doc, base);
    this.#guarded = random.chance(0.5);
    watchHappenings(this.#doc, { board: 0, code: 0 }, () => 0, (happening) => {
      const { participantId, runId } = happening as Record<string, unknown>;
      if ([participantId, runId].some((id) => id !== undefined && typeof id !== "string")) {
        this.violations.push("a happening without an id");
      }
    });
    new Activity({
      meetingId: "m",
      store: { recordActivity: () => Promise.resolve() },
      failed: () => {},
    })
      .watch(this.#doc);
  }

  write(): void {
    const { random } = this;
    for (let left = 1 + random.below(5); left > 0; left--) {
      this.#send((page) => {
        for (let edits = 1 + random.below(3); edits > 0; edits--) writeOddly(page, random, ROOTS);
      }, this.#guarded);
    }
    const wrong = misfits(this.#doc);
    if (wrong.length > 0) this.tally.poisoned++;
    if (this.#guarded && wrong.length > 0) {
      this.violations.push(`the guard let through ${wrong[0]}`);
    }
    // Whatever stands there, a page's own writing is accepted.
    if (!this.#send(workHonestly, true)) this.violations.push("an honest page was refused");
  }

  readAll(): void {
    this.#readOnServer();
    this.#readLive();
    this.#readRecorded();
  }

  close(): void {
    this.#doc.destroy();
  }

  /** Edits as a page that is up to date; answers whether the guard took it, which is asked only if it is to be. */
  #send(edit: (page: Y.Doc) => void, judged: boolean): boolean {
    const page = newReplica(1);
    Y.applyUpdate(page, Y.encodeStateAsUpdate(this.#doc));
    page.clientID = CLIENTS.sender;
    page.transact(() => edit(page));
    const update = Y.encodeStateAsUpdate(page, Y.encodeStateVector(this.#doc));
    page.destroy();
    if (judged) {
      const verdict = judgeUpdate(this.#doc, update, rightsFor(ROOTS));
      if (!verdict.ok) {
        this.tally.refused[verdict.kind] = (this.tally.refused[verdict.kind] ?? 0) + 1;
        return false;
      }
      this.tally.accepted++;
    }
    Y.applyUpdate(this.#doc, update, this.#member);
    this.#updates.push(update);
    return true;
  }

  #readOnServer(): void {
    const state = Y.encodeStateAsUpdate(this.#doc);
    const [from, to] = [[this.base], [this.base, this.#updates[0]!]].map(writtenIn);
    withoutPauses(state, [{ from: from!, to: to! }]);
    const redacted = newReplica(1);
    Y.applyUpdate(redacted, withoutPauses(state, [{ from: from!, to: null }]));
    if (readRuns(redacted).some(({ id }) => id === "honest")) {
      this.violations.push("a run of the pause is still there");
    }
    redacted.destroy();
    JSON.stringify(carriedFiles(this.#doc));
    this.#carryBoard();
    readMeeting(this.#doc);
    readPeople(this.#doc);
  }

  #carryBoard(): void {
    try {
      readBoard(carriedBoard(this.#doc), this.store as never);
    } catch (error) {
      // What the person is told where the board names a newer schema.
      if (!(error instanceof BoardFileError)) throw error;
    }
  }

  #readLive(): void {
    const doc = this.#doc;
    for (const file of readFiles(doc)) {
      for (const { name, input, expected } of readTests(file)) `${name}${input}${expected}`.trim();
    }
    for (const run of readRuns(doc)) {
      `${run.id}${run.by}${run.language}`.trim();
      for (const result of run.tests ?? []) result.got.trim();
      [...readOutput(run.output.toString(), () => false, 0)];
      for (let n = displaysOf(run.map)?.length ?? 0; n >= 0; n--) {
        const display = displayAt(run.map, n);
        if (display?.kind === "table") tableLines(display);
      }
    }
    fileTexts(doc);
    const empty = newReplica(1);
    keptEdits(doc, empty, 1);
    shownStage(doc, { layout: "all", worked: "code", screenShared: false });
    const root = whiteboardOf(doc);
    const reader = new BoardReader(root, this.store, () => {});
    reader.refreshSchema();
    for (const id of root.keys()) if (id !== SCHEMA_KEY) reader.refresh(id);
    reader.shown();
    if (this.random.chance(0.05)) this.#openBoard();
    empty.destroy();
  }

  /** The board as a page has it, while somebody else changes it. */
  #openBoard(): void {
    const page = newReplica(1);
    Y.applyUpdate(page, this.base);
    const binding = new BoardBinding({
      store: createBoardStore(),
      root: whiteboardOf(page),
      writable: true,
      onRefused: () => {},
      onNewer: () => {},
    });
    for (const update of this.#updates) Y.applyUpdate(page, update, "network");
    binding.destroy();
    page.destroy();
  }

  #readRecorded(): void {
    const entries: LogEntry[] = [
      { kind: "snapshot", atMs: 0, payload: this.base },
      ...this.#updates.map((payload, n): LogEntry => ({ kind: "update", atMs: 2000 * n, payload })),
    ];
    const read = readEntries(writeEntries(entries))!;
    documentAt(read, Infinity).destroy();
    const lesson = new LessonDocument();
    for (const atMs of [0, 2000, 90_000, 1000]) lesson.moveTo(atMs, 0, read);
    readChat(lesson.doc);
    const index = new LessonIndex({});
    index.addSegment(read);
    index.end(90_000);
    index.search("a");
  }
}

/** What a page does by itself and at a click. */
function workHonestly(page: Y.Doc): void {
  const id = addFile(page, "main.py", "print(1)\n", 1);
  setTest(page, id, "t", { name: "", createdAt: 1, kind: "output", input: "", expected: "1" });
  for (const file of readFiles(page).slice(0, 3)) {
    file.text.insert(0, "a");
    setTest(page, file.id, "t", { name: "", createdAt: 1, kind: "code", input: "", expected: "" });
    renameFile(page, file.id, "b.py");
  }
  removeFile(page, "f1");
  interruptRuns(page, () => true);
  const run = { id: "honest", fileId: id, by: "ada", language: "python", startedAt: 1 };
  new RunWriter(page, beginRun(page, run)).end(0, []);
}
