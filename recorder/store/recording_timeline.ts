/** Which rows of a meeting's log make up its recording, and how they are cut into segments. */
import type { Kysely } from "kysely";
import { type PausedWriting, type Written, writtenIn } from "../redaction.ts";
import { readLog } from "../../db/log/log_reading.ts";
import type { Schema } from "../../db/schema.ts";

/** A recorded stretch of the log: rows after `fromSeq` up to `toSeq`. Times are Unix ms. */
export interface Span {
  from: number;
  fromSeq: number;
  to: number | null;
  toSeq: number | null;
}

/** A span, or the part of one from a snapshot to the next. */
export interface Piece {
  from: number;
  fromSeq: number;
  to: number | null;
  toSeq: number | null;
  /** There is a snapshot with the number `fromSeq`; without one the document was empty. */
  hasSnapshot: boolean;
}

export async function readSpans(db: Kysely<Schema>, recordingId: string): Promise<Span[]> {
  return await db.selectFrom("recording_spans")
    .select(["from_at as from", "from_seq as fromSeq", "to_at as to", "to_seq as toSeq"])
    .where("recording_id", "=", recordingId)
    .orderBy("from_seq")
    .execute();
}

/** A pause in Unix ms. */
export interface Pause {
  from: number;
  to: number;
}

/** What lies between the spans, and after the last; a pause that still lasts ends in the far future. */
export function pausesOf(spans: readonly Span[], endedAt: number | null): Pause[] {
  return spans.flatMap(({ to }, index) => {
    if (to === null) return [];
    const until = spans[index + 1]?.from ?? endedAt ?? Number.MAX_SAFE_INTEGER;
    return until > to ? [{ from: to, to: until }] : [];
  });
}

export async function readPieces(
  db: Kysely<Schema>,
  meetingId: string,
  spans: readonly Span[],
): Promise<Piece[]> {
  const snapshots = await db.selectFrom("snapshots")
    .select(["seq", "at"])
    .where("meeting_id", "=", meetingId)
    .orderBy("seq")
    .execute();
  return spans.flatMap((span) => {
    const inside = snapshots.filter(({ seq }) =>
      seq > span.fromSeq && (span.toSeq === null || seq < span.toSeq)
    );
    const starts = [{ seq: span.fromSeq, at: span.from }, ...inside];
    return starts.map(({ seq, at }, index): Piece => {
      const next = starts[index + 1];
      return {
        from: at,
        fromSeq: seq,
        to: next?.at ?? span.to,
        toSeq: next?.seq ?? span.toSeq,
        hasSnapshot: index > 0 || snapshots.some((snapshot) => snapshot.seq === seq),
      };
    });
  });
}

/**
 * What was written in the pauses, as far as they had ended before the row with the number `before`; in all of them,
 * the one after the last span too, when it is null.
 */
export async function readPausedWriting(
  db: Kysely<Schema>,
  meetingId: string,
  spans: readonly Span[],
  before: number | null,
): Promise<PausedWriting[]> {
  const pauses: PausedWriting[] = [];
  for (const [index, { toSeq }] of spans.entries()) {
    const next = spans[index + 1]?.fromSeq ?? null;
    if (toSeq === null || toSeq === next) continue;
    if (before !== null && (next === null || next > before)) continue;
    pauses.push({
      from: await readWritten(db, meetingId, toSeq),
      to: next === null ? null : await readWritten(db, meetingId, next),
    });
  }
  return pauses;
}

/** How far everybody had written at a row: a pause begins and ends with a snapshot, so that is seldom more than one. */
async function readWritten(
  db: Kysely<Schema>,
  meetingId: string,
  seq: number,
): Promise<Written> {
  const snapshot = await db.selectFrom("snapshots")
    .select(["seq", "state"])
    .where("meeting_id", "=", meetingId)
    .where("seq", "<=", seq)
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  const rows = snapshot?.seq === seq
    ? []
    : await readLog(db, meetingId, { after: snapshot?.seq ?? -1, upTo: seq });
  const updates = rows.map(({ update }) => update);
  return writtenIn(snapshot === undefined ? updates : [snapshot.state, ...updates]);
}
