/**
 * Notices in a running meeting's document what a person may later want to jump to.
 *
 * No I/O: it watches one document and tells what happened. Invariant: what was there already is not told again.
 */
import type * as Y from "yjs";
import type { MonotonicMs } from "../rooms/clocks.ts";
import {
  mapsAddedTo,
  participantEntries,
  readMessages,
  readRun,
} from "../rooms/contract/document/reading.ts";
import {
  chatOf,
  filesOf,
  participantsOf,
  readParticipant,
  runsOf,
  whiteboardOf,
} from "../rooms/contract/document/schema.ts";
import type { Happening } from "./ports.ts";

/** Drawing or writing that goes on after a shorter rest is the same work. */
const REST_MS = 60_000;

/** Whose work goes on from where, over documents that are made anew. */
export interface WorkTimes {
  board: MonotonicMs;
  code: MonotonicMs;
}

/** Tells what happens in `doc` until the answered function is called. */
export function watchHappenings(
  doc: Y.Doc,
  work: WorkTimes,
  clock: () => MonotonicMs,
  tell: (happening: Happening) => void,
): () => void {
  const present = new Set<string>();
  for (const [id, entry] of participantEntries(doc)) {
    if (readParticipant(entry).connection !== "left") present.add(id);
  }

  const people = () => {
    for (const [participantId, entry] of participantEntries(doc)) {
      const here = readParticipant(entry).connection !== "left";
      if (here === present.has(participantId)) continue;
      if (here) present.add(participantId);
      else present.delete(participantId);
      tell({ type: here ? "join" : "leave", participantId });
    }
  };
  const chat = (transaction: Y.Transaction) => {
    for (const { id, from } of readMessages(mapsAddedTo(chatOf(doc), transaction))) {
      tell({ type: "chat", messageId: id, participantId: from });
    }
  };
  const ran = (transaction: Y.Transaction) => {
    for (const map of mapsAddedTo(runsOf(doc), transaction)) {
      const run = readRun(map);
      if (run !== undefined) tell({ type: "run", runId: run.id, participantId: run.by });
    }
  };
  const worked = (type: "board" | "code") => {
    const at = clock();
    if (at - work[type] >= REST_MS) tell({ type });
    work[type] = at;
  };

  const onTransaction = (transaction: Y.Transaction) => {
    const types: ReadonlyMap<unknown, unknown> = transaction.changedParentTypes;
    const changed = (root: unknown) => types.has(root);
    if (changed(participantsOf(doc))) people();
    if (changed(chatOf(doc))) chat(transaction);
    if (changed(runsOf(doc))) ran(transaction);
    if (changed(whiteboardOf(doc))) worked("board");
    if (changed(filesOf(doc))) worked("code");
  };
  doc.on("afterTransaction", onTransaction);
  return () => doc.off("afterTransaction", onTransaction);
}
