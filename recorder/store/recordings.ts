/**
 * Recordings as the recorder writes them: begun, paused, kept, ended.
 *
 * Invariants: a meeting has at most one recording; what is kept together is committed together, so a killed process
 * leaves whole clusters only.
 */
import type { Kysely, Transaction } from "kysely";
import type { Kept, LogPoint, OpenRecording, RecordingStore, TrackIndex } from "../ports.ts";
import { lastLogged } from "../../db/log/log_reading.ts";
import { chunkEntries, chunkExtent, chunksEnd, insertChunks } from "./media_chunks.ts";
import { forgetPauses } from "./recording_deletion.ts";
import { recordMeetingEvent } from "../../db/outbox/events.ts";
import type { Schema } from "../../db/schema.ts";
import { makeRecordingId } from "../../db/secrets.ts";

/** Below SQLite's bound on parameters a statement. */
const ROWS_PER_STATEMENT = 1000;

export class SqlRecordings implements RecordingStore {
  constructor(private readonly db: Kysely<Schema>) {}

  begin(meetingId: string, { at, seq }: LogPoint): Promise<OpenRecording | null> {
    return this.db.transaction().execute(async (transaction) => {
      const known = await transaction.selectFrom("recordings")
        .select(["recording_id", "started_at", "state"])
        .where("meeting_id", "=", meetingId)
        .executeTakeFirst();
      if (known !== undefined) {
        if (known.state === "ready") return null;
        const { recording_id: recordingId, started_at: startedAt } = known;
        return { recordingId, startedAt, keptUntil: await chunksEnd(transaction, recordingId) };
      }
      const recordingId = makeRecordingId();
      await transaction.insertInto("recordings")
        .values({
          recording_id: recordingId,
          meeting_id: meetingId,
          state: "recording",
          started_at: at,
          ended_at: null,
        })
        .execute();
      await insertSpan(transaction, recordingId, { at, seq });
      return { recordingId, startedAt: at, keptUntil: at };
    });
  }

  pause(recordingId: string, point: LogPoint): Promise<void> {
    return this.db.transaction().execute(async (transaction) => {
      await endSpan(transaction, recordingId, point);
      await setState(transaction, recordingId, "paused");
    });
  }

  resume(recordingId: string, point: LogPoint): Promise<void> {
    return this.db.transaction().execute(async (transaction) => {
      await endSpan(transaction, recordingId, point);
      await insertSpan(transaction, recordingId, point);
      await setState(transaction, recordingId, "recording");
    });
  }

  end(recordingId: string, point: LogPoint): Promise<void> {
    return this.db.transaction().execute(async (transaction) => {
      await endSpan(transaction, recordingId, point);
      const ended = await transaction.updateTable("recordings")
        .set({ state: "ready", ended_at: point.at })
        .where("recording_id", "=", recordingId)
        .where("state", "<>", "ready")
        .returning("meeting_id")
        .executeTakeFirst();
      await transaction.updateTable("video_meetings")
        .set({ recording_url: recordingPath(recordingId) })
        .where(
          "meeting_id",
          "=",
          transaction.selectFrom("recordings")
            .select("meeting_id")
            .where("recording_id", "=", recordingId),
        )
        .execute();
      if (ended !== undefined) {
        const { meeting_id: meetingId } = ended;
        const told = { recordingId };
        await recordMeetingEvent(transaction, "recording.ready", meetingId, point.at, told);
      }
    });
  }

  keep(kept: Kept): Promise<void> {
    return this.db.transaction().execute(async (transaction) => {
      for (const track of kept.tracks) {
        await transaction.insertInto("recording_tracks")
          .values({
            track_id: track.trackId,
            recording_id: track.recordingId,
            participant_id: track.participantId,
            source: track.source,
            kind: track.kind,
            codec: track.codec,
            width: track.width,
            height: track.height,
            started_at: track.startedAt,
            header: track.header,
            cues: null,
          })
          .execute();
      }
      for (const { trackId, width, height, header } of kept.sizes) {
        await transaction.updateTable("recording_tracks")
          .set({ width, height, header })
          .where("track_id", "=", trackId)
          .where("finished", "=", 0)
          .execute();
      }
      for (const chunks of slices(kept.chunks)) await insertChunks(transaction, chunks);
      for (const entries of slices(kept.entries)) {
        await transaction.insertInto("recording_entries")
          .values(entries.map(({ recordingId, at, kind, payload }) => ({
            recording_id: recordingId,
            at,
            kind,
            data: payload,
          })))
          .execute();
      }
      for (const markers of slices(kept.markers)) {
        await transaction.insertInto("recording_markers")
          .values(markers.map(({ recordingId, at, happening: { type, ...details } }) => ({
            recording_id: recordingId,
            at,
            type,
            details: JSON.stringify(details),
          })))
          .execute();
      }
    });
  }

  async unfinishedTracks(recordingId: string): Promise<number[]> {
    const rows = await this.db.selectFrom("recording_tracks")
      .select("track_id")
      .where("recording_id", "=", recordingId)
      .where("finished", "=", 0)
      .execute();
    return rows.map((row) => row.track_id);
  }

  async trackIndex(trackId: number, everyMs: number): Promise<TrackIndex | null> {
    const track = await this.db.selectFrom("recording_tracks")
      .select(["codec", "width", "height"])
      .select((eb) => eb.fn<number>("length", ["header"]).as("headerBytes"))
      .where("track_id", "=", trackId)
      .executeTakeFirst();
    if (track === undefined) return null;
    const { toMs: durationMs, bytes: clustersBytes } = await chunkExtent(this.db, trackId);
    // A long lesson's end waits for this.
    const entries = await chunkEntries(this.db, trackId, everyMs);
    return { ...track, headerBytes: Number(track.headerBytes), durationMs, clustersBytes, entries };
  }

  async completeTrack(
    trackId: number,
    { header, cues }: { header: Uint8Array; cues: Uint8Array },
  ): Promise<void> {
    await this.db.updateTable("recording_tracks")
      .set({ header, cues, finished: 1 })
      .where("track_id", "=", trackId)
      .execute();
  }

  async withPauses(before: number, over: readonly string[]): Promise<string[]> {
    const rows = await this.db.selectFrom("recordings")
      .select("recording_id")
      .where("state", "=", "ready")
      .where("pauses_forgotten", "=", 0)
      .where((eb) => eb.or([eb("ended_at", "<", before), eb("recording_id", "in", over)]))
      .execute();
    return rows.map((row) => row.recording_id);
  }

  forgetPauses(recordingId: string): Promise<void> {
    return forgetPauses(this.db, recordingId);
  }

  async abandoned(): Promise<string[]> {
    const rows = await this.db.selectFrom("recordings")
      .leftJoin("video_meetings", "video_meetings.meeting_id", "recordings.meeting_id")
      .select("recording_id")
      .where("state", "<>", "ready")
      // Also where the meeting's row is gone.
      .where((eb) =>
        eb.or([
          eb("status", "in", ["completed", "cancelled"]),
          eb("video_meetings.meeting_id", "is", null),
        ])
      )
      .execute();
    return rows.map((row) => row.recording_id);
  }

  async endOf(recordingId: string): Promise<LogPoint> {
    const row = await this.db.selectFrom("recordings")
      .leftJoin("video_meetings", "video_meetings.meeting_id", "recordings.meeting_id")
      .select(["recordings.meeting_id", "actual_end", "started_at"])
      .where("recording_id", "=", recordingId)
      .executeTakeFirstOrThrow();
    const last = await lastLogged(this.db, row.meeting_id);
    return { seq: last?.seq ?? 0, at: row.actual_end ?? last?.at ?? row.started_at };
  }

  async leftTracks(): Promise<number[]> {
    const rows = await this.db.selectFrom("recording_tracks")
      .innerJoin("recordings", "recordings.recording_id", "recording_tracks.recording_id")
      .select("track_id")
      .where("finished", "=", 0)
      // The partial index of tracks that are here: an unfinished one always is.
      .where("in_objects", "=", 0)
      .where("state", "=", "ready")
      .execute();
    return rows.map((row) => row.track_id);
  }
}

/** Where people watch it. */
export function recordingPath(recordingId: string): string {
  return `/recordings/${recordingId}`;
}

async function insertSpan(
  transaction: Transaction<Schema>,
  recordingId: string,
  { at, seq }: LogPoint,
): Promise<void> {
  await transaction.insertInto("recording_spans")
    .values({ recording_id: recordingId, from_at: at, from_seq: seq, to_at: null, to_seq: null })
    // Resumed twice before anything was written.
    .onConflict((conflict) =>
      conflict.columns(["recording_id", "from_seq"]).doUpdateSet({ to_at: null, to_seq: null })
    )
    .execute();
}

async function endSpan(
  transaction: Transaction<Schema>,
  recordingId: string,
  { at, seq }: LogPoint,
): Promise<void> {
  await transaction.updateTable("recording_spans")
    .set({ to_at: at, to_seq: seq })
    .where("recording_id", "=", recordingId)
    .where("to_at", "is", null)
    .execute();
}

async function setState(
  transaction: Transaction<Schema>,
  recordingId: string,
  state: "recording" | "paused",
): Promise<void> {
  await transaction.updateTable("recordings")
    .set({ state })
    .where("recording_id", "=", recordingId)
    .where("state", "<>", "ready")
    .execute();
}

function* slices<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    yield rows.slice(start, start + ROWS_PER_STATEMENT);
  }
}
