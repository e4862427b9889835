/**
 * Everything that is kept, behind the ports that the rest of Lectern declares. `main.ts` opens it once.
 */
import { type Kysely, sql } from "kysely";
import type { Identity, MeetingStore, UpdateLog } from "../rooms/ports.ts";
import {
  lessonsWithCode,
  listActivity,
  type ParticipantActivity,
  recordActivity,
} from "./activity.ts";
import { ApiKeys } from "./api_keys.ts";
import { Assets } from "./assets.ts";
import type { MeetingChange, NewMeeting } from "./bookings.ts";
import { SqlClientIds } from "./client_ids.ts";
import { type DatabaseLocation, openDatabase } from "./database.ts";
import { EarlierLessons } from "./earlier_lessons.ts";
import { Idempotency } from "./idempotency.ts";
import {
  type BookedPerson,
  findInvite,
  issueInvite,
  listBooked,
  listLinks,
  type PersonalLink,
  type PersonToBook,
  reissueInvite,
  revokeLink,
} from "./invites.ts";
import { KeyEnvelopes } from "./key_envelopes.ts";
import { LessonsLinks } from "./lessons_links.ts";
import type { MeetingQuery } from "./meeting_lists.ts";
import { inviteByMail, Mails } from "./outbox/mails.ts";
import {
  type BookedMeeting,
  type Check,
  type JoinWindow,
  type Meeting,
  type MeetingPage,
  Meetings,
} from "./meetings.ts";
import {
  listStays,
  recordJoin,
  recordLeave,
  recordMuted,
  revokeParticipant,
  type Stay,
} from "./participants.ts";
import { outboxPruning, type PrunedTable } from "./outbox/pruning.ts";
import { lessonsToRemind, recordReminder } from "./outbox/reminders.ts";
import type { Schema } from "./schema.ts";
import { findSession, openSession } from "./sessions.ts";
import { Thumbnails } from "./thumbnails.ts";
import { SqlUpdateLog } from "./log/update_log.ts";
import { Webhooks } from "./outbox/webhooks.ts";

/** What the booking API asks beyond what a room needs. */
export interface BookingStore extends MeetingStore {
  create(booking: NewMeeting): Promise<BookedMeeting>;
  read(meetingId: string): Promise<Meeting | null>;
  list(query: MeetingQuery): Promise<MeetingPage>;
  /** Changes a lesson that hasn't begun; null when it is unknown or not pending any more. */
  change(meetingId: string, change: MeetingChange, check?: Check): Promise<Meeting | null>;
  /** pending or active → cancelled; false when it was closed already or is unknown. */
  cancel(meetingId: string, at: number, check?: Check): Promise<boolean>;
  /** Books one more student, who is invited by mail if mails are sent. */
  addStudent(meetingId: string, person: PersonToBook): Promise<BookedPerson>;
  /**
   * One more personal link for a booked person. Null when nobody of this id is booked, and for somebody who was
   * removed, unless they are let in again.
   */
  issueLink(
    meetingId: string,
    userId: string,
    options?: { readmit: boolean },
  ): Promise<BookedPerson | null>;
  links(meetingId: string): Promise<PersonalLink[]>;
  /** False when there is no such link, or it was revoked before. */
  revokeLink(meetingId: string, linkId: string): Promise<boolean>;
  stays(meetingId: string): Promise<Stay[]>;
  /** What everybody who came did; a running lesson's is some seconds old. */
  activity(meetingId: string): Promise<ParticipantActivity[]>;
  /** Lessons whose code a person may take along: see {@linkcode lessonsWithCode}. */
  withCode(userId: string, keptSince: number): Promise<Set<string>>;
  /** Open meetings whose links have stopped working. */
  overdue(now: number): Promise<string[]>;
  /** Lessons that start within `beforeMs` and of which nobody was reminded. */
  toRemind(beforeMs: number, now: number): Promise<string[]>;
  /** Puts a reminder of a lesson into the outbox, once. */
  remind(meetingId: string, now: number): Promise<void>;
  /** Meetings that somebody joined and nobody ended. */
  active(): Promise<string[]>;
}

export interface Storage {
  meetings: BookingStore;
  log: UpdateLog;
  clientIds: SqlClientIds;
  apiKeys: ApiKeys;
  idempotency: Idempotency;
  keyEnvelopes: KeyEnvelopes;
  lessonsLinks: LessonsLinks;
  webhooks: Webhooks;
  mails: Mails;
  assets: Assets;
  earlier: EarlierLessons;
  thumbnails: Thumbnails;
  /** Names of the migrations that this opening applied. */
  migrated: readonly string[];
  /** Forgets what was told and answered long ago, table by table: see {@linkcode outboxPruning}. */
  prune: Readonly<Record<PrunedTable, (now: number) => Promise<number>>>;
  /** Rejects when the database doesn't answer. */
  ping(): Promise<void>;
  /** Waits for what was handed to the log, then closes. */
  close(): Promise<void>;
}

export interface StorageOptions extends JoinWindow {
  location: DatabaseLocation;
  /** Unix ms; the clock of created_at and revoked_at. */
  now?: () => number;
  /** Told of a row that can't be read and was passed over. */
  damaged?: (task: "log" | "meeting", id: string, error: Error) => void;
}

/** Opens and migrates the database. */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const { location, now = Date.now, damaged = () => {} } = options;
  const database = await openDatabase(location);
  const db = database.query;
  const log = await SqlUpdateLog.open(db, (groups) => {
    for (const id of groups) {
      damaged("log", `${id}`, new Error("this group of the log's journal can't be read"));
    }
  });
  const meetings = new Meetings(db, options, (id, error) => damaged("meeting", id, error));
  return {
    meetings: createMeetingStore(db, meetings, now),
    log,
    clientIds: new SqlClientIds(db),
    apiKeys: new ApiKeys(db),
    idempotency: new Idempotency(db),
    keyEnvelopes: new KeyEnvelopes(db),
    lessonsLinks: new LessonsLinks(db),
    webhooks: new Webhooks(db),
    mails: new Mails(db),
    assets: new Assets(db),
    earlier: new EarlierLessons(db),
    thumbnails: new Thumbnails(db),
    migrated: database.migrated,
    prune: outboxPruning(db),
    async ping() {
      await sql`select 1`.execute(db);
    },
    async close() {
      await log.close();
      await database.close();
    },
  };
}

function createMeetingStore(
  db: Kysely<Schema>,
  meetings: Meetings,
  now: () => number,
): BookingStore {
  return {
    create: (booking) => meetings.create(booking, now()),
    read: (meetingId) => meetings.read(meetingId),
    list: (query) => meetings.list(query),
    change: (meetingId, change, check) => meetings.change(meetingId, change, now(), check),
    cancel: (meetingId, at, check) => meetings.close(meetingId, "cancelled", at, { check }),
    addStudent: (meetingId, person) =>
      db.transaction().execute(async (transaction) => {
        const added = await issueInvite(transaction, meetingId, "student", person, now());
        await inviteByMail(transaction, added.participantId, now());
        return added;
      }),
    issueLink: (meetingId, userId, { readmit } = { readmit: false }) =>
      reissueInvite(db, meetingId, userId, { readmit, now: now() }),
    links: (meetingId) => listLinks(db, meetingId),
    revokeLink: (meetingId, linkId) => revokeLink(db, meetingId, linkId, now()),
    stays: (meetingId) => listStays(db, meetingId),
    activity: (meetingId) => listActivity(db, meetingId),
    withCode: (userId, keptSince) => lessonsWithCode(db, userId, keptSince),
    overdue: (at) => meetings.overdue(at),
    toRemind: (beforeMs, at) => lessonsToRemind(db, beforeMs, at),
    remind: (meetingId, at) => recordReminder(db, meetingId, at),
    active: () => meetings.active(),

    find: (meetingId) => meetings.find(meetingId),
    verifyPasscode: (meetingId, passcode) => meetings.verifyPasscode(meetingId, passcode),
    findInvite: (meetingId, token) => findInvite(db, meetingId, token),
    findSession: (meetingId, token) => findSession(db, meetingId, token),
    booked: (meetingId) => listBooked(db, meetingId),
    openSession: (meetingId, identity: Identity) => openSession(db, meetingId, identity, now()),
    removeParticipant: (meetingId, participantId) =>
      revokeParticipant(db, meetingId, participantId, now()),
    recordJoin: (meetingId, identity, at) => recordJoin(db, meetingId, identity, at),
    recordLeave: (meetingId, participantId, at) => recordLeave(db, meetingId, participantId, at),
    recordMuted: (meetingId, participantId, muted) =>
      recordMuted(db, meetingId, participantId, muted),
    recordActivity: (meetingId, rows) => recordActivity(db, meetingId, rows),
    start: (meetingId, at) => meetings.start(meetingId, at),
    extend: (meetingId, extension) => meetings.extend(meetingId, extension),
    async complete(meetingId, at, reason) {
      await meetings.close(meetingId, "completed", at, { reason });
    },
  };
}
