/**
 * The words in which the schema says what a client may write: which kind of type stands where, under which keys, and
 * what the values in it may be.
 *
 * Invariant: shapes are finite, so types nest no deeper than the schema says.
 */

/** How a type holds its items: by key, in order, or as text. */
export type Kind = "map" | "array" | "text";

/** A plain value: what lib0's `any` codec holds. */
export interface Plain {
  /** Its length on the wire. */
  maxBytes: number;
  /** Absent where any value will do. */
  holds?: (value: unknown) => boolean;
}

/** What may stand in one place of a map or list: any one of these. */
export interface Field {
  plain?: Plain;
  /** Bytes as a content of their own (`ContentBinary`), at most so many. */
  maxBytes?: number;
  types?: readonly Shape[];
}

export type Shape =
  /** `field` answers undefined for a key that has no place there. */
  | { kind: "map"; field(key: string): Field | undefined }
  | { kind: "array"; items: Field }
  | { kind: "text" };

export const TEXT: Shape = { kind: "text" };

/** A map of these keys and no others. */
export function mapOfFields(fields: Readonly<Record<string, Field>>): Shape {
  const known = new Map(Object.entries(fields));
  return { kind: "map", field: (key) => known.get(key) };
}

/** A map of any number of entries of one kind, under ids. */
export function mapOfIds(entry: Field): Shape {
  return { kind: "map", field: (key) => isId(key) ? entry : undefined };
}

export const typed = (...types: readonly Shape[]): Field => ({ types });

export const plain = (maxBytes: number, holds?: (value: unknown) => boolean): Field => ({
  plain: holds === undefined ? { maxBytes } : { maxBytes, holds },
});

/** What stands in a holder of this shape, under this key; undefined where nothing may. */
export function fieldIn(shape: Shape, key: string | null): Field | undefined {
  if (shape.kind === "map") return key === null ? undefined : shape.field(key);
  return shape.kind === "array" && key === null ? shape.items : undefined;
}

/** The shape of a type of this kind that stands there; undefined where none may. */
export function shapeOfKind(field: Field | undefined, kind: Kind): Shape | undefined {
  return field?.types?.find((shape) => shape.kind === kind);
}

/** UTF-16 units in an id. */
export const MAX_ID_CHARS = 256;

/** Databases cut texts off at U+0000, and two ids would become one. */
export function isId(value: unknown): value is string {
  return isText(value, MAX_ID_CHARS) && !value.includes("\0");
}

export function isText(value: unknown, maxChars: number): value is string {
  return typeof value === "string" && value.length <= maxChars;
}

export function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** A list of at most so many values, each of which holds. */
export function isListOf<T>(
  value: unknown,
  max: number,
  holds: (item: unknown) => item is T,
): value is T[] {
  return Array.isArray(value) && value.length <= max && value.every(holds);
}
