/**
 * Which stretches of tracks stand in objects outside the database. The rows of their clusters stay, without bytes.
 *
 * Invariant: objects cover a track from its beginning without a hole, up to its `object_bytes`.
 */
import type { Kysely } from "kysely";
import type { MediaPiece, MediaRows } from "../ports.ts";
import type { Schema } from "../../db/schema.ts";

/** Tracks that are looked at for a piece that is due. */
const CANDIDATES = 500;
/** Objects that are removed in one go. */
const UNNEEDED = 1000;
const NOTHING = new Uint8Array();

export class SqlMediaRows implements MediaRows {
  constructor(private readonly db: Kysely<Schema>) {}

  async tracks(except: readonly number[]): Promise<number[]> {
    let tracks = this.db.selectFrom("recording_tracks")
      .select("track_id")
      .where("in_objects", "=", 0)
      .orderBy("finished", "desc")
      .limit(CANDIDATES);
    if (except.length > 0) tracks = tracks.where("track_id", "not in", except.slice(0, CANDIDATES));
    return (await tracks.execute()).map((row) => row.track_id);
  }

  async nextPiece(trackId: number, objectBytes: number): Promise<MediaPiece | null> {
    const track = await this.db.selectFrom("recording_tracks")
      .select(["recording_id", "object_bytes", "finished"])
      .where("track_id", "=", trackId)
      .executeTakeFirst();
    if (track === undefined) return null;
    const { recording_id: recordingId, object_bytes: startByte } = track;
    const endByte = await this.#pieceEnd(trackId, startByte, objectBytes);
    if (endByte === startByte && track.finished === 1) await this.#settle(trackId);
    if (endByte === startByte) return null;
    if (track.finished === 0 && endByte - startByte < objectBytes) return null;
    return {
      trackId,
      recordingId,
      startByte,
      data: await this.#read(trackId, startByte, endByte),
    };
  }

  async beginObject(key: string, piece: MediaPiece, now: number): Promise<void> {
    await this.db.insertInto("media_objects")
      .values({
        object_key: key,
        track_id: piece.trackId,
        start_byte: piece.startByte,
        bytes: piece.data.length,
        state: "writing",
        at: now,
      })
      .execute();
  }

  finishObject(key: string, now: number): Promise<boolean> {
    return this.db.transaction().execute(async (transaction) => {
      const object = await transaction.updateTable("media_objects")
        .set({ state: "stored", at: now })
        .where("object_key", "=", key)
        .where("state", "=", "writing")
        .returning(["track_id", "start_byte", "bytes"])
        .executeTakeFirst();
      if (object === undefined) return false;
      const { track_id: trackId, start_byte: startByte, bytes } = object;
      const moved = await transaction.updateTable("recording_tracks")
        .set({ object_bytes: startByte + bytes })
        .where("track_id", "=", trackId)
        .where("object_bytes", "=", startByte)
        .executeTakeFirst();
      // Deleted meanwhile, or another node was quicker.
      if (moved.numUpdatedRows === 0n) {
        await transaction.updateTable("media_objects")
          .set({ state: "unneeded" })
          .where("object_key", "=", key)
          .execute();
        return false;
      }
      await transaction.updateTable("media_chunks")
        .set({ data: NOTHING })
        .where("track_id", "=", trackId)
        .where("start_byte", ">=", startByte)
        .where("start_byte", "<", startByte + bytes)
        .execute();
      return true;
    });
  }

  async unneededObjects(before: number): Promise<string[]> {
    const rows = await this.db.selectFrom("media_objects")
      .select("object_key")
      .where((eb) =>
        eb.or([
          eb("state", "=", "unneeded"),
          eb.and([eb("state", "=", "writing"), eb("at", "<", before)]),
        ])
      )
      .where("state", "<>", "stored")
      .limit(UNNEEDED)
      .execute();
    return rows.map((row) => row.object_key);
  }

  async forgetObject(key: string): Promise<void> {
    await this.db.deleteFrom("media_objects").where("object_key", "=", key).execute();
  }

  /** The end of whole clusters that make up an object; where they begin when there are none. */
  async #pieceEnd(trackId: number, startByte: number, objectBytes: number): Promise<number> {
    const row = await this.db.selectFrom("media_chunks")
      .select((eb) => eb.fn.max<number | null>(eb("start_byte", "+", eb.ref("bytes"))).as("end"))
      .where("track_id", "=", trackId)
      .where("start_byte", ">=", startByte)
      .where("start_byte", "<", startByte + objectBytes)
      .executeTakeFirst();
    return Number(row?.end ?? startByte);
  }

  async #read(
    trackId: number,
    startByte: number,
    endByte: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const data = new Uint8Array(endByte - startByte);
    const rows = await this.db.selectFrom("media_chunks")
      .select(["start_byte", "data"])
      .where("track_id", "=", trackId)
      .where("start_byte", ">=", startByte)
      .where("start_byte", "<", endByte)
      .execute();
    for (const row of rows) data.set(row.data, row.start_byte - startByte);
    return data;
  }

  /** Nothing more comes, and nothing is left. */
  async #settle(trackId: number): Promise<void> {
    await this.db.updateTable("recording_tracks")
      .set({ in_objects: 1 })
      .where("track_id", "=", trackId)
      .execute();
  }
}
