/** The document of a recording at a moment, from a piece of its log: what a replay shows, without a browser. */
import * as Y from "yjs";
import { openRoots } from "../rooms/contract/document/schema.ts";
import type { LogEntry } from "../rooms/contract/recording/log_entries.ts";

/**
 * The document as it was at `atMs`, from the entries of the segment that holds this time. The caller destroys it.
 */
export function documentAt(entries: readonly LogEntry[], atMs: number): Y.Doc {
  const upTo = entries.filter((entry) => entry.atMs <= atMs);
  const first = upTo.findLastIndex(({ kind }) => kind === "snapshot");
  const doc = new Y.Doc();
  openRoots(doc);
  doc.transact(() => {
    for (const { kind, payload } of upTo.slice(Math.max(first, 0))) {
      if (kind === "snapshot" || kind === "update") Y.applyUpdate(doc, payload);
    }
  });
  return doc;
}
