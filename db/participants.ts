/**
 * Who was in a meeting, from when to when: one row a stay.
 *
 * A participant whose row is still open has not left as far as the database knows: after a crash their next join
 * continues that stay.
 */
import type { Kysely, Transaction } from "kysely";
import type { Role } from "../rooms/contract/document/schema.ts";
import type { Identity } from "../rooms/ports.ts";
import { type ParticipantFacts, recordMeetingEvent } from "./outbox/events.ts";
import type { Schema } from "./schema.ts";

/** A stay as the booking system may read it. Times are Unix milliseconds. */
export interface Stay {
  userId: string;
  name: string;
  role: "tutor" | "student";
  joinedAt: number;
  leftAt: number | null;
  isMuted: boolean;
}

export function recordJoin(
  db: Kysely<Schema>,
  meetingId: string,
  identity: Identity,
  at: number,
): Promise<void> {
  return db.transaction().execute(async (transaction) => {
    const open = await transaction.selectFrom("video_participants")
      .select("id")
      .where("meeting_id", "=", meetingId)
      .where("participant_id", "=", identity.participantId)
      .where("left_at", "is", null)
      .executeTakeFirst();
    if (open !== undefined) return;
    await transaction.insertInto("video_participants")
      .values({
        meeting_id: meetingId,
        user_id: identity.userId ?? identity.participantId,
        user_type: identity.role,
        joined_at: at,
        left_at: null,
        is_muted: 0,
        participant_id: identity.participantId,
        name: identity.name,
      })
      .execute();
    const participant = factsOf({
      userId: identity.userId ?? identity.participantId,
      name: identity.name,
      role: identity.role,
      joinedAt: at,
      leftAt: null,
      isMuted: false,
    });
    await recordMeetingEvent(transaction, "participant.joined", meetingId, at, { participant });
  });
}

export function recordLeave(
  db: Kysely<Schema>,
  meetingId: string,
  participantId: string,
  at: number,
): Promise<void> {
  return db.transaction().execute((transaction) =>
    closeStays(transaction, meetingId, at, participantId)
  );
}

/** Ends the open stays of a meeting, or of one person in it. */
export async function closeStays(
  transaction: Transaction<Schema>,
  meetingId: string,
  at: number,
  participantId?: string,
): Promise<void> {
  let update = transaction.updateTable("video_participants")
    .set({ left_at: at })
    .where("meeting_id", "=", meetingId)
    .where("left_at", "is", null);
  if (participantId !== undefined) update = update.where("participant_id", "=", participantId);
  const closed = await update
    .returning(["user_id", "name", "user_type", "joined_at", "left_at", "is_muted"])
    .execute();
  for (const row of closed) {
    const participant = factsOf(toStay(row));
    await recordMeetingEvent(transaction, "participant.left", meetingId, at, { participant });
  }
}

export async function recordMuted(
  db: Kysely<Schema>,
  meetingId: string,
  participantId: string,
  muted: boolean,
): Promise<void> {
  await db.updateTable("video_participants")
    .set({ is_muted: muted ? 1 : 0 })
    .where("meeting_id", "=", meetingId)
    .where("participant_id", "=", participantId)
    .where("left_at", "is", null)
    .execute();
}

/** Revokes everything that lets this person come back: their personal link and their sessions. */
export function revokeParticipant(
  db: Kysely<Schema>,
  meetingId: string,
  participantId: string,
  now: number,
): Promise<void> {
  return db.transaction().execute(async (transaction) => {
    for (const table of ["invites", "sessions"] as const) {
      await transaction.updateTable(table)
        .set({ revoked_at: now })
        .where("meeting_id", "=", meetingId)
        .where("participant_id", "=", participantId)
        .where("revoked_at", "is", null)
        .execute();
    }
  });
}

export async function listStays(db: Kysely<Schema>, meetingId: string): Promise<Stay[]> {
  const rows = await db.selectFrom("video_participants")
    .select(["user_id", "name", "user_type", "joined_at", "left_at", "is_muted"])
    .where("meeting_id", "=", meetingId)
    .orderBy("id")
    .execute();
  return rows.map(toStay);
}

function toStay(row: {
  user_id: string;
  name: string;
  user_type: Role;
  joined_at: number;
  left_at: number | null;
  is_muted: number;
}): Stay {
  return {
    userId: row.user_id,
    name: row.name,
    role: row.user_type,
    joinedAt: row.joined_at,
    leftAt: row.left_at,
    isMuted: row.is_muted === 1,
  };
}

function factsOf({ userId, name, role, joinedAt, leftAt }: Stay): ParticipantFacts {
  const iso = (at: number) => new Date(at).toISOString();
  return {
    userId,
    name,
    role,
    joinedAt: iso(joinedAt),
    leftAt: leftAt === null ? null : iso(leftAt),
  };
}
