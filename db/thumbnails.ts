/** A small picture of each lesson's board, the newest only. It goes with the lesson. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export interface Thumbnail {
  mediaType: string;
  data: Uint8Array<ArrayBuffer>;
}

export class Thumbnails {
  constructor(private readonly db: Kysely<Schema>) {}

  /** Replaces the lesson's picture; false when the one before is younger than `leastMs`. */
  async put(
    meetingId: string,
    { mediaType, data }: Thumbnail,
    { now, leastMs }: { now: number; leastMs: number },
  ): Promise<boolean> {
    const picture = { media_type: mediaType, data, taken_at: now };
    const result = await this.db.insertInto("thumbnails")
      .values({ meeting_id: meetingId, ...picture })
      .onConflict((conflict) =>
        conflict.column("meeting_id").doUpdateSet(picture)
          // A time to come is from before the clock was set back.
          .where((eb) =>
            eb.or([
              eb("thumbnails.taken_at", "<=", now - leastMs),
              eb("thumbnails.taken_at", ">", now),
            ])
          )
      )
      .executeTakeFirst();
    return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
  }

  async find(meetingId: string): Promise<Thumbnail | null> {
    const row = await this.db.selectFrom("thumbnails")
      .select(["media_type", "data"])
      .where("meeting_id", "=", meetingId)
      .executeTakeFirst();
    return row === undefined ? null : { mediaType: row.media_type, data: new Uint8Array(row.data) };
  }

  /** Which of these lessons have a picture. */
  async among(meetingIds: readonly string[]): Promise<Set<string>> {
    if (meetingIds.length === 0) return new Set();
    const rows = await this.db.selectFrom("thumbnails")
      .select("meeting_id")
      .where("meeting_id", "in", meetingIds)
      .execute();
    return new Set(rows.map((row) => row.meeting_id));
  }
}
