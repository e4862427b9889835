/**
 * Who is booked, and their personal links. Tokens are stored hashed; one is answered once, when it is issued.
 *
 * A person may hold several links, so that each mail can carry one of its own. Invariant: who was removed comes in
 * by none of them, until a new link is issued to them.
 */
import type { Kysely } from "kysely";
import type { Role } from "../rooms/contract/document/schema.ts";
import { isLocale, type Locale } from "../rooms/contract/words/locales.ts";
import type { BookedName, Identity } from "../rooms/ports.ts";
import type { Schema } from "./schema.ts";
import { hashSecret, makeParticipantId, makeToken } from "./secrets.ts";

/** Somebody as the booking system names them. */
export interface PersonToBook {
  /** The booking system's id. */
  id: string;
  name: string;
  /** Where mails go; without it none are sent. */
  email?: string | null;
  /** IANA name, for times in their mails. */
  timeZone?: string | null;
  /** For their mails and pages. */
  locale?: Locale | null;
}

/** A booked person and the token of a personal link. */
export interface BookedPerson {
  linkId: string;
  participantId: string;
  userId: string;
  name: string;
  role: Role;
  token: string;
}

/** A personal link as it may be read: without its token. */
export interface PersonalLink {
  linkId: string;
  userId: string;
  name: string;
  role: Role;
  createdAt: number;
  revokedAt: number | null;
}

/** Books a person and makes their first link. */
export async function issueInvite(
  db: Kysely<Schema>,
  meetingId: string,
  role: Role,
  person: PersonToBook,
  now: number,
): Promise<BookedPerson> {
  const participantId = makeParticipantId();
  await db.insertInto("invites")
    .values({
      participant_id: participantId,
      meeting_id: meetingId,
      user_id: person.id,
      role,
      name: person.name,
      email: person.email ?? null,
      time_zone: person.timeZone ?? null,
      locale: person.locale ?? null,
      created_at: now,
      revoked_at: null,
    })
    .execute();
  const { linkId, token } = await issueLink(db, meetingId, participantId, now);
  return { linkId, participantId, userId: person.id, name: person.name, role, token };
}

/** Makes one more link for a person who is booked. */
export async function issueLink(
  db: Kysely<Schema>,
  meetingId: string,
  participantId: string,
  now: number,
): Promise<{ linkId: string; token: string }> {
  const linkId = makeParticipantId();
  const token = makeToken();
  await db.insertInto("personal_links")
    .values({
      link_id: linkId,
      token_hash: hashSecret(token),
      participant_id: participantId,
      meeting_id: meetingId,
      created_at: now,
      revoked_at: null,
    })
    .execute();
  return { linkId, token };
}

/**
 * One more link for a booked person. Null when nobody of this id is booked, and for somebody who was removed, unless
 * `readmit` lets them in again.
 */
export function reissueInvite(
  db: Kysely<Schema>,
  meetingId: string,
  userId: string,
  { readmit, now }: { readmit: boolean; now: number },
): Promise<BookedPerson | null> {
  return db.transaction().execute(async (transaction) => {
    const person = await transaction.selectFrom("invites")
      .select(["participant_id", "name", "role", "revoked_at"])
      .where("meeting_id", "=", meetingId)
      .where("user_id", "=", userId)
      .executeTakeFirst();
    if (person === undefined || person.revoked_at !== null && !readmit) return null;
    await transaction.updateTable("invites")
      .set({ revoked_at: null })
      .where("participant_id", "=", person.participant_id)
      .execute();
    const { participant_id: participantId, name, role } = person;
    const link = await issueLink(transaction, meetingId, participantId, now);
    return { ...link, participantId, userId, name, role };
  });
}

/** Ends a link, and what was opened with any of the person's links. False when there is no such link. */
export function revokeLink(
  db: Kysely<Schema>,
  meetingId: string,
  linkId: string,
  now: number,
): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    const link = await transaction.updateTable("personal_links")
      .set({ revoked_at: now })
      .where("meeting_id", "=", meetingId)
      .where("link_id", "=", linkId)
      .where("revoked_at", "is", null)
      .returning("participant_id")
      .executeTakeFirst();
    if (link === undefined) return false;
    await transaction.updateTable("sessions")
      .set({ revoked_at: now })
      .where("meeting_id", "=", meetingId)
      .where("participant_id", "=", link.participant_id)
      .where("revoked_at", "is", null)
      .execute();
    return true;
  });
}

export function listLinks(db: Kysely<Schema>, meetingId: string): Promise<PersonalLink[]> {
  return db.selectFrom("personal_links")
    .innerJoin("invites", "invites.participant_id", "personal_links.participant_id")
    .select((eb) => [
      "personal_links.link_id as linkId",
      "invites.user_id as userId",
      "invites.name as name",
      "invites.role as role",
      "personal_links.created_at as createdAt",
      eb.fn.coalesce("personal_links.revoked_at", "invites.revoked_at").as("revokedAt"),
    ])
    .where("personal_links.meeting_id", "=", meetingId)
    .orderBy("personal_links.created_at")
    .orderBy("invites.id")
    .execute();
}

/** Everybody who is booked. */
export function listBooked(db: Kysely<Schema>, meetingId: string): Promise<BookedName[]> {
  return db.selectFrom("invites")
    .select(["participant_id as participantId", "name"])
    .where("meeting_id", "=", meetingId)
    .orderBy("id")
    .execute();
}

/** Whom a token stands for in this meeting; a token of another meeting is unknown here. */
export async function findInvite(
  db: Kysely<Schema>,
  meetingId: string,
  token: string,
): Promise<Identity | "revoked" | null> {
  const row = await db.selectFrom("personal_links")
    .innerJoin("invites", "invites.participant_id", "personal_links.participant_id")
    .select((eb) => [
      "invites.participant_id",
      "name",
      "role",
      "user_id",
      "locale",
      eb.fn.coalesce("personal_links.revoked_at", "invites.revoked_at").as("revoked_at"),
    ])
    .where("token_hash", "=", hashSecret(token))
    .where("personal_links.meeting_id", "=", meetingId)
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

/** What a newer Lectern may have written is no language here. */
export function readLocale(stored: unknown): Locale | null {
  return isLocale(stored) ? stored : null;
}
