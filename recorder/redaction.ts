/**
 * Takes out of a document what was said and run while the recording was paused.
 *
 * The room's own document keeps it; a recording's snapshot must not. What stands on the board and in the files when
 * the recording goes on is the lesson's state, and stays. Later updates still fit: deleted items leave their ids.
 */
import * as Y from "yjs";
import { chatOf, openRoots, runsOf } from "../rooms/document/schema.ts";

/** A pause in Unix ms. */
export interface Pause {
  from: number;
  to: number;
}

/** The state without chat messages and runs that began in one of the pauses. */
export function withoutPauses(state: Uint8Array, pauses: readonly Pause[]): Uint8Array {
  if (pauses.length === 0) return state;
  const doc = new Y.Doc();
  openRoots(doc);
  Y.applyUpdate(doc, state);
  doc.transact(() => {
    remove(chatOf(doc), "at", pauses);
    remove(runsOf(doc), "startedAt", pauses);
  });
  const redacted = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return redacted;
}

function remove(list: Y.Array<Y.Map<unknown>>, key: string, pauses: readonly Pause[]): void {
  for (let index = list.length - 1; index >= 0; index--) {
    const at = list.get(index).get(key);
    if (typeof at !== "number") continue;
    if (pauses.some(({ from, to }) => at >= from && at < to)) list.delete(index);
  }
}
