/**
 * What happens when somebody presses Run: the program goes into the sandbox, its output into the document.
 *
 * One run at a time in a page. The server marks the runs of a page that is gone as interrupted.
 */
import { type FileEntry, readRun, readTests } from "../../../../rooms/contract/document/reading.ts";
import { computed, signal } from "@preact/signals";
import type * as Y from "yjs";
import { runsOf, type TestResult } from "../../../../rooms/contract/document/schema.ts";
import { observeDeep } from "../../../../rooms/contract/document/shielded.ts";
import type { LiveRoom } from "../../../connection/live_room.ts";
import { fileTexts } from "../document/files.ts";
import { languageOf, runnerOf } from "../document/languages.ts";
import { beginRun, RunWriter } from "../document/runs.ts";
import type { RunEnd, RunnerEvent, RunnerName } from "../sandbox/messages.ts";
import { type FrameRun, SandboxFrame } from "./sandbox_frame.ts";
import { runTests } from "./case_run.ts";

export const TIME_LIMITS_MS = [10_000, 60_000, 300_000] as const;
const DEFAULT_TIME_LIMIT_MS = 60_000;

/** How a run of this page is going. */
export type RunPhase =
  | { phase: "idle" }
  /** The language is on its way; 0 to 1, or null while nobody knows. */
  | { phase: "loading"; part: number | null; megabytes: number }
  | { phase: "running" }
  /** The program waits for a line. */
  | { phase: "asking" }
  | { phase: "testing"; done: number; of: number };

export class Runner {
  readonly phase = signal<RunPhase>({ phase: "idle" });
  readonly busy = computed(() => this.phase.value.phase !== "idle");
  readonly timeLimitMs = signal<number>(DEFAULT_TIME_LIMIT_MS);
  /** Lines that are typed before the program asks. */
  readonly typedAhead = signal("");
  #frame: SandboxFrame | null = null;
  #current: FrameRun | null = null;
  #writer: RunWriter | null = null;
  #previewed: RunWriter | null = null;
  /** The run of the page that this person has just asked for: what a run says of its author proves nothing. */
  #askedFor: string | null = null;
  #stopped = false;
  #closed = false;
  readonly #stopWatching: () => void;

  constructor(private readonly session: LiveRoom) {
    this.#stopWatching = observeDeep(runsOf(session.doc), this.#onRuns);
  }

  /** Runs a file of the lesson, then its tests. */
  async run(file: FileEntry): Promise<void> {
    const runner = runnerOf(file.name);
    if (this.busy.value || runner === null || runner === "preview") return;
    const { doc } = this.session;
    const writer = this.#begin(file);
    const files = fileTexts(doc);
    const tests = readTests(file);
    let end = await this.#execute(runner, file.name, files, writer);
    let results: TestResult[] | null = null;
    if (tests.length > 0 && end !== "stopped" && !this.#closed) {
      this.phase.value = { phase: "testing", done: 0, of: tests.length };
      results = await runTests({ entry: file.name, files, runner, tests }, {
        run: (request, onEvent) => this.#current = this.#openFrame().run(request, onEvent),
        isStopped: () => this.#stopped,
        onDone: (done) => this.phase.value = { phase: "testing", done, of: tests.length },
      });
      if (this.#stopped) end = "stopped";
    }
    this.#end(writer, end, results);
  }

  /** Notes that a page is previewed: everybody's stage then shows it. What its console says is written by us. */
  preview(file: FileEntry): void {
    const id = this.#askedFor = crypto.randomUUID();
    this.#previewed = this.#record(file, id);
    // A page has no end of its own.
    this.#previewed.end(0);
  }

  /** Whether this person asked for the run of a page; answers so once. */
  takeAskedFor(runId: string): boolean {
    if (this.#askedFor !== runId) return false;
    this.#askedFor = null;
    return true;
  }

  /** What the console of this page's preview says. */
  previewSaid(runId: string, type: "stdout" | "stderr", text: string): void {
    const writer = this.#previewed;
    if (writer === null || writer.map.get("id") !== runId) return;
    writer[type](text);
  }

  /** Writes a line for the program that asks. */
  type(line: string): void {
    if (this.phase.value.phase !== "asking") return;
    this.#writer?.typed(line);
    this.phase.value = { phase: "running" };
    this.#current?.type(line);
  }

  /** Ends the input of the program that asks. */
  endInput(): void {
    if (this.phase.value.phase !== "asking") return;
    this.phase.value = { phase: "running" };
    this.#current?.type(null);
  }

  stop(): void {
    this.#stopped = true;
    this.#current?.stop();
  }

  close(): void {
    this.#closed = true;
    this.#stopWatching();
    if (this.#writer !== null && !this.#stopped) this.#writer.end("interrupted");
    this.#writer = null;
    this.#frame?.close();
    this.#frame = null;
  }

  #begin(file: FileEntry): RunWriter {
    this.#stopped = false;
    this.phase.value = { phase: "loading", part: null, megabytes: 0 };
    return this.#writer = this.#record(file);
  }

  #record(file: FileEntry, id: string = crypto.randomUUID()): RunWriter {
    const { doc, me } = this.session;
    const map = beginRun(doc, {
      id,
      fileId: file.id,
      by: me.id,
      language: languageOf(file.name).id,
      startedAt: Math.round(this.session.now()),
    });
    return new RunWriter(doc, map);
  }

  async #execute(
    runner: RunnerName,
    entry: string,
    files: Record<string, string>,
    writer: RunWriter,
  ): Promise<RunEnd> {
    const ahead = this.typedAhead.value;
    this.#current = this.#openFrame().run({
      runner,
      entry,
      files,
      input: ahead === "" ? [] : ahead.replace(/\n$/, "").split("\n"),
      interactive: true,
      timeLimitMs: this.timeLimitMs.value,
    }, (event) => this.#take(event, writer));
    const end = await this.#current.ended;
    if (end === "truncated") writer.note("\nThe output is longer than 1 MB: output truncated.\n");
    if (end === "timeout") {
      writer.note(`\nStopped after ${this.timeLimitMs.value / 1000} seconds.\n`);
    }
    return end;
  }

  #take(event: RunnerEvent, writer: RunWriter): void {
    switch (event.type) {
      case "progress":
        this.phase.value = {
          phase: "loading",
          part: event.totalBytes > 0 ? event.loadedBytes / event.totalBytes : null,
          megabytes: event.totalBytes / 1e6,
        };
        break;
      case "started":
        this.phase.value = { phase: "running" };
        break;
      case "ask":
        this.phase.value = { phase: "asking" };
        break;
      case "stdout":
        writer.stdout(event.text);
        break;
      case "stderr":
        writer.stderr(event.text);
        break;
      case "display":
        writer.display(event.display);
        break;
    }
  }

  #end(writer: RunWriter, end: RunEnd, tests: TestResult[] | null): void {
    if (this.#closed) return;
    this.#current = null;
    this.#writer = null;
    this.phase.value = { phase: "idle" };
    writer.end(end, tests);
  }

  #openFrame(): SandboxFrame {
    if (this.#frame?.lost) this.#frame = null;
    return this.#frame ??= new SandboxFrame();
  }

  /** Somebody else asks us to stop: the host may, and so may anyone who may run. */
  readonly #onRuns = (events: Y.YEvent<Y.AbstractType<unknown>>[]): void => {
    const map = this.#writer?.map;
    const asked = events.some(({ target, keys }) => target === map && keys.has("stop"));
    if (asked && map !== undefined && readRun(map)?.stop) this.stop();
  };
}
