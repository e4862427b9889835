/**
 * The root `whiteboard`: a record of tldraw's under its id, and the schema that they are written in.
 *
 * A record is a map of plain values, its `props` a map of their own, and a stroke's segments a list of chunks of bytes.
 * What the values mean is tldraw's schema to say: pages pass over a record that doesn't fit it. A newer page may know more
 * kinds of records, so their ids only have to be ones.
 */
import { type Field, isId, plain, type Shape, typed } from "./shape.ts";

/** Key of the schema in the whiteboard root; ids of records have a colon, so it can't be one. */
export const SCHEMA_KEY = "schema";

/** JSON of a record without the points of its stroke, in UTF-16 units. */
export const MAX_RECORD_CHARS = 64 * 1024;
/** Each of a record's values is as large as the record may be, at three bytes a unit. */
const MAX_VALUE_BYTES = 4 * MAX_RECORD_CHARS;
/** 2048 points of three 64-bit numbers, and the chunk's flags. */
export const MAX_CHUNK_BYTES = 64 * 1024;

const RECORD_ID = /^[a-z][a-z_]*:./;

const value = plain(MAX_VALUE_BYTES);
const chunks: Shape = { kind: "array", items: { maxBytes: MAX_CHUNK_BYTES } };
const segments: Field = { ...value, types: [chunks] };
const props = typed({ kind: "map", field: (key) => key === "segments" ? segments : value });
const record = typed({ kind: "map", field: (key) => key === "props" ? props : value });
const schema = plain(MAX_VALUE_BYTES, (written) => typeof written === "object" && written !== null);

/** `shape` for `shape:abc`; undefined for a key that is no record's id. */
export function recordType(key: string): string | undefined {
  return isId(key) && RECORD_ID.test(key) ? key.slice(0, key.indexOf(":")) : undefined;
}

export const WHITEBOARD: Shape = {
  kind: "map",
  field: (key) => key === SCHEMA_KEY ? schema : recordType(key) === undefined ? undefined : record,
};
