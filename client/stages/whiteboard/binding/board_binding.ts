/**
 * Keeps a tldraw store and the meeting document's whiteboard the same, in both directions.
 *
 * What the person does is collected and written as one transaction at most every 50 ms; what the document brings is
 * put into the store as a remote change, which tldraw's own history leaves alone. Camera, selection and cursors are
 * not part of the board (see presence.ts).
 *
 * Invariants:
 * - While it isn't writable, nothing is written: not even what tldraw does by itself.
 * - A record's unwritten changes survive remote changes to other properties of it; a remote deletion wins.
 * - A bad record in the document never reaches the store.
 */
import type { TLRecord, TLStore } from "tldraw";
import * as Y from "yjs";
import { type BoardRecord, mapOf, recordBytes, sameValue, writeChanges } from "./record_map.ts";
import {
  BoardReader,
  FIRST_PAGE,
  FIRST_SETTINGS,
  overBound,
  placeDiffers,
} from "./board_reader.ts";
import { type BoardRefusal, MAX_BATCH_BYTES, MAX_RECORDS, type RefusalReason } from "./bounds.ts";
import { SCHEMA_KEY } from "../../../../rooms/contract/document/schema_board.ts";
import { observeDeep } from "../../../../rooms/contract/document/shielded.ts";

export const FLUSH_MS = 50;

const TYPES = ["asset", "binding", "document", "page", "shape"] as const;
type DocumentType = (typeof TYPES)[number];
type RecordId = TLRecord["id"];

export interface BoardBindingOptions {
  store: TLStore;
  /** The `whiteboard` root of the meeting document. */
  root: Y.Map<unknown>;
  writable: boolean;
  onRefused(refusal: BoardRefusal): void;
  /** The board was written by a newer Lectern: it stays as it is and this page should be reloaded. */
  onNewer(): void;
}

/** What one write did to one record; undefined where there is none. */
export interface Written {
  id: string;
  before: BoardRecord | undefined;
  after: BoardRecord | undefined;
}

export class BoardBinding {
  readonly #store: TLStore;
  readonly #root: Y.Map<unknown>;
  readonly #doc: Y.Doc;
  readonly #options: BoardBindingOptions;
  readonly #reader: BoardReader;
  readonly #stop: (() => void)[] = [];
  /** Ids that the person changed since the last write. */
  readonly #dirty = new Set<string>();
  readonly #writtenListeners = new Set<(written: Written) => void>();
  /** What the store was last given for each id, or wrote for it. */
  #shown = new Map<string, BoardRecord>();
  #writable: boolean;
  #newer = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushedAt = -Infinity;

  constructor(options: BoardBindingOptions) {
    const { store, root } = options;
    if (root.doc === null) throw new Error("the whiteboard root belongs to no document");
    this.#options = options;
    this.#store = store;
    this.#root = root;
    this.#doc = root.doc;
    this.#writable = options.writable;
    this.#reader = new BoardReader(root, store, options.onRefused);
    this.#load();
    for (const type of TYPES) this.#watch(type);
    const observe = (events: Y.YEvent<Y.AbstractType<unknown>>[], transaction: Y.Transaction) =>
      this.#observe(events, transaction);
    this.#stop.push(observeDeep(root, observe));
  }

  get writable(): boolean {
    return this.#writable && !this.#newer;
  }

  /** Holds at once: what wasn't written yet is taken back when writing ends. */
  setWritable(writable: boolean): void {
    if (writable === this.#writable) return;
    this.#writable = writable;
    if (writable) {
      this.#showAll();
      this.#upgrade();
    } else this.#restore([...this.#dirty]);
  }

  /** Told of each record that the person changed, as it is written. Answers a function that stops listening. */
  onWritten(listener: (written: Written) => void): () => void {
    this.#writtenListeners.add(listener);
    return () => this.#writtenListeners.delete(listener);
  }

  /** Writes what the person did so far. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dirty.size === 0) return;
    this.#flushedAt = performance.now();
    const ids = [...this.#dirty];
    this.#dirty.clear();
    if (!this.writable) {
      queueMicrotask(() => this.#restore(ids));
      return;
    }
    const refused: string[] = [];
    let batch: string[] = [];
    let placesChanged = false;
    let bytes = 0;
    let records = this.#reader.valid.size;
    this.#writePages(ids);
    for (const id of ids) {
      const record = this.#stored(id);
      if (record !== undefined) {
        const isNew = !this.#root.has(id);
        if (isNew) records++;
        const reason = isNew && records > MAX_RECORDS ? "too-many-records" : overBound(record);
        if (reason !== undefined) {
          this.#refuse(id, reason);
          refused.push(id);
          continue;
        }
        bytes += recordBytes(record);
      }
      batch.push(id);
      if (bytes > MAX_BATCH_BYTES) {
        placesChanged = this.#write(batch) || placesChanged;
        batch = [];
        bytes = 0;
      }
    }
    placesChanged = this.#write(batch) || placesChanged;
    if (!placesChanged && refused.length === 0) return;
    // Later, because tldraw may be in the middle of an operation of its own, and takes nothing remote then.
    queueMicrotask(() => {
      if (this.#stop.length === 0) return;
      if (placesChanged) this.#show(this.#reader.shown());
      this.#restore(refused);
    });
  }

  /** Writes what is left and lets go of store and document. */
  destroy(): void {
    this.flush();
    for (const stop of this.#stop.splice(0)) stop();
  }

  #watch<T extends DocumentType>(type: T): void {
    const { sideEffects } = this.#store;
    const changed = (id: string, source: "user" | "remote") => {
      if (source === "user") this.#changed(id);
    };
    this.#stop.push(
      sideEffects.registerAfterCreateHandler(type, (record, source) => changed(record.id, source)),
      sideEffects.registerAfterChangeHandler(type, (_, next, source) => changed(next.id, source)),
      sideEffects.registerAfterDeleteHandler(type, (record, source) => changed(record.id, source)),
    );
  }

  #load(): void {
    this.#checkSchema();
    for (const id of this.#root.keys()) if (id !== SCHEMA_KEY) this.#reader.refresh(id);
    this.#showAll();
    this.#upgrade();
  }

  /** Takes back also what tldraw did by itself while nothing was written. */
  #showAll(): void {
    const own = this.#store.allRecords()
      .filter(({ typeName }) => (TYPES as readonly string[]).includes(typeName));
    const shown = this.#reader.shown();
    this.#show(shown, [...own.map(({ id }) => id), ...shown.keys()]);
  }

  #checkSchema(): void {
    this.#newer = this.#reader.refreshSchema() === "newer";
    if (this.#newer) this.#options.onNewer();
  }

  /** Writes a board of an older schema anew, once, by whoever may write it first. */
  #upgrade(): void {
    if (!this.writable || this.#reader.refreshSchema() !== "older") return;
    this.#doc.transact(() => {
      for (const [id, record] of this.#reader.valid) this.#root.set(id, mapOf(record));
      this.#root.set(SCHEMA_KEY, this.#store.schema.serialize());
    }, UPGRADE);
    this.#reader.refreshSchema();
  }

  #changed(id: string): void {
    if (!this.writable) return;
    this.#dirty.add(id);
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#flushedAt + FLUSH_MS - performance.now());
    this.#timer = setTimeout(() => this.flush(), wait);
  }

  #stored(id: string): BoardRecord | undefined {
    return this.#store.unsafeGetWithoutCapture(id as RecordId) as unknown as
      | BoardRecord
      | undefined;
  }

  /** Nobody writes the first page before there is something on it; now there is. It is nobody's step. */
  #writePages(ids: readonly string[]): void {
    const missing = [FIRST_PAGE.id, FIRST_SETTINGS.id].filter((id) =>
      !ids.includes(id) && !this.#root.has(id) && this.#stored(id) !== undefined
    );
    this.#write(missing, false);
  }

  /** Answers whether records came, went or moved to another parent. */
  #write(ids: readonly string[], tell = true): boolean {
    if (ids.length === 0) return false;
    let placesChanged = false;
    this.#doc.transact(() => {
      if (!this.#root.has(SCHEMA_KEY)) this.#root.set(SCHEMA_KEY, this.#store.schema.serialize());
      for (const id of ids) {
        const before = this.#reader.valid.get(id);
        const after = this.#stored(id);
        placesChanged = this.#writeRecord(id, before, after) || placesChanged;
        if (tell && before !== after) {
          for (const listener of this.#writtenListeners) listener({ id, before, after });
        }
      }
    }, this);
    return placesChanged;
  }

  #writeRecord(
    id: string,
    before: BoardRecord | undefined,
    record: BoardRecord | undefined,
  ): boolean {
    if (record === undefined) {
      if (this.#root.has(id)) this.#root.delete(id);
      this.#reader.valid.delete(id);
      this.#shown.delete(id);
      return before !== undefined;
    }
    const map = this.#root.get(id);
    const isNew = before === undefined || !(map instanceof Y.Map);
    if (isNew) this.#root.set(id, mapOf(record));
    else writeChanges(map, before, record);
    this.#reader.valid.set(id, record);
    const wasShown = this.#shown.has(id);
    this.#shown.set(id, record);
    return isNew || !wasShown || placeDiffers(before, record);
  }

  #observe(events: Y.YEvent<Y.AbstractType<unknown>>[], transaction: Y.Transaction): void {
    if (transaction.origin === this || transaction.origin === UPGRADE) return;
    const ids = new Set<string>();
    for (const event of events) {
      if (event.target === this.#root) {
        for (const key of (event as Y.YMapEvent<unknown>).keysChanged) ids.add(key);
      } else ids.add(String(event.path[0]));
    }
    if (ids.delete(SCHEMA_KEY)) this.#checkSchema();
    for (const id of ids) if (!this.#root.has(id)) this.#dirty.delete(id);
    // The person's own part goes first, on top of what came, so that only the properties both changed are decided.
    if ([...ids].some((id) => this.#dirty.has(id))) this.flush();
    this.#pull(ids);
  }

  #restore(ids: readonly string[]): void {
    for (const id of ids) this.#dirty.delete(id);
    const shown = this.#reader.shown();
    this.#apply(ids, shown);
  }

  #pull(ids: ReadonlySet<string>): void {
    let placesChanged = false;
    for (const id of ids) placesChanged = this.#reader.refresh(id) || placesChanged;
    if (placesChanged) this.#show(this.#reader.shown(), ids);
    else this.#apply([...ids].filter((id) => this.#shown.has(id)), this.#reader.valid);
  }

  /** Makes the store show exactly these records; what the person does meanwhile to one that stays is kept. */
  #show(records: ReadonlyMap<string, BoardRecord>, alsoIds: Iterable<string> = []): void {
    const ids = new Set(alsoIds);
    for (const [id, record] of records) if (this.#shown.get(id) !== record) ids.add(id);
    for (const id of this.#shown.keys()) if (!records.has(id)) ids.add(id);
    for (const id of ids) {
      if (!records.has(id)) this.#dirty.delete(id);
      else if (this.#dirty.has(id)) ids.delete(id);
    }
    this.#apply(ids, records);
  }

  #apply(ids: Iterable<string>, records: ReadonlyMap<string, BoardRecord>): void {
    const puts: TLRecord[] = [];
    const removals: RecordId[] = [];
    for (const id of ids) {
      const record = records.get(id);
      const current = this.#stored(id);
      if (record === undefined) {
        this.#shown.delete(id);
        if (current !== undefined) removals.push(id as RecordId);
        continue;
      }
      this.#shown.set(id, record);
      if (!sameValue(current, record)) puts.push(record as unknown as TLRecord);
    }
    if (puts.length === 0 && removals.length === 0) return;
    this.#store.mergeRemoteChanges(() => {
      if (puts.length > 0) this.#put(puts);
      if (removals.length > 0) this.#store.remove(removals);
    });
  }

  /** The records are valid already; should the editor choke on one all the same, the others still arrive. */
  #put(records: TLRecord[]): void {
    try {
      this.#store.put(records);
    } catch (error) {
      const [only] = records;
      if (records.length > 1) { for (const record of records) this.#put([record]); }
      else if (only !== undefined) {
        const detail = error instanceof Error ? error.message : "not taken";
        this.#options.onRefused({ reason: "invalid", id: only.id, from: "document", detail });
      }
    }
  }

  #refuse(id: string, reason: RefusalReason): void {
    this.#options.onRefused({ reason, id, from: "local", detail: "over a bound" });
  }
}

/** Origin of the transaction that rewrites an older board: nobody's own step. */
const UPGRADE = Symbol("upgrade");
