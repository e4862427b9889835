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

/** Which images of a meeting another one gets, and what that may hold at most. */
export interface AssetCopy {
  from: string;
  to: string;
  /** Who took them along. */
  participantId: string;
  assetIds: readonly string[];
  most: AssetTotals;
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

  /**
   * Copies images of one meeting into another; answers the new id of each that was there, or null when `most` would
   * be exceeded. One statement an image, so that rooms get their turn between them.
   */
  async copy(
    { from, to, participantId, assetIds, most }: AssetCopy,
    now: number,
  ): Promise<Map<string, string> | null> {
    if (assetIds.length === 0) return new Map();
    const sources = await this.db.selectFrom("assets")
      .select(["asset_id", "bytes"])
      .where("meeting_id", "=", from)
      .where("asset_id", "in", [...new Set(assetIds)])
      .execute();
    const held = await this.totals(to);
    const bytes = sources.reduce((sum, source) => sum + source.bytes, held.bytes);
    if (held.count + sources.length > most.count || bytes > most.bytes) return null;
    const copied = new Map<string, string>();
    for (const { asset_id: source } of sources) {
      const assetId = makeToken();
      await this.db.insertInto("assets")
        .columns([
          "asset_id",
          "meeting_id",
          "participant_id",
          "media_type",
          "data",
          "bytes",
          "created_at",
        ])
        .expression((eb) =>
          eb.selectFrom("assets")
            .select([
              eb.val(assetId).as("asset_id"),
              eb.val(to).as("meeting_id"),
              eb.val(participantId).as("participant_id"),
              "media_type",
              "data",
              "bytes",
              eb.val(now).as("created_at"),
            ])
            .where("assets.asset_id", "=", source)
        )
        .execute();
      copied.set(source, assetId);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return copied;
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
