/**
 * Taking recordings out of the database: a whole one, or what must leave no trace of it.
 *
 * Invariant: a meeting that still runs loses nothing; only what is over is changed.
 */
import type { Kysely, Transaction } from "kysely";
import { withoutPauses } from "../redaction.ts";
import { pausesOf, readPausedWriting, readSpans, type Span } from "./recording_timeline.ts";
import { recordMeetingEvent } from "../../db/outbox/events.ts";
import { readingSnapshots } from "../../db/log/snapshot_repair.ts";
import { deleteLogged, WHOLE_LOG } from "../../db/log/log_reading.ts";
import type { Schema } from "../../db/schema.ts";

/** Rows of one statement: a longer one would hold up the lessons that are running. */
const CHUNKS_AT_ONCE = 50;

/** Removes media and what is kept of the meeting. False when it isn't there or still being recorded. */
export async function deleteRecording(
  db: Kysely<Schema>,
  recordingId: string,
  now: number,
): Promise<boolean> {
  const recording = await db.selectFrom("recordings")
    .select("meeting_id")
    .where("recording_id", "=", recordingId)
    .where("state", "=", "ready")
    .executeTakeFirst();
  if (recording === undefined) return false;
  const { meeting_id: meetingId } = recording;
  await deleteChunks(db, recordingId);
  await db.transaction().execute(async (transaction) => {
    // The recorder removes the objects themselves, and tries again while their store is down.
    await transaction.updateTable("media_objects")
      .set({ state: "unneeded", at: now })
      .where(
        "track_id",
        "in",
        transaction.selectFrom("recording_tracks").select("track_id")
          .where("recording_id", "=", recordingId),
      )
      .execute();
    for (
      const table of [
        "recording_tracks",
        "recording_spans",
        "recording_entries",
        "recording_markers",
        "recording_links",
        "recordings",
      ] as const
    ) {
      await transaction.deleteFrom(table).where("recording_id", "=", recordingId).execute();
    }
    for (const table of ["snapshots", "assets", "thumbnails", "key_envelopes"] as const) {
      await transaction.deleteFrom(table).where("meeting_id", "=", meetingId).execute();
    }
    await deleteLogged(transaction, meetingId, WHOLE_LOG);
    await transaction.updateTable("video_meetings")
      .set({ recording_url: null })
      .where("meeting_id", "=", meetingId)
      .execute();
    const told = { recordingId };
    await recordMeetingEvent(transaction, "recording.deleted", meetingId, now, told);
  });
  return true;
}

async function deleteChunks(db: Kysely<Schema>, recordingId: string): Promise<void> {
  for (;;) {
    const some = db.selectFrom("media_chunks")
      .innerJoin("recording_tracks", "recording_tracks.track_id", "media_chunks.track_id")
      .select("media_chunks.id")
      .where("recording_id", "=", recordingId)
      .limit(CHUNKS_AT_ONCE);
    const result = await db.deleteFrom("media_chunks").where("id", "in", some).executeTakeFirst();
    if (result.numDeletedRows === 0n) return;
    // Lets others of this connection take their turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/**
 * Takes the pauses of a recording that is over out of its meeting's log: the rows go, and later snapshots lose what was
 * said and run in them.
 */
export async function forgetPauses(db: Kysely<Schema>, recordingId: string): Promise<void> {
  const { meeting_id: meetingId, ended_at } = await db.selectFrom("recordings")
    .select(["meeting_id", "ended_at"])
    .where("recording_id", "=", recordingId)
    .executeTakeFirstOrThrow();
  const spans = await readSpans(db, recordingId);
  const paused = pausesOf(spans, ended_at).length > 0;
  const forget = async (transaction: Transaction<Schema>) => {
    // Before the rows go: they may have to tell what was written when.
    if (paused) {
      await redactSnapshots(transaction, meetingId, spans);
      await deletePausedRows(transaction, meetingId, spans);
    }
    await transaction.updateTable("recordings")
      .set({ pauses_forgotten: 1 })
      .where("recording_id", "=", recordingId)
      .execute();
  };
  await readingSnapshots(db, meetingId, () => db.transaction().execute(forget));
}

async function deletePausedRows(
  transaction: Transaction<Schema>,
  meetingId: string,
  spans: readonly Span[],
): Promise<void> {
  const newest = await transaction.selectFrom("snapshots")
    .select("seq")
    .where("meeting_id", "=", meetingId)
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  for (const [index, { toSeq }] of spans.entries()) {
    // After the last span the newest snapshot stays: it is what another lesson can go on from.
    const until = spans[index + 1]?.fromSeq ?? newest?.seq;
    if (toSeq === null || until === undefined) continue;
    await deleteLogged(transaction, meetingId, { after: toSeq, upTo: until });
    await transaction.deleteFrom("snapshots")
      .where("meeting_id", "=", meetingId)
      .where("seq", ">", toSeq)
      .where("seq", "<", until)
      .execute();
  }
}

async function redactSnapshots(
  transaction: Transaction<Schema>,
  meetingId: string,
  spans: readonly Span[],
): Promise<void> {
  const pauses = await readPausedWriting(transaction, meetingId, spans, null);
  const since = spans.find(({ toSeq }) => toSeq !== null)?.toSeq ?? null;
  if (since === null) return;
  const later = await transaction.selectFrom("snapshots")
    .select(["seq", "state"])
    .where("meeting_id", "=", meetingId)
    .where("seq", ">", since)
    .execute();
  for (const { seq, state } of later) {
    await transaction.updateTable("snapshots")
      .set({ state: withoutPauses(state, pauses) })
      .where("meeting_id", "=", meetingId)
      .where("seq", "=", seq)
      .execute();
  }
}
