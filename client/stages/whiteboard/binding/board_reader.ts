/**
 * What the document's whiteboard shows: every record that is valid and has its place on a page.
 *
 * Pure reading, no store and no editor. Invariants:
 * - What is shown depends on the document alone, so that everybody sees the same board.
 * - A record that doesn't fit the schema or the bounds is left out, and whatever hangs on it with it.
 * - There is always a page to draw on: a board without one shows an empty first page.
 */
import type { SerializedSchema, TLRecord, TLStore } from "tldraw";
import type * as Y from "yjs";
import { MAX_RECORD_CHARS, recordType } from "../../../../rooms/contract/document/schema_board.ts";
import { type BoardRefusal, MAX_STROKE_POINTS, type RefusalReason } from "./bounds.ts";
import { type BoardRecord, readRecord, recordBytes, strokePoints } from "./record_map.ts";
import { type SchemaAge, schemaAge, schemaIn } from "./schema_version.ts";

const DOCUMENT_TYPES: ReadonlySet<string> = new Set([
  "asset",
  "binding",
  "document",
  "page",
  "shape",
]);

/** What stands for a board's pages and its settings until somebody writes them. */
export const FIRST_PAGE: BoardRecord = {
  id: "page:page",
  typeName: "page",
  name: "Page 1",
  index: "a1",
  meta: {},
};
export const FIRST_SETTINGS: BoardRecord = {
  id: "document:document",
  typeName: "document",
  name: "",
  gridSize: 10,
  meta: {},
};

/** Why a record goes over a bound, or undefined when it doesn't. */
export function overBound(record: BoardRecord): RefusalReason | undefined {
  if (strokePoints(record) > MAX_STROKE_POINTS) return "stroke-too-long";
  if (recordBytes(record) > MAX_RECORD_CHARS) return "record-too-large";
  return undefined;
}

/** Whether a record hangs on something else than before. */
export function placeDiffers(before: BoardRecord, after: BoardRecord): boolean {
  return before.parentId !== after.parentId || before.fromId !== after.fromId ||
    before.toId !== after.toId;
}

/** The valid records of a whiteboard root, read one by one as they change. */
export class BoardReader {
  /** Valid records by id, as the document holds them. */
  readonly valid = new Map<string, BoardRecord>();
  /** The schema to migrate from, or undefined while the document's is ours. */
  #older: SerializedSchema | undefined;

  constructor(
    private readonly root: Y.Map<unknown>,
    private readonly store: TLStore,
    private readonly onRefused: (refusal: BoardRefusal) => void,
  ) {}

  /** Looks up which schema the records are written in; call it before reading them. */
  refreshSchema(): SchemaAge {
    const stored = schemaIn(this.root);
    const age = schemaAge(stored, this.store);
    this.#older = age === "older" ? stored : undefined;
    return age;
  }

  /** Reads the record again; answers whether the set of shown records may have changed beyond it. */
  refresh(id: string): boolean {
    const before = this.valid.get(id);
    const after = this.root.has(id) ? this.#read(id) : undefined;
    if (after === undefined) this.valid.delete(id);
    else this.valid.set(id, after);
    return before === undefined || after === undefined || placeDiffers(before, after);
  }

  /** Every record that has its place, by id. */
  shown(): Map<string, BoardRecord> {
    const placed = new Map<string, boolean>();
    const isPlaced = (id: unknown): boolean => {
      if (typeof id !== "string") return false;
      const known = placed.get(id);
      if (known !== undefined) return known;
      // Until it is decided it counts as not placed: a ring of parents has no place.
      placed.set(id, false);
      const record = this.#standingFor(id);
      const place = record !== undefined &&
        (record.typeName === "shape" ? isPlaced(record.parentId) : record.typeName === "page");
      placed.set(id, place);
      return place;
    };
    const shown = new Map<string, BoardRecord>();
    for (const [id, record] of this.valid) {
      const hangs = record.typeName === "shape"
        ? isPlaced(id)
        : record.typeName !== "binding" || isPlaced(record.fromId) && isPlaced(record.toId);
      if (hangs) shown.set(id, record);
    }
    if (!this.#hasPages()) shown.set(FIRST_PAGE.id, FIRST_PAGE);
    if (!shown.has(FIRST_SETTINGS.id)) shown.set(FIRST_SETTINGS.id, FIRST_SETTINGS);
    return shown;
  }

  #standingFor(id: string): BoardRecord | undefined {
    const record = this.valid.get(id);
    if (record === undefined && id === FIRST_PAGE.id && !this.#hasPages()) return FIRST_PAGE;
    return record;
  }

  #hasPages(): boolean {
    for (const record of this.valid.values()) if (record.typeName === "page") return true;
    return false;
  }

  #read(id: string): BoardRecord | undefined {
    const refuse = (reason: RefusalReason, detail: string) => {
      this.onRefused({ reason, id, from: "document", detail });
      return undefined;
    };
    const type = recordType(id);
    if (type === undefined || !DOCUMENT_TYPES.has(type)) return refuse("invalid", "no such record");
    const raw = readRecord(id, this.root.get(id));
    if (raw === undefined) return refuse("invalid", "malformed record");
    try {
      const over = overBound(raw);
      if (over !== undefined) return refuse(over, "over a bound");
      const record = this.#migrate(raw as unknown as TLRecord);
      const phase = "tests";
      return this.store.schema.validateRecord(this.store, record, phase, null) as unknown as
        | BoardRecord
        | undefined;
    } catch (error) {
      return refuse("invalid", error instanceof Error ? error.message : "not valid");
    }
  }

  #migrate(record: TLRecord): TLRecord {
    if (this.#older === undefined) return record;
    const migrated = this.store.schema.migratePersistedRecord(record, this.#older);
    if (migrated.type === "error") throw new Error(`can't be migrated: ${migrated.reason}`);
    return migrated.value;
  }
}
