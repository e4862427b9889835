/**
 * What one person's code stage shows: the lesson's files and runs as signals, and what is open here.
 *
 * Invariant: the signals change with names, states and lists, never with each typed character; texts are read where they
 * are shown.
 */
import {
  type FileEntry,
  readFiles,
  readRuns,
  type RunEntry,
} from "../../../rooms/contract/document/reading.ts";
import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import * as Y from "yjs";
import { filesOf, runsOf } from "../../../rooms/contract/document/schema.ts";
import { observeDeep } from "../../../rooms/contract/document/shielded.ts";
import type { LiveRoom } from "../../connection/live_room.ts";
import { runnerOf } from "./document/languages.ts";
import { type Place, readPlaces } from "./editor/cursors.ts";
import { Runner } from "./run/runner.ts";

export type PanelTab = "output" | "tests" | "preview";

/** A page that is previewed, and how far it has come here: a page of somebody else asks first. */
export interface PreviewedPage {
  fileId: string;
  runId: string;
  /** Who ran it, as the run says; null for this person. */
  by: string | null;
  state: "asking" | "running" | "stopped" | "stuck" | "loud";
}

export const FONT_SIZES = [12, 13, 14, 16, 18, 20, 24] as const;
const FONT_KEY = "lectern.code.fontSize";
const DEFAULT_FONT_SIZE = 14;

type DeepEvents = Y.YEvent<Y.AbstractType<unknown>>[];

export class Workspace {
  readonly files: ReadonlySignal<readonly FileEntry[]>;
  readonly runs: ReadonlySignal<readonly RunEntry[]>;
  /** Counts changes of test cases, for whoever reads them. */
  readonly testsVersion = signal(0);
  /** Where the others are. */
  readonly places = signal<readonly Place[]>([]);
  readonly #shownId = signal<string | null>(null);
  readonly shown = computed(() => {
    const files = this.files.value;
    return files.find(({ id }) => id === this.#shownId.value) ?? files[0] ?? null;
  });
  /** The run whose output is shown: the latest, until another one is chosen. */
  readonly chosenRun = signal<string | null>(null);
  readonly run = computed(() => {
    const runs = this.runs.value;
    return runs.find(({ id }) => id === this.chosenRun.value) ?? runs.at(-1) ?? null;
  });
  readonly tab = signal<PanelTab>("output");
  readonly preview = signal<PreviewedPage | null>(null);
  readonly following = signal<string | null>(null);
  readonly fontSize = signal(readFontSize());
  /** A line to go to, once. */
  readonly target = signal<{ fileId: string; line: number; column: number } | null>(null);
  readonly runner: Runner;
  readonly #stop: (() => void)[] = [];

  constructor(readonly session: LiveRoom) {
    const { doc, awareness } = session;
    const files = signal<readonly FileEntry[]>(readFiles(doc));
    const runs = signal<readonly RunEntry[]>(readRuns(doc));
    this.files = files;
    this.runs = runs;

    const onFiles = (events: DeepEvents) => {
      if (events.every(({ target }) => target instanceof Y.Text)) return;
      batch(() => {
        files.value = readFiles(doc);
        this.testsVersion.value++;
      });
    };
    const onRuns = (events: DeepEvents) => {
      if (events.every(({ target }) => target instanceof Y.Text)) return;
      this.#noteNewRun(runs.peek(), runs.value = readRuns(doc));
    };
    const onPlaces = () => this.places.value = readPlaces(awareness, session.me.id);
    this.#stop.push(observeDeep(filesOf(doc), onFiles), observeDeep(runsOf(doc), onRuns));
    awareness.on("change", onPlaces);
    onPlaces();
    // It may change runs at once: what listens to them is there by now.
    this.runner = new Runner(session);
    this.#stop.push(
      () => awareness.off("change", onPlaces),
      effect(() => this.#follow()),
    );
  }

  open(fileId: string): void {
    this.#shownId.value = fileId;
  }

  goTo(fileId: string, line: number, column: number): void {
    batch(() => {
      this.following.value = null;
      this.#shownId.value = fileId;
      this.target.value = { fileId, line, column };
    });
  }

  /** Runs the file that is shown, where this person may and it can be run. */
  runShown(): void {
    const file = this.shown.peek();
    const what = file === null ? null : runnerOf(file.name);
    const idle = !this.runner.busy.peek() && this.session.permissions.peek().run;
    if (file === null || what === null || !idle) return;
    if (what === "preview") this.runner.preview(file);
    else {
      this.tab.value = "output";
      void this.runner.run(file);
    }
  }

  /** Runs the page that is previewed, or ends it, on this person's device alone. */
  setPreview(state: PreviewedPage["state"]): void {
    const page = this.preview.peek();
    if (page !== null) this.preview.value = { ...page, state };
  }

  changeFontSize(by: 1 | -1): void {
    const at = FONT_SIZES.findIndex((size) => size >= this.fontSize.value);
    const size = FONT_SIZES[at + by];
    if (size === undefined) return;
    this.fontSize.value = size;
    try {
      localStorage.setItem(FONT_KEY, String(size));
    } catch {
      // Storage may be off; the size then holds for this page.
    }
  }

  close(): void {
    for (const stop of this.#stop) stop();
    this.runner.close();
  }

  /** A run that begins is what everybody wants to see. */
  #noteNewRun(before: readonly RunEntry[], after: readonly RunEntry[]): void {
    const latest = after.at(-1);
    if (latest === undefined || before.some(({ id }) => id === latest.id)) return;
    batch(() => {
      this.chosenRun.value = null;
      if (latest.language === "html") {
        const own = this.runner.takeAskedFor(latest.id);
        this.preview.value = {
          fileId: latest.fileId,
          runId: latest.id,
          by: own ? null : latest.by,
          state: own ? "running" : "asking",
        };
        this.tab.value = "preview";
      } else if (this.tab.peek() === "preview") this.tab.value = "output";
    });
  }

  /** Opens the file in which the followed person is. */
  #follow(): void {
    const by = this.following.value;
    if (by === null) return;
    const place = this.places.value.find((one) => one.by === by);
    if (place !== undefined) this.#shownId.value = place.fileId;
    const here = this.session.participants.value.some(({ id }) => id === by);
    if (!here) this.following.value = null;
  }
}

function readFontSize(): number {
  try {
    const size = Number(localStorage.getItem(FONT_KEY));
    return FONT_SIZES.find((one) => one === size) ?? DEFAULT_FONT_SIZE;
  } catch {
    return DEFAULT_FONT_SIZE;
  }
}
