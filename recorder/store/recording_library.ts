/**
 * Recordings as they are read: manifests, pieces of the log, media, links.
 *
 * Invariant: nothing that was said, drawn or run in a pause is answered, whether the rows of the pause are still
 * there (while the meeting runs, its room needs them) or not.
 */
import { type Kysely, sql } from "kysely";
import {
  entriesBytes,
  type LogEntry,
  writeEntries,
} from "../../rooms/contract/recording/log_entries.ts";
import type {
  ClusterRange,
  ManifestCore,
  RecordingLibrary,
  RecordingPage,
  RecordingQuery,
  RecordingSummary,
} from "../library.ts";
import type { ObjectStore } from "../ports.ts";
import {
  FORMAT_VERSION,
  type Marker,
  type Stretch,
} from "../../rooms/contract/recording/manifest.ts";
import { withoutPauses } from "../redaction.ts";
import { carriedBoard, type CarriedFile, carriedFiles } from "../carry_over.ts";
import { readFinalState } from "./lesson_state.ts";
import { checked, readingSnapshots } from "../../db/log/snapshot_repair.ts";
import { lastLogged, type LogRange, measureLog, readLog } from "../../db/log/log_reading.ts";
import { deleteRecording } from "./recording_deletion.ts";
import { RecordingFiles } from "./recording_files.ts";
import {
  pausesOf,
  type Piece,
  readPausedWriting,
  readPieces,
  readSpans,
  type Span,
} from "./recording_timeline.ts";
import type { Schema } from "../../db/schema.ts";
import { hashSecret, makeToken } from "../../db/secrets.ts";

const rangeOf = ({ fromSeq, toSeq }: Piece): LogRange => ({ after: fromSeq, upTo: toSeq });

/** `Y.encodeStateAsUpdate` of an empty document. */
const EMPTY_STATE = new Uint8Array([0, 0]);

interface Recording extends RecordingSummary {
  spans: Span[];
  /** Nothing of the pauses is left in the log. */
  pausesForgotten: boolean;
}

export class SqlRecordingLibrary implements RecordingLibrary {
  readonly #files: RecordingFiles;

  /** `objects` holds the media that is not in the database. */
  constructor(private readonly db: Kysely<Schema>, objects: ObjectStore | null = null) {
    this.#files = new RecordingFiles(db, objects);
  }

  async find(recordingId: string): Promise<RecordingSummary | null> {
    const row = await this.#summaries().where("recordings.recording_id", "=", recordingId)
      .executeTakeFirst();
    return row === undefined ? null : { ...row, mediaBytes: Number(row.mediaBytes ?? 0) };
  }

  async manifest(recordingId: string): Promise<ManifestCore | null> {
    const recording = await this.#open(recordingId);
    if (recording === null) return null;
    const { meetingId, title, state, startedAt, spans } = recording;
    const tracks = await this.#files.manifests(recordingId, startedAt);
    const end = recording.endedAt ??
      Math.max(
        startedAt + Math.max(0, ...tracks.map((track) => track.startMs + track.durationMs)),
        await this.#lastLogTime(meetingId) ?? startedAt,
      );
    const since = (at: number) => Math.min(Math.max(0, at - startedAt), end - startedAt);
    const stretch = ({ from, to }: { from: number; to: number | null }): Stretch => ({
      fromMs: since(from),
      toMs: to === null || to > end ? null : since(to),
    });
    const pauses = pausesOf(spans, recording.endedAt).map(stretch);
    return {
      version: FORMAT_VERSION,
      recordingId,
      meetingId,
      title,
      live: state !== "ready",
      state,
      startedAt,
      durationMs: end - startedAt,
      people: await this.#people(meetingId, stretch),
      tracks,
      pauses,
      segments: await this.#segments(recording, since, end),
      markers: [
        ...await this.#markers(recordingId, since),
        ...tracks.filter(({ source }) => source === "screen").map((track): Marker => ({
          type: "screen",
          atMs: track.startMs,
          toMs: track.startMs + track.durationMs,
          participantId: track.participantId,
        })),
        ...pauses.map(({ fromMs, toMs }): Marker => ({ type: "pause", atMs: fromMs, toMs })),
      ].sort((a, b) => a.atMs - b.atMs),
    };
  }

  async segment(recordingId: string, index: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const recording = await this.#open(recordingId);
    if (recording === null) return null;
    const pieces = await readPieces(this.db, recording.meetingId, recording.spans);
    const piece = pieces[index];
    if (piece === undefined) return null;
    return writeEntries([
      await this.#readSnapshot(recording, piece),
      ...await this.#entriesOf(recording, piece),
    ]);
  }

  async snapshot(recordingId: string, atMs: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const recording = await this.#open(recordingId);
    if (recording === null) return null;
    const pieces = await readPieces(this.db, recording.meetingId, recording.spans);
    const at = recording.startedAt + atMs;
    const piece = pieces.findLast((candidate) => candidate.from <= at) ?? pieces[0];
    if (piece === undefined) return null;
    return writeEntries([await this.#readSnapshot(recording, piece)]);
  }

  async log(
    recordingId: string,
    fromMs: number,
    toMs: number,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const recording = await this.#open(recordingId);
    if (recording === null) return null;
    const entries: LogEntry[] = [];
    for (const { from, fromSeq, to, toSeq } of recording.spans) {
      if (to !== null && to - recording.startedAt < fromMs) continue;
      if (from - recording.startedAt > toMs) break;
      const span = { from, fromSeq, to, toSeq, hasSnapshot: false };
      entries.push(...await this.#entriesOf(recording, span, { fromMs, toMs }));
    }
    return writeEntries(entries);
  }

  header(recordingId: string, trackId: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#files.header(recordingId, trackId);
  }

  async clusters(
    recordingId: string,
    trackId: string,
    range: { fromMs: number; toMs: number; goesOn: boolean },
  ): Promise<ClusterRange | null> {
    const recording = await this.find(recordingId);
    if (recording === null) return null;
    return await this.#files.clusters(recordingId, trackId, recording.startedAt, range);
  }

  fileBytes(recordingId: string, trackId: string): Promise<number | null> {
    return this.#files.bytes(recordingId, trackId);
  }

  file(
    recordingId: string,
    trackId: string,
    start: number,
    end: number,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#files.part(recordingId, trackId, start, end);
  }

  async list({ limit, cursor, meetingId, state }: RecordingQuery): Promise<RecordingPage> {
    let select = this.#summaries().orderBy("started_at", "desc").orderBy("recordings.recording_id")
      .limit(limit + 1);
    if (cursor !== null) {
      const [startedAt, recordingId] = cursor.split(".", 2);
      select = select.where((eb) =>
        eb.or([
          eb("started_at", "<", Number(startedAt)),
          eb.and([
            eb("started_at", "=", Number(startedAt)),
            eb("recordings.recording_id", ">", recordingId ?? ""),
          ]),
        ])
      );
    }
    if (meetingId !== undefined) select = select.where("recordings.meeting_id", "=", meetingId);
    if (state !== undefined) select = select.where("state", "=", state);
    const rows = await select.execute();
    const page = rows.slice(0, limit)
      .map((row) => ({ ...row, mediaBytes: Number(row.mediaBytes ?? 0) }));
    const last = page.at(-1);
    return {
      recordings: page,
      next: rows.length > limit && last !== undefined
        ? `${last.startedAt}.${last.recordingId}`
        : null,
    };
  }

  async createLink(recordingId: string, now: number, expiresAt: number): Promise<string> {
    const token = makeToken();
    await this.db.deleteFrom("recording_links").where("expires_at", "<=", now).execute();
    await this.db.insertInto("recording_links")
      .values({
        token_hash: hashSecret(token),
        recording_id: recordingId,
        created_at: now,
        expires_at: expiresAt,
      })
      .execute();
    return token;
  }

  async checkLink(recordingId: string, token: string, now: number): Promise<boolean> {
    const row = await this.db.selectFrom("recording_links")
      .select("expires_at")
      .where("token_hash", "=", hashSecret(token))
      .where("recording_id", "=", recordingId)
      .executeTakeFirst();
    return row !== undefined && row.expires_at > now;
  }

  delete(recordingId: string): Promise<boolean> {
    return deleteRecording(this.db, recordingId, Date.now());
  }

  async expired(before: number): Promise<string[]> {
    const rows = await this.db.selectFrom("recordings")
      .select("recording_id")
      .where("state", "=", "ready")
      .where("ended_at", "<", before)
      .execute();
    return rows.map((row) => row.recording_id);
  }

  board(meetingId: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return readFinalState(this.db, meetingId, carriedBoard);
  }

  codeFiles(meetingId: string): Promise<CarriedFile[] | null> {
    return readFinalState(this.db, meetingId, carriedFiles);
  }

  #summaries() {
    return this.db.selectFrom("recordings")
      .innerJoin("meeting_settings", "meeting_settings.meeting_id", "recordings.meeting_id")
      .select([
        "recordings.recording_id as recordingId",
        "recordings.meeting_id as meetingId",
        "title",
        "state",
        "started_at as startedAt",
        "ended_at as endedAt",
      ])
      // A track has no hole, so its last cluster tells how long it is: each request asks this.
      .select(sql<number | null>`(
        select sum((
          select start_byte + bytes from media_chunks
          where media_chunks.track_id = recording_tracks.track_id
          order by from_ms desc limit 1
        )) from recording_tracks
        where recording_tracks.recording_id = recordings.recording_id
      )`.as("mediaBytes"));
  }

  async #open(recordingId: string): Promise<Recording | null> {
    const summary = await this.find(recordingId);
    if (summary === null) return null;
    const row = await this.db.selectFrom("recordings")
      .select("pauses_forgotten")
      .where("recording_id", "=", recordingId)
      .executeTakeFirst();
    const spans = await readSpans(this.db, recordingId);
    return { ...summary, spans, pausesForgotten: row?.pauses_forgotten === 1 };
  }

  async #lastLogTime(meetingId: string): Promise<number | undefined> {
    return (await lastLogged(this.db, meetingId))?.at;
  }

  async #people(
    meetingId: string,
    stretch: (stay: { from: number; to: number | null }) => Stretch,
  ): Promise<ManifestCore["people"]> {
    const rows = await this.db.selectFrom("video_participants")
      .select(["participant_id", "name", "user_type", "joined_at as from", "left_at as to"])
      .where("meeting_id", "=", meetingId)
      .orderBy("id")
      .execute();
    const people = new Map<string, ManifestCore["people"][number]>();
    for (const { participant_id: participantId, name, user_type: role, from, to } of rows) {
      const person = people.get(participantId) ?? { participantId, name, role, stays: [] };
      person.stays.push(stretch({ from, to }));
      people.set(participantId, person);
    }
    return [...people.values()];
  }

  async #markers(recordingId: string, since: (at: number) => number): Promise<Marker[]> {
    const rows = await this.db.selectFrom("recording_markers")
      .select(["at", "type", "details"])
      .where("recording_id", "=", recordingId)
      .orderBy("at")
      .execute();
    return rows.map(({ at, type, details }) =>
      ({ ...JSON.parse(details), type, atMs: since(at) }) as Marker
    );
  }

  async #segments(
    { meetingId, spans }: Recording,
    since: (at: number) => number,
    end: number,
  ): Promise<ManifestCore["segments"]> {
    const pieces = await readPieces(this.db, meetingId, spans);
    return await Promise.all(pieces.map(async (piece, index) => {
      const log = await measureLog(this.db, meetingId, rangeOf(piece));
      const snapshot = await this.db.selectFrom("snapshots")
        .select(sql<number>`length(state)`.as("bytes"))
        .where("meeting_id", "=", meetingId)
        .where("seq", "=", piece.fromSeq)
        .executeTakeFirst();
      return {
        index,
        fromMs: since(piece.from),
        toMs: since(piece.to ?? end),
        bytes: log.bytes + log.count * entriesBytes([0]) +
          entriesBytes([Number(snapshot?.bytes ?? EMPTY_STATE.length)]),
      };
    }));
  }

  #readSnapshot(recording: Recording, piece: Piece): Promise<LogEntry> {
    const { meetingId } = recording;
    return readingSnapshots(this.db, meetingId, () => this.#snapshotOf(recording, piece));
  }

  async #snapshotOf(recording: Recording, piece: Piece): Promise<LogEntry> {
    const { meetingId, startedAt, spans } = recording;
    const row = await this.db.selectFrom("snapshots")
      .select("state")
      .where("meeting_id", "=", meetingId)
      .where("seq", "=", piece.fromSeq)
      .executeTakeFirst();
    const pauses = recording.pausesForgotten
      ? []
      : await readPausedWriting(this.db, meetingId, spans, piece.fromSeq);
    return {
      kind: "snapshot",
      atMs: Math.max(0, piece.from - startedAt),
      payload: row === undefined ? EMPTY_STATE : withoutPauses(checked(row.state), pauses),
    };
  }

  /** The updates and entries of a piece in the order of their times; updates keep the order of the log. */
  async #entriesOf(
    { recordingId, meetingId, startedAt }: Recording,
    piece: Piece,
    bounds: { fromMs: number; toMs: number } = { fromMs: 0, toMs: Infinity },
  ): Promise<LogEntry[]> {
    const from = startedAt + bounds.fromMs;
    const to = startedAt + bounds.toMs;
    const entries: LogEntry[] = [];
    let lastMs = 0;
    for (const { at, update } of await readLog(this.db, meetingId, rangeOf(piece))) {
      if (bounds.fromMs > 0 && at < from || at > to) continue;
      // A clock that was set back must not put an update before the one that it builds on.
      lastMs = Math.max(lastMs, at - startedAt, piece.from - startedAt);
      entries.push({ kind: "update", atMs: lastMs, payload: update });
    }
    let others = this.db.selectFrom("recording_entries")
      .select(["at", "kind", "data"])
      .where("recording_id", "=", recordingId)
      .where("at", ">=", Math.max(piece.from, from))
      .orderBy("at");
    const end = Math.min(piece.to ?? Infinity, to);
    if (end < Infinity) others = others.where("at", "<=", end);
    for (const { at, kind, data } of await others.execute()) {
      entries.push({ kind, atMs: Math.max(0, at - startedAt), payload: data });
    }
    return entries.sort((a, b) => a.atMs - b.atMs);
  }
}
