/**
 * The media files of recordings, put together: header and cues from their row, clusters from rows or from the objects
 * that they were moved to.
 */
import { withColour } from "../../rooms/contract/recording/webm_colour.ts";
import { type Kysely, sql } from "kysely";
import {
  chunkEntryBefore,
  chunkExtent,
  chunksBetween,
  chunksFrom,
  chunkSpans,
} from "./media_chunks.ts";
import type { ClusterRange } from "../library.ts";
import type { TrackManifest } from "../../rooms/contract/recording/manifest.ts";
import type { ObjectStore } from "../ports.ts";
import type { Schema } from "../../db/schema.ts";

/** One answer with clusters. */
const MAX_CLUSTERS_BYTES = 2 * 1024 * 1024;

export class RecordingFiles {
  constructor(
    private readonly db: Kysely<Schema>,
    private readonly objects: ObjectStore | null = null,
  ) {}

  async manifests(recordingId: string, startedAt: number): Promise<TrackManifest[]> {
    const tracks = await this.db.selectFrom("recording_tracks")
      .select([
        "track_id",
        "participant_id",
        "source",
        "kind",
        "codec",
        "width",
        "height",
        "started_at",
      ])
      .select([
        sql<number>`length(header)`.as("headerBytes"),
        sql<number>`coalesce(length(cues), 0)`.as("cuesBytes"),
      ])
      .where("recording_id", "=", recordingId)
      .orderBy("started_at")
      .orderBy("track_id")
      .execute();
    return await Promise.all(tracks.map(async (track) => {
      const startMs = Math.max(0, track.started_at - startedAt);
      const spans = await chunkSpans(this.db, track.track_id);
      const { bytes, toMs } = await chunkExtent(this.db, track.track_id);
      return {
        trackId: `${track.track_id}`,
        participantId: track.participant_id,
        source: track.source,
        kind: track.kind,
        codec: track.codec,
        mimeType: `${track.kind}/webm; codecs="${track.codec}"`,
        width: track.width,
        height: track.height,
        startMs,
        durationMs: toMs,
        bytes: track.headerBytes + bytes + track.cuesBytes,
        headerBytes: track.headerBytes,
        spans: spans.map(({ fromMs, toMs }) => ({
          fromMs: startMs + fromMs,
          toMs: startMs + toMs,
        })),
      };
    }));
  }

  async header(recordingId: string, trackId: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const track = await this.#track(recordingId, trackId);
    return track === null ? null : withColour(new Uint8Array(track.header));
  }

  async bytes(recordingId: string, trackId: string): Promise<number | null> {
    const track = await this.#track(recordingId, trackId);
    if (track === null) return null;
    const { bytes } = await chunkExtent(this.db, track.track_id);
    return track.header.length + bytes + (track.cues?.length ?? 0);
  }

  async part(
    recordingId: string,
    trackId: string,
    start: number,
    end: number,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const track = await this.#track(recordingId, trackId);
    if (track === null) return null;
    const headerBytes = track.header.length;
    const extent = await chunkExtent(this.db, track.track_id);
    const part = new Uint8Array(Math.max(0, end - start));
    const put = (piece: Uint8Array, pieceStart: number) => {
      const from = Math.max(start, pieceStart);
      const to = Math.min(end, pieceStart + piece.length);
      if (from < to) part.set(piece.subarray(from - pieceStart, to - pieceStart), from - start);
    };
    put(track.header, 0);
    const from = Math.max(0, start - headerBytes);
    const to = Math.min(extent.bytes, end - headerBytes);
    if (from < to) put(await this.#clusterBytes(track.track_id, from, to), headerBytes + from);
    if (track.cues !== null) put(track.cues, headerBytes + extent.bytes);
    return part;
  }

  async clusters(
    recordingId: string,
    trackId: string,
    startedAt: number,
    { fromMs, toMs, goesOn }: { fromMs: number; toMs: number; goesOn: boolean },
  ): Promise<ClusterRange | null> {
    const track = await this.#track(recordingId, trackId);
    if (track === null) return null;
    const startMs = Math.max(0, track.started_at - startedAt);
    const begin = goesOn
      ? fromMs - startMs
      : await chunkEntryBefore(this.db, track.track_id, fromMs - startMs);
    if (begin === null) return null;
    const index = await chunksFrom(this.db, track.track_id, begin);
    let bytes = 0;
    let count = 0;
    for (const chunk of index) {
      if (count > 0 && (chunk.from_ms >= toMs - startMs || bytes >= MAX_CLUSTERS_BYTES)) break;
      bytes += chunk.bytes;
      count++;
    }
    const first = index[0];
    const last = index[count - 1];
    if (first === undefined || last === undefined) return null;
    const { start_byte: from } = first;
    const data = await this.#clusterBytes(track.track_id, from, last.start_byte + last.bytes);
    return {
      data,
      fromMs: startMs + first.from_ms,
      // Asked again from here, the answer begins with the very next cluster.
      toMs: startMs + (index[count]?.from_ms ?? last.from_ms + 1),
    };
  }

  /** Bytes of a track's clusters, counted from the first. They are all there. */
  async #clusterBytes(
    trackId: number,
    from: number,
    to: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const rows = await chunksBetween(this.db, trackId, from, to);
    const data = new Uint8Array(to - from);
    const put = (piece: Uint8Array, pieceStart: number) => {
      const begin = Math.max(from, pieceStart);
      const end = Math.min(to, pieceStart + piece.length);
      if (begin < end) data.set(piece.subarray(begin - pieceStart, end - pieceStart), begin - from);
    };
    for (const row of rows) put(row.data, row.start_byte);
    if (rows.some((row) => row.data.length === 0)) {
      for (const [piece, start] of await this.#fromObjects(trackId, from, to)) put(piece, start);
    }
    return data;
  }

  /** The parts of objects that lie in the stretch, each with where it begins. */
  async #fromObjects(
    trackId: number,
    from: number,
    to: number,
  ): Promise<[piece: Uint8Array, start: number][]> {
    const { objects } = this;
    if (objects === null) {
      throw new Error("this recording's media is in an object store, and none is configured");
    }
    const found = await this.db.selectFrom("media_objects")
      .select(["object_key", "start_byte", "bytes"])
      .where("track_id", "=", trackId)
      .where("state", "=", "stored")
      .where("start_byte", "<", to)
      .where(sql<number>`start_byte + bytes`, ">", from)
      .execute();
    return await Promise.all(found.map(async ({ object_key: key, start_byte: start, bytes }) => {
      const begin = Math.max(from, start);
      const end = Math.min(to, start + bytes);
      return [await objects.read(key, begin - start, end - start), begin] as [Uint8Array, number];
    }));
  }

  async #track(recordingId: string, trackId: string) {
    const number = Number(trackId);
    if (!Number.isSafeInteger(number)) return null;
    const track = await this.db.selectFrom("recording_tracks")
      .select(["track_id", "started_at", "header", "cues"])
      .where("track_id", "=", number)
      .where("recording_id", "=", recordingId)
      .executeTakeFirst();
    return track ?? null;
  }
}
