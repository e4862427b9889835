/**
 * Which participant each Yjs client id of a meeting belongs to.
 *
 * Invariant: a binding never changes its owner; the first to bind keeps the id until it is released.
 */
import type { Kysely } from "kysely";
import type { ClientIdStore } from "../rooms/ports.ts";
import type { Schema } from "./schema.ts";

export class SqlClientIds implements ClientIdStore {
  constructor(private readonly db: Kysely<Schema>) {}

  async load(meetingId: string): Promise<Map<number, string>> {
    const rows = await this.db.selectFrom("client_ids")
      .select(["client_id", "participant_id"])
      .where("meeting_id", "=", meetingId)
      .execute();
    return new Map(rows.map((row) => [row.client_id, row.participant_id]));
  }

  async bind(meetingId: string, clientId: number, participantId: string): Promise<boolean> {
    await this.db.insertInto("client_ids")
      .values({ meeting_id: meetingId, client_id: clientId, participant_id: participantId })
      .onConflict((conflict) => conflict.columns(["meeting_id", "client_id"]).doNothing())
      .execute();
    const row = await this.db.selectFrom("client_ids")
      .select("participant_id")
      .where("meeting_id", "=", meetingId)
      .where("client_id", "=", clientId)
      .executeTakeFirst();
    return row?.participant_id === participantId;
  }

  async release(meetingId: string, clientIds: readonly number[]): Promise<void> {
    await this.db.deleteFrom("client_ids")
      .where("meeting_id", "=", meetingId)
      .where("client_id", "in", clientIds)
      .execute();
  }
}
