/**
 * The wrapped keys of encrypted recordings, and the public keys of those who may hold them in custody.
 *
 * Invariant: nothing in these tables opens a recording without a secret that is in none of them.
 */
import type { Kysely } from "kysely";
import type { EnvelopeStore, KeyEnvelope } from "../rooms/ports.ts";
import type { Schema } from "./schema.ts";

/** `wrapped_by` of what is wrapped to the custodian. */
const CUSTODIAN = "";

export class KeyEnvelopes implements EnvelopeStore {
  constructor(private readonly db: Kysely<Schema>) {}

  async add(
    meetingId: string,
    envelopes: readonly KeyEnvelope[],
    limit: number,
  ): Promise<boolean> {
    if (envelopes.length === 0) return true;
    const { stored } = await this.db.selectFrom("key_envelopes")
      .select((eb) => eb.fn.countAll<number>().as("stored"))
      .where("meeting_id", "=", meetingId)
      .executeTakeFirstOrThrow();
    if (Number(stored) + envelopes.length > limit) return false;
    await this.db.insertInto("key_envelopes")
      .values(envelopes.map(({ by, of, wrapped }) => ({
        meeting_id: meetingId,
        wrapped_by: by ?? CUSTODIAN,
        secret_id: of,
        wrapped,
      })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return true;
  }

  /** Everything that was stored for a meeting, in the order in which it came. */
  async list(meetingId: string): Promise<KeyEnvelope[]> {
    const rows = await this.db.selectFrom("key_envelopes")
      .select(["wrapped_by", "secret_id", "wrapped"])
      .where("meeting_id", "=", meetingId)
      .orderBy("id")
      .execute();
    return rows.map((row) => ({
      by: row.wrapped_by === CUSTODIAN ? null : row.wrapped_by,
      of: row.secret_id,
      wrapped: row.wrapped,
    }));
  }

  /** Remembers which API client booked a meeting. */
  async booked(meetingId: string, keyId: number): Promise<void> {
    await this.db.insertInto("meeting_bookers")
      .values({ meeting_id: meetingId, api_key_id: keyId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async custodian(meetingId: string): Promise<string | null> {
    const row = await this.db.selectFrom("meeting_bookers")
      .innerJoin("api_keys", "api_keys.id", "meeting_bookers.api_key_id")
      .select("custodian_key")
      .where("meeting_id", "=", meetingId)
      .executeTakeFirst();
    return row?.custodian_key ?? null;
  }

  async custodianOf(keyId: number): Promise<string | null> {
    const row = await this.db.selectFrom("api_keys")
      .select("custodian_key")
      .where("id", "=", keyId)
      .executeTakeFirst();
    return row?.custodian_key ?? null;
  }

  /** Sets, or with null takes away, the public key of an API client. Lessons that run keep the one they began with. */
  async setCustodian(keyId: number, publicKey: string | null): Promise<void> {
    await this.db.updateTable("api_keys")
      .set({ custodian_key: publicKey })
      .where("id", "=", keyId)
      .execute();
  }
}
