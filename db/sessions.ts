/** Session tokens: how a tab that was admitted once comes back as the same person. Stored hashed. */
import type { Kysely } from "kysely";
import type { Identity } from "../rooms/ports.ts";
import { readLocale } from "./invites.ts";
import type { Schema } from "./schema.ts";
import { hashSecret, makeToken } from "./secrets.ts";

export async function openSession(
  db: Kysely<Schema>,
  meetingId: string,
  identity: Identity,
  now: number,
): Promise<string> {
  const token = makeToken();
  await db.insertInto("sessions")
    .values({
      token_hash: hashSecret(token),
      meeting_id: meetingId,
      participant_id: identity.participantId,
      user_id: identity.userId,
      role: identity.role,
      name: identity.name,
      created_at: now,
      revoked_at: null,
    })
    .execute();
  return token;
}

export async function findSession(
  db: Kysely<Schema>,
  meetingId: string,
  token: string,
): Promise<Identity | "revoked" | null> {
  const row = await db.selectFrom("sessions")
    .leftJoin("invites", "invites.participant_id", "sessions.participant_id")
    .select([
      "sessions.participant_id",
      "sessions.name",
      "sessions.role",
      "sessions.user_id",
      "sessions.revoked_at",
      "locale",
    ])
    .where("token_hash", "=", hashSecret(token))
    .where("sessions.meeting_id", "=", meetingId)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.revoked_at !== null) return "revoked";
  return {
    participantId: row.participant_id,
    name: row.name,
    role: row.role,
    userId: row.user_id,
    locale: readLocale(row.locale),
  };
}
