/** Which rows of a meeting's log make up its recording, and how they are cut into segments. */
import type { Kysely } from "kysely";
import type { Pause } from "../recorder/redaction.ts";
import type { Schema } from "./schema.ts";

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
