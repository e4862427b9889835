/**
 * Notices in a running meeting's document what a person may later want to jump to.
 *
 * No I/O: it watches one document and tells what happened. Invariant: what was there already is not told again.
 */
import type * as Y from "yjs";
import type { MonotonicMs } from "../rooms/clocks.ts";
import {
  chatOf,
  filesOf,
  participantsOf,
  readParticipant,
  runsOf,
  whiteboardOf,
} from "../rooms/document/schema.ts";
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
  for (const [id, entry] of participantsOf(doc)) {
    if (readParticipant(entry).connection !== "left") present.add(id);
  }
  let messages = chatOf(doc).length;
  let runs = runsOf(doc).length;

  const people = () => {
    for (const [participantId, entry] of participantsOf(doc)) {
      const here = readParticipant(entry).connection !== "left";
      if (here === present.has(participantId)) continue;
      if (here) present.add(participantId);
      else present.delete(participantId);
      tell({ type: here ? "join" : "leave", participantId });
    }
  };
  const chat = () => {
    for (const message of chatOf(doc).slice(messages)) {
      tell({
        type: "chat",
        messageId: `${message.get("id")}`,
        participantId: `${message.get("from")}`,
      });
    }
    messages = chatOf(doc).length;
  };
  const ran = () => {
    for (const run of runsOf(doc).slice(runs)) {
      tell({ type: "run", runId: `${run.get("id")}`, participantId: `${run.get("by")}` });
    }
    runs = runsOf(doc).length;
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
    if (changed(chatOf(doc))) chat();
    if (changed(runsOf(doc))) ran();
    if (changed(whiteboardOf(doc))) worked("board");
    if (changed(filesOf(doc))) worked("code");
  };
  doc.on("afterTransaction", onTransaction);
  return () => doc.off("afterTransaction", onTransaction);
}
