/**
 * Requests that may be sent again without being carried out again, by their Idempotency-Key.
 *
 * Invariants: of two requests with one key at once, one is carried out. An answer is encrypted by what only the
 * caller sends, because it may hold links that are stored hashed everywhere else.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import { hashSecret } from "./secrets.ts";

/** How long an answer is kept. */
export const IDEMPOTENCY_MS = 24 * 3_600_000;
/** A request that another process began and hasn't answered for so long ended with that process. */
const ABANDONED_MS = 60_000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A request by what its caller sent. */
export interface IdempotentRequest {
  keyId: number;
  /** The API key's text, which is not stored anywhere. */
  apiKey: string;
  idempotencyKey: string;
  /** Method, path and body. */
  request: string;
}

export type Earlier = "none" | "running" | "other-request" | { answer: string };

export class Idempotency {
  private readonly owner = crypto.randomUUID();

  constructor(private readonly db: Kysely<Schema>) {}

  /** `none` means: carry it out now, then call {@linkcode keep} or {@linkcode forget}. */
  async begin(request: IdempotentRequest, now: number): Promise<Earlier> {
    await this.db.deleteFrom("idempotency_records")
      .where("created_at", "<", now - IDEMPOTENCY_MS)
      .execute();
    const id = { key_id: request.keyId, key_hash: hashSecret(request.idempotencyKey) };
    const requestHash = hashSecret(request.request);
    const result = await this.db.insertInto("idempotency_records")
      .values({
        ...id,
        request_hash: requestHash,
        created_at: now,
        owner: this.owner,
        answer: null,
      })
      .onConflict((conflict) => conflict.columns(["key_id", "key_hash"]).doNothing())
      .executeTakeFirst();
    if ((result.numInsertedOrUpdatedRows ?? 0n) > 0n) return "none";
    const row = await this.row(request)
      .select(["request_hash", "owner", "answer", "created_at"])
      .executeTakeFirst();
    if (row === undefined) return "running";
    if (!equal(row.request_hash, requestHash)) return "other-request";
    if (row.answer !== null) return { answer: open(request, row.answer) };
    const abandoned = row.owner !== this.owner && row.created_at < now - ABANDONED_MS;
    return abandoned ? await this.takeOver(request, row.owner) : "running";
  }

  async keep(request: IdempotentRequest, answer: string): Promise<void> {
    await this.db.updateTable("idempotency_records")
      .set({ answer: seal(request, answer) })
      .where("key_id", "=", request.keyId)
      .where("key_hash", "=", hashSecret(request.idempotencyKey))
      .execute();
  }

  /** The request failed: it may be sent again. */
  async forget(request: IdempotentRequest): Promise<void> {
    await this.db.deleteFrom("idempotency_records")
      .where("key_id", "=", request.keyId)
      .where("key_hash", "=", hashSecret(request.idempotencyKey))
      .execute();
  }

  private row(request: IdempotentRequest) {
    return this.db.selectFrom("idempotency_records")
      .where("key_id", "=", request.keyId)
      .where("key_hash", "=", hashSecret(request.idempotencyKey));
  }

  private async takeOver(request: IdempotentRequest, from: string): Promise<Earlier> {
    const result = await this.db.updateTable("idempotency_records")
      .set({ owner: this.owner })
      .where("key_id", "=", request.keyId)
      .where("key_hash", "=", hashSecret(request.idempotencyKey))
      .where("owner", "=", from)
      .where("answer", "is", null)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n ? "none" : "running";
  }
}

function sealingKey({ apiKey, idempotencyKey }: IdempotentRequest): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", apiKey, idempotencyKey, "lectern idempotency", 16));
}

function seal(request: IdempotentRequest, text: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-128-gcm", sealingKey(request), nonce);
  const body = [cipher.update(text, "utf8"), cipher.final()];
  return new Uint8Array(concat([nonce, ...body, cipher.getAuthTag()]));
}

function open(request: IdempotentRequest, sealed: Uint8Array): string {
  const decipher = createDecipheriv(
    "aes-128-gcm",
    sealingKey(request),
    sealed.subarray(0, NONCE_BYTES),
  );
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const body = sealed.subarray(NONCE_BYTES, -TAG_BYTES);
  return new TextDecoder().decode(concat([decipher.update(body), decipher.final()]));
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
