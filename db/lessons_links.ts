/** Links to the page of one person's lessons. Stored hashed; they expire, and open nothing but that page. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import { hashSecret, makeToken } from "./secrets.ts";

export class LessonsLinks {
  constructor(private readonly db: Kysely<Schema>) {}

  /** Makes a link's token and answers it, for the only time. */
  async issue(userId: string, now: number, expiresAt: number): Promise<string> {
    const token = makeToken();
    await this.db.insertInto("lessons_links")
      .values({
        token_hash: hashSecret(token),
        user_id: userId,
        created_at: now,
        expires_at: expiresAt,
      })
      .execute();
    return token;
  }

  /** Whose lessons a token shows; null when it is unknown or has expired. */
  async find(token: string, now: number): Promise<string | null> {
    const row = await this.db.selectFrom("lessons_links")
      .select("user_id")
      .where("token_hash", "=", hashSecret(token))
      .where("expires_at", ">", now)
      .executeTakeFirst();
    return row?.user_id ?? null;
  }

  /** Ends all links of a person; answers how many there were. */
  async revoke(userId: string): Promise<number> {
    const result = await this.db.deleteFrom("lessons_links")
      .where("user_id", "=", userId)
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }
}
