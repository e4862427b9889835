/** Images on boards, kept beside the document that names them. An id can't be guessed, and is a key to its image. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import { makeToken } from "./secrets.ts";

export interface NewAsset {
  meetingId: string;
  /** Who put it there. */
  participantId: string;
  mediaType: string;
  data: Uint8Array;
}

export interface StoredAsset {
  mediaType: string;
  data: Uint8Array<ArrayBuffer>;
}

/** What a meeting holds together. */
export interface AssetTotals {
  count: number;
  bytes: number;
}

export class Assets {
  constructor(private readonly db: Kysely<Schema>) {}

  /** Stores and answers the new asset's id. */
  async add({ meetingId, participantId, mediaType, data }: NewAsset, now: number): Promise<string> {
    const assetId = makeToken();
    await this.db.insertInto("assets")
      .values({
        asset_id: assetId,
        meeting_id: meetingId,
        participant_id: participantId,
        media_type: mediaType,
        data,
        bytes: data.length,
        created_at: now,
      })
      .execute();
    return assetId;
  }

  /** Null when the meeting has no such asset. */
  async find(meetingId: string, assetId: string): Promise<StoredAsset | null> {
    const row = await this.db.selectFrom("assets")
      .select(["media_type", "data"])
      .where("asset_id", "=", assetId)
      .where("meeting_id", "=", meetingId)
      .executeTakeFirst();
    if (row === undefined) return null;
    return { mediaType: row.media_type, data: new Uint8Array(row.data) };
  }

  async totals(meetingId: string): Promise<AssetTotals> {
    const row = await this.db.selectFrom("assets")
      .select((eb) => [
        eb.fn.countAll<number>().as("count"),
        eb.fn.sum<number | null>("bytes").as("bytes"),
      ])
      .where("meeting_id", "=", meetingId)
      .executeTakeFirstOrThrow();
    return { count: Number(row.count), bytes: Number(row.bytes ?? 0) };
  }
}
