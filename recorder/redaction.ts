/**
 * Takes out of a document what was said and run while the recording was paused.
 *
 * The room's own document keeps it; a recording's snapshot must not. What stands on the board and in the files when
 * the recording goes on is the lesson's state, and stays. Later updates still fit: deleted items leave their ids.
 * Invariant: what belongs to a pause is told by the numbers that Yjs gives to everything written, not by times that
 * pages name.
 */
import * as Y from "yjs";
import { displaysOf, readRuns } from "../rooms/contract/document/reading.ts";
import { chatOf, openRoots, runsOf } from "../rooms/contract/document/schema.ts";

/** How far each client had written: the number of its next item. */
export type Written = ReadonlyMap<number, number>;

/** What was written in one pause: from here up to there, or since then when nothing was recorded afterwards. */
export interface PausedWriting {
  from: Written;
  to: Written | null;
}

/** How far the clients had written whose updates these are. */
export function writtenIn(updates: Iterable<Uint8Array>): Written {
  const written = new Map<number, number>();
  for (const update of updates) {
    for (const [client, clock] of Y.parseUpdateMeta(update).to) {
      written.set(client, Math.max(clock, written.get(client) ?? 0));
    }
  }
  return written;
}

/** The state without the chat messages and the runs of the pauses, and what earlier runs gave in them. */
export function withoutPauses(state: Uint8Array, pauses: readonly PausedWriting[]): Uint8Array {
  if (pauses.length === 0) return state;
  const doc = new Y.Doc();
  openRoots(doc);
  Y.applyUpdate(doc, state);
  doc.transact(() => {
    remove(chatOf(doc), pauses);
    remove(runsOf(doc), pauses);
    for (const { map, output } of readRuns(doc)) {
      remove(output, pauses);
      // Their places are marks in the output, which go as well.
      const displays = displaysOf(map);
      if (displays !== undefined) remove(displays, pauses);
      removeEntry(map, "tests", pauses);
    }
  });
  const redacted = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return redacted;
}

/** Deletes what the pauses inserted into a list or text, last first, so that indexes hold. */
function remove<T>(
  type: Y.Array<T> | Y.Text,
  pauses: readonly PausedWriting[],
): void {
  const cuts: { index: number; length: number }[] = [];
  let index = 0;
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue;
    for (const { from, to } of cutsOf(item, pauses)) {
      cuts.push({ index: index + from - item.id.clock, length: to - from });
    }
    index += item.length;
  }
  for (const cut of cuts.sort((a, b) => b.index - a.index)) type.delete(cut.index, cut.length);
}

function removeEntry(map: Y.Map<unknown>, key: string, pauses: readonly PausedWriting[]): void {
  const item = map._map.get(key);
  if (item !== undefined && !item.deleted && cutsOf(item, pauses).length > 0) map.delete(key);
}

/** The parts of an item that were written in a pause: items that follow each other may have become one. */
function cutsOf(
  { id: { client, clock }, length }: Y.Item,
  pauses: readonly PausedWriting[],
): { from: number; to: number }[] {
  return pauses.flatMap((pause) => {
    const from = Math.max(clock, pause.from.get(client) ?? 0);
    const to = Math.min(clock + length, pause.to === null ? Infinity : pause.to.get(client) ?? 0);
    return from < to ? [{ from, to }] : [];
  });
}
