/**
 * The words of a lesson and their times, made from its log alone.
 *
 * Pure. The document is played once from the beginning and looked at once a second. A line counts as written when it
 * stood there twice in a row, so that searching doesn't find every half-typed word.
 */
import * as Y from "yjs";
import type { LogEntry } from "../../../../rooms/contract/recording/log_entries.ts";
import type { Stretch } from "../../../../rooms/contract/recording/manifest.ts";
import {
  fileOf,
  readChat,
  readFiles,
  readRuns,
} from "../../../../rooms/contract/document/reading.ts";
import { openRoots, whiteboardOf } from "../../../../rooms/contract/document/schema.ts";
import { ShieldedDoc } from "../../../../rooms/contract/document/shielded.ts";
import { boardTexts } from "./board_texts.ts";
import type { Find, FindKind, ItemId } from "./index_protocol.ts";
import { Moments } from "./moments.ts";

const LOOK_MS = 1000;
/** Shorter ones are pauses for breath. */
const MIN_SILENCE_MS = 3000;
const MAX_FINDS = 200;
const MAX_HELD = 50_000;
const MAX_LINE_CHARS = 400;
// deno-lint-ignore no-control-regex -- terminals' colour sequences begin with a control character
const SEQUENCE = /\x1b\[[\d;]*[A-Za-z]|\ufffc/g;

export class LessonIndex {
  readonly #moments = new Moments();
  readonly #held: Find[] = [];
  readonly #known = new Set<string>();
  /** Lines seen once, by what makes them one. */
  #fresh = new Map<string, Find>();
  readonly #silences: Stretch[] = [];
  #doc: Y.Doc = new ShieldedDoc();
  #changed = new Set<string>();
  #lookAt = 0;
  /** When the last entry was written: what is seen stood there then, and perhaps not before. */
  #addedAt = 0;
  #speaks = false;
  /** Since when nobody speaks and nothing happens. */
  #stillSince = 0;

  /** `names`: participants' names by id. */
  constructor(private readonly names: Readonly<Record<string, string>>) {}

  get silences(): Stretch[] {
    return this.#silences;
  }

  /** Segments are added in their order. */
  addSegment(entries: readonly LogEntry[]): void {
    this.#doc.destroy();
    this.#doc = new ShieldedDoc();
    openRoots(this.#doc);
    this.#doc.on("afterTransaction", (transaction) => {
      for (const type of transaction.changedParentTypes.keys()) {
        for (const [name, root] of this.#doc.share) if (root === type) this.#changed.add(name);
      }
    });
    for (const entry of entries) {
      if (entry.atMs >= this.#lookAt + LOOK_MS) {
        this.#look(this.#addedAt);
        this.#lookAt = entry.atMs;
      }
      this.#add(entry);
      this.#addedAt = entry.atMs;
    }
    // Both looks: nothing of this segment is seen again.
    this.#look(this.#addedAt);
    this.#look(this.#addedAt);
  }

  end(atMs: number): void {
    this.#happens(atMs);
    this.#held.sort((one, other) => one.atMs - other.atMs);
  }

  /** Everything that holds all of these words, in the order of time. */
  search(words: string): Find[] {
    const wanted = words.toLocaleLowerCase().split(/\s+/).filter((word) => word !== "");
    if (wanted.length === 0) return [];
    const found: Find[] = [];
    for (const find of this.#held) {
      const text = `${find.text} ${find.where}`.toLocaleLowerCase();
      if (wanted.every((word) => text.includes(word))) found.push(find);
      if (found.length === MAX_FINDS) break;
    }
    return found;
  }

  appeared(items: readonly ItemId[]): number | null {
    return this.#moments.latest(items);
  }

  #add({ kind, atMs, payload }: LogEntry): void {
    switch (kind) {
      case "snapshot":
      case "update":
        this.#moments.add(payload, atMs);
        Y.applyUpdate(this.#doc, payload);
        if (kind === "update") this.#happens(atMs);
        break;
      case "speaker":
        this.#happens(atMs);
        this.#speaks = payload.length > 0;
    }
  }

  #happens(atMs: number): void {
    if (!this.#speaks && atMs - this.#stillSince >= MIN_SILENCE_MS) {
      this.#silences.push({ fromMs: this.#stillSince, toMs: atMs });
    }
    this.#stillSince = atMs;
  }

  #look(atMs: number): void {
    const before = this.#fresh;
    this.#fresh = new Map();
    const see = (kind: FindKind, key: string, text: string, where: string, at = atMs) => {
      const line = text.replace(SEQUENCE, "").trim().slice(0, MAX_LINE_CHARS);
      const id = `${kind}:${key}:${line}`;
      if (line === "" || this.#known.has(id)) return;
      const earlier = before.get(id);
      if (earlier === undefined) this.#fresh.set(id, { kind, atMs: at, text: line, where });
      else this.#keep(id, earlier);
    };
    const waiting = new Set([...before.values()].map(({ kind }) => kind));
    if (this.#changed.has("chat") || waiting.has("chat")) this.#lookAtChat(see);
    if (this.#changed.has("files") || waiting.has("code")) this.#lookAtFiles(see);
    if (this.#changed.has("runs") || waiting.has("run")) this.#lookAtRuns(see);
    if (this.#changed.has("whiteboard") || waiting.has("board")) {
      for (const { id, text } of boardTexts(whiteboardOf(this.#doc))) {
        see("board", id, text, "Board");
      }
    }
    this.#changed.clear();
  }

  #lookAtChat(see: See): void {
    for (const { id, from, name, text } of readChat(this.#doc)) {
      see("chat", id, text, this.names[from] ?? name);
    }
  }

  #lookAtFiles(see: See): void {
    for (const { id, name, text } of readFiles(this.#doc)) {
      for (const line of text.toString().split("\n")) see("code", id, line, name);
    }
  }

  #lookAtRuns(see: See): void {
    for (const { id, fileId, output } of readRuns(this.#doc)) {
      const file = fileOf(this.#doc, fileId);
      const where = file === undefined ? "Output" : `Output of ${file.name}`;
      for (const line of output.toString().split("\n")) see("run", id, line, where);
    }
  }

  #keep(id: string, find: Find): void {
    if (this.#held.length >= MAX_HELD) return;
    this.#known.add(id);
    this.#held.push(find);
  }
}

type See = (kind: FindKind, key: string, text: string, where: string) => void;
