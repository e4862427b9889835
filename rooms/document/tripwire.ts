/**
 * Watches the server's roots for a change that came from a client, which the guard should have refused.
 *
 * A second opinion on the guard by other means: it looks at what Yjs did, not at what the bytes say. When it
 * trips, the caller drops the document and rebuilds it from the log.
 */
import * as Y from "yjs";
import { openRoots, type RootName, SERVER_ROOTS } from "../contract/document/schema.ts";

/**
 * Calls `onTrip` for each server-owned root that a transaction of a client's origin changed; returns a
 * function that disarms. Opens the roots.
 */
export function armTripwire(
  doc: Y.Doc,
  isClientOrigin: (origin: unknown) => boolean,
  onTrip: (root: RootName) => void,
): () => void {
  openRoots(doc);
  const disarms: (() => void)[] = [];
  for (const root of SERVER_ROOTS as ReadonlySet<RootName>) {
    const type = doc.get(root);
    const observer = (_events: unknown, transaction: Y.Transaction) => {
      if (isClientOrigin(transaction.origin)) onTrip(root);
    };
    type.observeDeep(observer);
    disarms.push(() => type.unobserveDeep(observer));
  }
  return () => disarms.forEach((disarm) => disarm());
}
