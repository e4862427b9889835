/**
 * Personal links: who is booked, and the tokens that say so. Stored hashed; a token is answered once, when issued.
 */
import type { Kysely } from "kysely";
import type { Role } from "../rooms/document/schema.ts";
import type { Identity } from "../rooms/ports.ts";
import type { Schema } from "./schema.ts";
import { hashSecret, makeParticipantId, makeToken } from "./secrets.ts";

/** A booked person and the token of their personal link. */
export interface BookedPerson {
  participantId: string;
  userId: string;
  name: string;
  role: Role;
  token: string;
}

export async function issueInvite(
  db: Kysely<Schema>,
  meetingId: string,
  role: Role,
  person: { id: string; name: string },
  now: number,
): Promise<BookedPerson> {
  const token = makeToken();
  const participantId = makeParticipantId();
  await db.insertInto("invites")
    .values({
      participant_id: participantId,
      meeting_id: meetingId,
      user_id: person.id,
      role,
      name: person.name,
      token_hash: hashSecret(token),
      created_at: now,
      revoked_at: null,
    })
    .execute();
  return { participantId, userId: person.id, name: person.name, role, token };
}

/** Whom a token stands for in this meeting; a token of another meeting is unknown here. */
export async function findInvite(
  db: Kysely<Schema>,
  meetingId: string,
  token: string,
): Promise<Identity | "revoked" | null> {
  const row = await db.selectFrom("invites")
    .select(["participant_id", "name", "role", "user_id", "revoked_at"])
    .where("token_hash", "=", hashSecret(token))
    .where("meeting_id", "=", meetingId)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (row.revoked_at !== null) return "revoked";
  return {
    participantId: row.participant_id,
    name: row.name,
    role: row.role,
    userId: row.user_id,
  };
}
