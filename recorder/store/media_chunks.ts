/**
 * The SQL of `media_chunks`: the clusters of tracks, a row each, found by time and by byte.
 *
 * Invariants: a track's rows are appended and never changed, but for their bytes, which go when an object holds them
 * (media_objects.ts); `start_byte` counts from the track's first cluster, without a hole.
 */
import { type Kysely, sql } from "kysely";
import type { Schema } from "../../db/schema.ts";
import type { NewChunk } from "../ports.ts";

/** A shorter gap isn't told. */
const GAP_MS = 1000;

/** As many rows as one statement takes. */
export async function insertChunks(
  db: Kysely<Schema>,
  chunks: readonly NewChunk[],
): Promise<void> {
  await db.insertInto("media_chunks").values(chunks.map(chunkRow)).execute();
}

/** Size and length of a track so far. */
export async function chunkExtent(
  db: Kysely<Schema>,
  trackId: number,
): Promise<{ bytes: number; toMs: number }> {
  const last = await db.selectFrom("media_chunks")
    .select(["start_byte", "bytes", "to_ms"])
    .where("track_id", "=", trackId)
    .orderBy("from_ms", "desc")
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) return { bytes: 0, toMs: 0 };
  return { bytes: last.start_byte + last.bytes, toMs: last.to_ms };
}

/** Where the media of a recording ends; 0 when it has none. */
export async function chunksEnd(db: Kysely<Schema>, recordingId: string): Promise<number> {
  const row = await db.selectFrom("recording_tracks")
    .select(sql<number | null>`max(started_at + (
      select to_ms from media_chunks
      where media_chunks.track_id = recording_tracks.track_id
      order by from_ms desc limit 1
    ))`.as("end"))
    .where("recording_id", "=", recordingId)
    .executeTakeFirst();
  return Number(row?.end ?? 0);
}

/** The first chunk that can be begun with in each stretch of `everyMs`: a long lesson has tens of thousands of chunks. */
export async function chunkEntries(
  db: Kysely<Schema>,
  trackId: number,
  everyMs: number,
): Promise<{ fromMs: number; startByte: number }[]> {
  const entries = await db.selectFrom("media_chunks")
    .select((eb) => [eb.fn.min("from_ms").as("fromMs"), eb.fn.min("start_byte").as("startByte")])
    .where("track_id", "=", trackId)
    .where("entry", "=", 1)
    .groupBy(sql`from_ms / ${sql.lit(everyMs)}`)
    .orderBy("fromMs")
    .execute();
  return entries.map(({ fromMs, startByte }) => ({
    fromMs: Number(fromMs),
    startByte: Number(startByte),
  }));
}

/** Where to begin for a player that wants to show `atMs`; later when there is nothing before. */
export async function chunkEntryBefore(
  db: Kysely<Schema>,
  trackId: number,
  atMs: number,
): Promise<number | null> {
  const entries = db.selectFrom("media_chunks")
    .select("from_ms")
    .where("track_id", "=", trackId)
    .where("entry", "=", 1)
    .limit(1);
  const before = await entries.where("from_ms", "<=", atMs).orderBy("from_ms", "desc")
    .executeTakeFirst();
  const found = before ?? await entries.where("from_ms", ">", atMs).orderBy("from_ms")
    .executeTakeFirst();
  if (found === undefined) return null;
  // Past the end of the track there is nothing to begin with.
  const { toMs } = await chunkExtent(db, trackId);
  return atMs >= toMs ? null : found.from_ms;
}

/** Where the chunks from a time on stand, without their bytes. */
export function chunksFrom(db: Kysely<Schema>, trackId: number, fromMs: number) {
  return db.selectFrom("media_chunks")
    .select(["from_ms", "start_byte", "bytes"])
    .where("track_id", "=", trackId)
    .where("from_ms", ">=", fromMs)
    .orderBy("from_ms")
    .limit(4096)
    .execute();
}

/** The chunks that hold these bytes of a track. */
export function chunksBetween(db: Kysely<Schema>, trackId: number, from: number, to: number) {
  return db.selectFrom("media_chunks")
    .select(["start_byte", "data"])
    .where("track_id", "=", trackId)
    .where("start_byte", "<", to)
    .where(sql<number>`start_byte + bytes`, ">", from)
    .execute();
}

/** The stretches without a gap, found inside the database: a lesson has thousands of chunks a track. */
export async function chunkSpans(
  db: Kysely<Schema>,
  trackId: number,
): Promise<{ fromMs: number; toMs: number }[]> {
  const { rows } = await sql<{ fromMs: number; toMs: number }>`
    select min(from_ms) as fromMs, max(to_ms) as toMs from (
      select from_ms, to_ms, sum(begins) over (order by from_ms) as span from (
        select from_ms, to_ms,
          from_ms - lag(to_ms, 1, ${-2 * GAP_MS}) over (order by from_ms) > ${GAP_MS} as begins
        from media_chunks where track_id = ${trackId}
      )
    ) group by span order by fromMs`.execute(db);
  return rows;
}

function chunkRow({ trackId, fromMs, toMs, entry, startByte, data }: NewChunk) {
  return {
    track_id: trackId,
    from_ms: fromMs,
    to_ms: toMs,
    entry: entry ? 1 : 0,
    start_byte: startByte,
    bytes: data.length,
    data,
  };
}
