/** The booking system's keys. Only their hashes are stored; a lost key is replaced, not recovered. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import { hashSecret, makeToken } from "./secrets.ts";

const PREFIX = "lk_";

/** `read` keys change nothing. */
export type KeyScope = "read" | "write";

export interface ApiKey {
  keyId: number;
  name: string;
  scope: KeyScope;
  createdAt: number;
}

export class ApiKeys {
  constructor(private readonly db: Kysely<Schema>) {}

  /** Makes a key with all rights and answers it, for the only time. */
  async create(name: string, now: number): Promise<string> {
    return (await this.issue(name, "write", now)).key;
  }

  /** Makes a key; its text is answered for the only time. */
  async issue(name: string, scope: KeyScope, now: number): Promise<ApiKey & { key: string }> {
    const key = `${PREFIX}${makeToken()}`;
    const { id } = await this.db.insertInto("api_keys")
      .values({ name, scope, key_hash: hashSecret(key), created_at: now, revoked_at: null })
      .returning("id")
      .executeTakeFirstOrThrow();
    return { keyId: id, name, scope, createdAt: now, key };
  }

  /**
   * Makes a key of this text, with all rights, when there is none yet. Answers whether it works from here on: keys
   * that exist stay what they are, and a revoked one stays revoked.
   */
  setFirst(key: string, name: string, now: number): Promise<boolean> {
    return this.db.transaction().execute(async (transaction) => {
      const keys = new ApiKeys(transaction);
      if (await keys.verify(key) !== null) return true;
      if (await keys.count() > 0) return false;
      const made = await transaction.insertInto("api_keys")
        .values({
          name,
          scope: "write",
          key_hash: hashSecret(key),
          created_at: now,
          revoked_at: null,
        })
        .onConflict((conflict) => conflict.column("key_hash").doNothing())
        .returning("id")
        .executeTakeFirst();
      return made !== undefined;
    });
  }

  /** Null when the key is unknown or revoked. */
  async verify(key: string): Promise<ApiKey | null> {
    const row = await this.live().where("key_hash", "=", hashSecret(key)).executeTakeFirst();
    return row ?? null;
  }

  /** Keys that work, oldest first. */
  list(): Promise<ApiKey[]> {
    return this.live().orderBy("id").execute();
  }

  /** False when there is no such key. */
  async revoke(keyId: number, now: number): Promise<boolean> {
    const result = await this.db.updateTable("api_keys")
      .set({ revoked_at: now })
      .where("id", "=", keyId)
      .where("revoked_at", "is", null)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async count(): Promise<number> {
    const row = await this.db.selectFrom("api_keys")
      .select((eb) => eb.fn.countAll<number>().as("keys"))
      .where("revoked_at", "is", null)
      .executeTakeFirstOrThrow();
    return Number(row.keys);
  }

  private live() {
    return this.db.selectFrom("api_keys")
      .select(["id as keyId", "name", "scope", "created_at as createdAt"])
      .where("revoked_at", "is", null);
  }
}
