/**
 * Makes damaged snapshots anew: from the one before them, or from the beginning, and the log in between.
 *
 * Invariant: a snapshot is replaced only by what the log certainly holds all of. One that can't be made so stays as it is, for
 * whoever can mend it: nothing is lost in silence.
 */
import type { Kysely } from "kysely";
import * as Y from "yjs";
import type { LogRow } from "../../rooms/ports.ts";
import { readLog } from "./log_reading.ts";
import type { Schema } from "../schema.ts";

/** Answers the numbers of those that were made anew. They aren't looked for before something couldn't be read. */
export async function repairSnapshots(db: Kysely<Schema>, meetingId: string): Promise<number[]> {
  if (await wasCutOut(db, meetingId)) return [];
  const seqs = await db.selectFrom("snapshots").select("seq")
    .where("meeting_id", "=", meetingId)
    .orderBy("seq")
    .execute();
  const repaired: number[] = [];
  let before: { seq: number; state: Uint8Array } | null = null;
  for (const { seq } of seqs) {
    const { state } = await db.selectFrom("snapshots").select("state")
      .where("meeting_id", "=", meetingId)
      .where("seq", "=", seq)
      .executeTakeFirstOrThrow();
    if (build(state, []) !== undefined) {
      before = { seq, state };
      continue;
    }
    const rows = await readLog(db, meetingId, { after: before?.seq ?? -1, upTo: seq });
    const made = rows.at(-1)?.seq === seq ? build(before?.state ?? null, rows) : undefined;
    if (made === undefined) continue;
    await db.updateTable("snapshots").set({ state: made })
      .where("meeting_id", "=", meetingId)
      .where("seq", "=", seq)
      .execute();
    repaired.push(seq);
    before = { seq, state: made };
  }
  return repaired;
}

/** Does what reads snapshots, and once more when it failed and some could be made anew. */
export async function readingSnapshots<T>(
  db: Kysely<Schema>,
  meetingId: string,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if ((await repairSnapshots(db, meetingId)).length === 0) throw error;
    return await read();
  }
}

/** The state, when it can be read. @throws when it can't. */
export function checked(state: unknown): Uint8Array<ArrayBuffer> {
  if (!(state instanceof Uint8Array)) throw new TypeError("a snapshot that isn't bytes");
  Y.decodeUpdate(state);
  return state as Uint8Array<ArrayBuffer>;
}

/** Rows of a recording's pauses are deleted in the end, and snapshots alone hold what stood on the board then. */
async function wasCutOut(db: Kysely<Schema>, meetingId: string): Promise<boolean> {
  const paused = await db.selectFrom("recordings")
    .innerJoin("recording_spans", "recording_spans.recording_id", "recordings.recording_id")
    .select("recordings.recording_id")
    .where("meeting_id", "=", meetingId)
    .where("pauses_forgotten", "=", 1)
    .whereRef("to_at", "<", "ended_at")
    .executeTakeFirst();
  return paused !== undefined;
}

/** The document's state; undefined when something of it can't be read, or builds on what is missing. */
function build(state: Uint8Array | null, rows: readonly LogRow[]): Uint8Array | undefined {
  const doc = new Y.Doc();
  try {
    doc.transact(() => {
      if (state !== null) Y.applyUpdate(doc, checked(state));
      for (const { update } of rows) Y.applyUpdate(doc, update);
    });
    const { pendingStructs, pendingDs } = doc.store;
    return pendingStructs === null && pendingDs === null ? Y.encodeStateAsUpdate(doc) : undefined;
  } catch {
    return undefined;
  } finally {
    doc.destroy();
  }
}
