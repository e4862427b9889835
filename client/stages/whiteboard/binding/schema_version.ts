/**
 * Which tldraw schema the board in the document is written in, next to the one that this page runs.
 *
 * A board written by an older Lectern is migrated as it is read. One written by a newer Lectern is not touched.
 */
import type { SerializedSchema, TLStore } from "tldraw";
import type * as Y from "yjs";
import { SCHEMA_KEY } from "../../../../rooms/contract/document/schema_board.ts";

export type SchemaAge = "same" | "older" | "newer";

interface Sequences {
  schemaVersion: 2;
  sequences: Record<string, number>;
}

/** The schema that the document names; undefined where it names none or nothing that is one. */
export function schemaIn(root: Y.Map<unknown>): Sequences | undefined {
  const value = root.get(SCHEMA_KEY);
  if (typeof value !== "object" || value === null) return undefined;
  const { schemaVersion, sequences } = value as Partial<Sequences>;
  if (schemaVersion !== 2 || typeof sequences !== "object" || sequences === null) return undefined;
  const versions = Object.values(sequences);
  return versions.every((version) => Number.isInteger(version) && version >= 0)
    ? { schemaVersion, sequences }
    : undefined;
}

/** How old the document's schema is, seen from this page. A document without one counts as the same. */
export function schemaAge(stored: SerializedSchema | undefined, store: TLStore): SchemaAge {
  if (stored?.schemaVersion !== 2) return "same";
  const ours = store.schema.serialize() as Sequences;
  let age: SchemaAge = "same";
  for (const [sequence, version] of Object.entries(stored.sequences)) {
    const own = ours.sequences[sequence];
    if (own === undefined || own < version) return "newer";
    if (own > version) age = "older";
  }
  return age;
}
