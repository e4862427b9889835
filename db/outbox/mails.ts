/**
 * Mails that people are to get, made of events, and how far each has come.
 *
 * Invariants: each event becomes at most one mail a person. From the first byte of its message on a mail is
 * `sending`, and is never begun again: what a killed process was in the middle of may have arrived.
 */
import { type Kysely, sql, type Transaction } from "kysely";
import type { EventType } from "./events.ts";
import type { Locale } from "../../rooms/contract/words/locales.ts";
import { issueLink, readLocale } from "../invites.ts";
import { LessonsLinks } from "../lessons_links.ts";
import type { MailKind } from "./outbox_tables.ts";
import type { Schema } from "../schema.ts";

export type { MailKind };

/** A mail to be written and sent now. */
export interface DueMail {
  mailId: string;
  kind: MailKind;
  meetingId: string;
  participantId: string;
  /** Attempts that were made before. */
  attempts: number;
  to: { name: string; email: string; timeZone: string | null; locale: Locale | null };
}

/** An event as mails are made of it. */
export interface MailedEvent {
  /** The number of its row. */
  id: number;
  eventId: string;
  type: string;
  meetingId: string | null;
}

const KINDS: Partial<Record<EventType, MailKind>> = {
  "meeting.created": "invitation",
  "meeting.rescheduled": "change",
  "meeting.cancelled": "cancellation",
  "meeting.reminder": "reminder",
  "recording.ready": "recording",
};

/**
 * Invites somebody who was added to a lesson after everybody else was invited. Without mails, and for a lesson whose
 * invitations are still to be made, there is nothing to do.
 */
export async function inviteByMail(
  transaction: Transaction<Schema>,
  participantId: string,
  now: number,
): Promise<void> {
  await sql`
    insert into mails (mail_id, event_id, meeting_id, participant_id, kind, state, due_at)
    select 'mail_' || lower(hex(randomblob(12))), event_id, meeting_id, participant_id,
      'invitation', 'pending', ${now}
    from invites join events using (meeting_id)
    where participant_id = ${participantId} and email is not null
      and events.type = 'meeting.created' and events.id <= (select event_row from mail_progress)
    on conflict do nothing
  `.execute(transaction);
}

const EVENTS_AT_ONCE = 100;
const LEASE_MS = 5 * 60_000;
/** A mail is looked for again until the lesson after next. */
const LESSONS_LINK_MS = 60 * 24 * 3_600_000;

export class Mails {
  constructor(private readonly db: Kysely<Schema>) {}

  /** Begins with the events from now on, the first time. False when how far it had come couldn't be read, and was found again. */
  async open(): Promise<boolean> {
    await sql`
      insert into mail_progress (id, event_row)
      select 1, coalesce(max(id), 0) from events where true
      on conflict (id) do nothing
    `.execute(this.db);
    const { numAffectedRows } = await sql`
      update mail_progress set event_row = coalesce(
        (select max(events.id) from events join mails using (event_id)),
        (select max(id) from events),
        0
      )
      where typeof(event_row) <> 'integer'
    `.execute(this.db);
    return numAffectedRows === 0n;
  }

  /** Events that mails are still to be made of, oldest first. */
  async news(): Promise<MailedEvent[]> {
    const rows = await this.db.selectFrom("events")
      .select(["id", "event_id as eventId", "type", "meeting_id as meetingId"])
      .where(
        "id",
        ">",
        (eb) => eb.fn.coalesce(eb.selectFrom("mail_progress").select("event_row"), sql.lit(0)),
      )
      .orderBy("id")
      .limit(EVENTS_AT_ONCE)
      .execute();
    return rows;
  }

  /** Makes the mails of an event. Made once more, it makes none. */
  async make({ eventId, type, meetingId }: MailedEvent, now: number): Promise<void> {
    const kind = KINDS[type as EventType];
    if (kind === undefined || meetingId === null) return;
    await sql`
      insert into mails (mail_id, event_id, meeting_id, participant_id, kind, state, due_at)
      select 'mail_' || lower(hex(randomblob(12))), ${eventId}, meeting_id,
        participant_id, ${kind}, 'pending', ${now}
      from invites
      where meeting_id = ${meetingId} and email is not null and revoked_at is null
      on conflict do nothing
    `.execute(this.db);
  }

  /** Events up to this one aren't new any more. */
  async passed({ id }: MailedEvent): Promise<void> {
    await this.db.updateTable("mail_progress").set({ event_row: id }).execute();
  }

  /**
   * Takes what is due, for this process alone for some minutes; gives up what a killed one was in the middle of. Those
   * are unreadable whose reader is gone.
   */
  async claim(limit: number, now: number): Promise<{ due: DueMail[]; unreadable: string[] }> {
    await this.db.updateTable("mails")
      .set({ state: "failed", error: "cut off while it was sent; it may have arrived" })
      .where("state", "=", "sending")
      .where("leased_until", "<=", now)
      .execute();
    const claimed = await sql<{ mail_id: string }>`
      update mails set leased_until = ${now + LEASE_MS}
      where mail_id in (
        select mail_id from mails
        where state = 'pending' and due_at <= ${now}
          -- A longer lease than is given was begun before the clock was set back.
          and (leased_until is null or leased_until <= ${now} or leased_until > ${now + LEASE_MS})
        order by due_at limit ${limit}
      )
      returning mail_id
    `.execute(this.db);
    if (claimed.rows.length === 0) return { due: [], unreadable: [] };
    const rows = await this.db.selectFrom("mails")
      .innerJoin("invites", "invites.participant_id", "mails.participant_id")
      .select([
        "mail_id as mailId",
        "kind",
        "mails.meeting_id as meetingId",
        "mails.participant_id as participantId",
        "attempts",
        "name",
        "email",
        "time_zone as timeZone",
        "locale",
      ])
      .where("mail_id", "in", claimed.rows.map((row) => row.mail_id))
      .execute();
    const due = rows.map(({ name, email, timeZone, locale, ...mail }) => ({
      ...mail,
      to: { name, email: email ?? "", timeZone, locale: readLocale(locale) },
    }));
    const readable = new Set(due.map(({ mailId }) => mailId));
    const unreadable = claimed.rows.map((row) => row.mail_id).filter((id) => !readable.has(id));
    return { due, unreadable };
  }

  /** The token of a personal link of its own for this mail. */
  async issueLink(mail: DueMail, now: number): Promise<string> {
    return (await issueLink(this.db, mail.meetingId, mail.participantId, now)).token;
  }

  /** The token of a link to the page of all of the reader's lessons. */
  async issueLessonsLink({ participantId }: DueMail, now: number): Promise<string> {
    const { user_id: userId } = await this.db.selectFrom("invites")
      .select("user_id")
      .where("participant_id", "=", participantId)
      .executeTakeFirstOrThrow();
    return await new LessonsLinks(this.db).issue(userId, now, now + LESSONS_LINK_MS);
  }

  /** From here on the mail is under way. False when it isn't to be sent any more. */
  async begin(mailId: string): Promise<boolean> {
    const result = await this.db.updateTable("mails")
      .set({ state: "sending" })
      .where("mail_id", "=", mailId)
      .where("state", "=", "pending")
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async finish(
    mailId: string,
    state: "sent" | "dropped" | "failed",
    error: string | null,
  ): Promise<void> {
    await this.db.updateTable("mails")
      .set({ state, error, leased_until: null })
      .where("mail_id", "=", mailId)
      .execute();
  }

  /** The server refused it, so it didn't arrive: it is due again. */
  async retry(mailId: string, dueAt: number, error: string): Promise<void> {
    await this.db.updateTable("mails")
      .set((eb) => ({
        state: "pending",
        attempts: eb("attempts", "+", 1),
        due_at: dueAt,
        leased_until: null,
        error,
      }))
      .where("mail_id", "=", mailId)
      .execute();
  }
}
