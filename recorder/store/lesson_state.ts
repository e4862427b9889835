/** What a lesson's log says of its end, whether the lesson was recorded or not. */
import type { Kysely } from "kysely";
import * as Y from "yjs";
import { openRoots } from "../../rooms/contract/document/schema.ts";
import { readingSnapshots } from "../../db/log/snapshot_repair.ts";
import { readLog } from "../../db/log/log_reading.ts";
import type { Schema } from "../../db/schema.ts";

/**
 * Hands the lesson's document, as it stood at the end, to `read`; null when nothing is kept of it.
 * Large documents take a while to build: call it where no room waits.
 */
export function readFinalState<T>(
  db: Kysely<Schema>,
  meetingId: string,
  read: (doc: Y.Doc) => T,
): Promise<T | null> {
  return readingSnapshots(db, meetingId, () => readOnce(db, meetingId, read));
}

async function readOnce<T>(
  db: Kysely<Schema>,
  meetingId: string,
  read: (doc: Y.Doc) => T,
): Promise<T | null> {
  const snapshot = await db.selectFrom("snapshots")
    .select(["seq", "state"])
    .where("meeting_id", "=", meetingId)
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  const rows = await readLog(db, meetingId, { after: snapshot?.seq ?? -1, upTo: null });
  if (snapshot === undefined && rows.length === 0) return null;
  const doc = new Y.Doc();
  try {
    openRoots(doc);
    doc.transact(() => {
      if (snapshot !== undefined) Y.applyUpdate(doc, snapshot.state);
      for (const { update } of rows) Y.applyUpdate(doc, update);
    });
    return read(doc);
  } finally {
    doc.destroy();
  }
}
