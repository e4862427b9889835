/** The booking system's keys. Only their hashes are stored; a lost key is replaced, not recovered. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import { hashSecret, makeToken } from "./secrets.ts";

const PREFIX = "lk_";

export class ApiKeys {
  constructor(private readonly db: Kysely<Schema>) {}

  /** Makes a key and answers it, for the only time. */
  async create(name: string, now: number): Promise<string> {
    const key = `${PREFIX}${makeToken()}`;
    await this.db.insertInto("api_keys")
      .values({ name, key_hash: hashSecret(key), created_at: now, revoked_at: null })
      .execute();
    return key;
  }

  /** The key's name, or null when it is unknown or revoked. */
  async verify(key: string): Promise<string | null> {
    const row = await this.db.selectFrom("api_keys")
      .select("name")
      .where("key_hash", "=", hashSecret(key))
      .where("revoked_at", "is", null)
      .executeTakeFirst();
    return row?.name ?? null;
  }

  async count(): Promise<number> {
    const row = await this.db.selectFrom("api_keys")
      .select((eb) => eb.fn.countAll<number>().as("keys"))
      .where("revoked_at", "is", null)
      .executeTakeFirstOrThrow();
    return Number(row.keys);
  }
}
