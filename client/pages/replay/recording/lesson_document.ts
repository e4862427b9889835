/**
 * The meeting document as it was at a time: forward by what was logged since, backward from the segment's snapshot.
 *
 * Pure: entries come in, a document stands there; whoever calls has fetched them.
 * Invariant: after `moveTo(t)` the document equals the segment's snapshot with every update up to and including t.
 */
import * as Y from "yjs";
import type { LogEntry } from "../../../../rooms/contract/recording/log_entries.ts";
import { openRoots, type RootName, ROOTS } from "../../../../rooms/contract/document/schema.ts";
import { ShieldedDoc } from "../../../../rooms/contract/document/shielded.ts";
import { Presence } from "./presence.ts";

/** What a move did, for whoever shows it. */
export interface Moved {
  /** The document is another one. */
  replaced: boolean;
  changed: ReadonlySet<RootName>;
  presenceChanged: boolean;
}

const ROOT_NAMES = Object.keys(ROOTS) as RootName[];

export class LessonDocument {
  readonly presence = new Presence();
  #doc = emptyDoc();
  #segment = -1;
  /** How many of the segment's entries have been played. */
  #played = 0;
  #atMs = -1;
  #speaker: string | null = null;

  get doc(): Y.Doc {
    return this.#doc;
  }

  /** Who spoke loudest at that time. */
  get speaker(): string | null {
    return this.#speaker;
  }

  /** `entries` are those of the segment that `atMs` lies in, as far as they are known. */
  moveTo(atMs: number, segment: number, entries: readonly LogEntry[]): Moved {
    const replaced = segment !== this.#segment || atMs < this.#atMs;
    if (replaced) this.#begin(segment);
    this.#atMs = atMs;
    const changed = new Set<RootName>(replaced ? ROOT_NAMES : []);
    let presenceChanged = replaced;
    const doc = this.#doc;
    const note = (transaction: Y.Transaction) => {
      for (const type of transaction.changedParentTypes.keys()) {
        const root = ROOT_NAMES.find((name) => doc.share.get(name) === type);
        if (root !== undefined) changed.add(root);
      }
    };
    doc.on("afterTransaction", note);
    // In one transaction, so that whoever watches hears of a long way once.
    doc.transact(() => {
      for (; this.#played < entries.length; this.#played++) {
        const entry = entries[this.#played];
        if (entry === undefined || entry.atMs > atMs) break;
        if (entry.kind === "presence") presenceChanged = true;
        this.#play(entry);
      }
    }, this);
    doc.off("afterTransaction", note);
    return { replaced, changed, presenceChanged };
  }

  #begin(segment: number): void {
    this.#doc.destroy();
    this.#doc = emptyDoc();
    this.#segment = segment;
    this.#played = 0;
    this.#speaker = null;
    this.presence.clear();
  }

  #play({ kind, payload, atMs }: LogEntry): void {
    switch (kind) {
      case "snapshot":
      case "update":
        Y.applyUpdate(this.#doc, payload, this);
        break;
      case "presence":
        this.presence.apply(payload, atMs);
        break;
      case "speaker":
        this.#speaker = new TextDecoder().decode(payload) || null;
    }
  }
}

function emptyDoc(): Y.Doc {
  const doc = new ShieldedDoc();
  openRoots(doc);
  return doc;
}
