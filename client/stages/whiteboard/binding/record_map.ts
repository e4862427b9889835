/**
 * How one tldraw record stands in the meeting document: a Y.Map with an entry a property, `props` as a map of its own,
 * and the segments of a freehand stroke as an array of chunks.
 *
 * Invariant: `readRecord(id, mapOf(record))` equals the record. The id isn't stored (it is the key in the root),
 * neither is `typeName` (it is the id's prefix), nor what every shape begins with.
 */
import * as Y from "yjs";
import { recordType } from "../../../../rooms/contract/document/schema_board.ts";
import { readStroke, type StrokeSegment, syncStroke, writeStroke } from "./stroke.ts";

/** A record of tldraw's store, as far as the binding looks into it. */
export interface BoardRecord {
  readonly id: string;
  readonly typeName: string;
  readonly [key: string]: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** Where a shape's value equals one of these, it isn't written. */
const SHAPE_DEFAULTS: Fields = { rotation: 0, isLocked: false, opacity: 1, meta: {} };
const STROKES: ReadonlySet<unknown> = new Set(["draw", "highlight"]);

/** A map that holds the record, to be put into the root under the record's id. */
export function mapOf(record: BoardRecord): Y.Map<unknown> {
  const map = new Y.Map<unknown>();
  const defaults = defaultsOf(record.typeName);
  for (const [key, value] of Object.entries(record)) {
    if (key === "id" || key === "typeName" || value === undefined) continue;
    if (key === "props") map.set(key, propsMap(record));
    else if (!sameValue(defaults[key], value)) map.set(key, value);
  }
  return map;
}

/** Writes what differs between two states of a record, and nothing else. */
export function writeChanges(
  map: Y.Map<unknown>,
  before: BoardRecord,
  after: BoardRecord,
): void {
  for (const key of keysOf(before, after)) {
    if (key === "id" || key === "typeName" || key === "props") continue;
    writeField(map, key, before[key], after[key]);
  }
  const props = map.get("props");
  if (!(props instanceof Y.Map) || before.type !== after.type) {
    if (after.props !== undefined) map.set("props", propsMap(after));
    return;
  }
  const from = fieldsOf(before.props);
  const to = fieldsOf(after.props);
  for (const key of keysOf(from, to)) {
    if (key === "segments" && STROKES.has(after.type)) {
      if (!sameValue(from[key], to[key])) writeSegments(props, to[key] as StrokeSegment[]);
    } else writeField(props, key, from[key], to[key]);
  }
}

/** The record that the map holds, or undefined where it can't be one. Not yet validated by tldraw's schema. */
export function readRecord(id: string, map: unknown): BoardRecord | undefined {
  const typeName = recordType(id);
  if (!(map instanceof Y.Map) || typeName === undefined) return undefined;
  const record: Record<string, unknown> = { ...defaultsOf(typeName) };
  for (const [key, value] of map as Y.Map<unknown>) {
    if (key === "__proto__") return undefined;
    if (key === "props") {
      const props = readProps(value, map.get("type"));
      if (props === undefined) return undefined;
      record.props = props;
    } else if (value instanceof Y.AbstractType) return undefined;
    else record[key] = value;
  }
  return { ...record, id, typeName };
}

/** How many points a record's stroke has; 0 when it has none. */
export function strokePoints(record: BoardRecord): number {
  const { segments } = fieldsOf(record.props);
  if (!STROKES.has(record.type) || !Array.isArray(segments)) return 0;
  return (segments as StrokeSegment[]).reduce((sum, { points }) => sum + points.length, 0);
}

/** Length of the record's JSON without the points of its stroke. */
export function recordBytes(record: BoardRecord): number {
  if (!STROKES.has(record.type)) return JSON.stringify(record).length;
  return JSON.stringify({ ...record, props: { ...fieldsOf(record.props), segments: [] } }).length;
}

/** Deep equality of plain values. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other) || (one === 0 && other === 0)) return true;
  if (typeof one !== "object" || typeof other !== "object") return false;
  if (one === null || other === null || Array.isArray(one) !== Array.isArray(other)) return false;
  const a = one as Fields;
  const b = other as Fields;
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  if (keys.length !== Object.keys(b).filter((key) => b[key] !== undefined).length) return false;
  return keys.every((key) => sameValue(a[key], b[key]));
}

function defaultsOf(typeName: string | undefined): Fields {
  return typeName === "shape" ? SHAPE_DEFAULTS : {};
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value as Fields : {};
}

function keysOf(one: Fields, other: Fields): Set<string> {
  return new Set([...Object.keys(one), ...Object.keys(other)]);
}

function writeField(map: Y.Map<unknown>, key: string, before: unknown, after: unknown): void {
  if (sameValue(before, after)) return;
  if (after === undefined) map.delete(key);
  else map.set(key, after);
}

function propsMap(record: BoardRecord): Y.Map<unknown> {
  const props = new Y.Map<unknown>();
  for (const [key, value] of Object.entries(fieldsOf(record.props))) {
    if (value === undefined) continue;
    if (key === "segments" && STROKES.has(record.type)) {
      props.set(key, chunkArray(value as StrokeSegment[]));
    } else props.set(key, value);
  }
  return props;
}

function writeSegments(props: Y.Map<unknown>, segments: StrokeSegment[]): void {
  const array = props.get("segments");
  if (array instanceof Y.Array && syncStroke(array as Y.Array<Uint8Array>, segments)) return;
  props.set("segments", chunkArray(segments));
}

function chunkArray(segments: readonly StrokeSegment[]): Y.Array<Uint8Array> {
  return Y.Array.from<Uint8Array>(writeStroke(segments));
}

function readProps(value: unknown, type: unknown): Fields | undefined {
  if (!(value instanceof Y.Map)) return undefined;
  const props: Record<string, unknown> = {};
  for (const [key, entry] of value as Y.Map<unknown>) {
    if (key === "__proto__") return undefined;
    if (key === "segments" && STROKES.has(type)) {
      if (!(entry instanceof Y.Array)) return undefined;
      const segments = readStroke(entry);
      if (segments === undefined) return undefined;
      props[key] = segments;
    } else if (entry instanceof Y.AbstractType) return undefined;
    else props[key] = entry;
  }
  return props;
}
