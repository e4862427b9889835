/**
 * Meetings as the booking system sees them: booked, read, listed, cancelled, completed.
 *
 * Invariant: status only moves forward, pending → active → completed, or to cancelled from either of the first
 * two. The statements say so in their `where`, so that racing requests can't turn it back.
 * Invariant: a row that can't be read costs its own meeting alone: whoever asks for it gets an error, and lists go
 * without it.
 */
import { type Kysely, type Selectable, sql } from "kysely";
import { DEFAULT_POLICY, type Policy } from "../rooms/contract/document/schema.ts";
import { policySchema } from "../rooms/contract/protocol/messages.ts";
import type { EndReason, MeetingRecord } from "../rooms/ports.ts";
import {
  insertMeeting,
  type MeetingChange,
  type NewMeeting,
  scheduleOf,
  tellsPeople,
  updateMeeting,
} from "./bookings.ts";
import { recordMeetingEvent } from "./outbox/events.ts";
import { type BookedPerson, issueInvite, type PersonToBook, readLocale } from "./invites.ts";
import {
  isByTime,
  type MeetingPlace,
  type MeetingQuery,
  meetingRows,
  pageOfMeetings,
} from "./meeting_lists.ts";
import { closeStays } from "./participants.ts";
import type { MeetingSettingsTable, MeetingsTable, Schema } from "./schema.ts";
import { makeMeetingId, secretsEqual } from "./secrets.ts";

/** A meeting as the booking system may read it again and again. */
export interface Meeting extends MeetingRecord {
  passcode: string;
  bookingId: string | null;
  timeZone: string | null;
  createdAt: number;
  recordingUrl: string | null;
  tutor: PersonToBook;
  students: PersonToBook[];
  /** Counts changes, for calendars. */
  sequence: number;
}

/** What only the booking itself answers: the personal links' tokens, which are stored hashed. */
export interface BookedMeeting {
  meeting: Meeting;
  invites: BookedPerson[];
}

export interface MeetingPage {
  meetings: Meeting[];
  /** Where the next page starts; null on the last. */
  next: MeetingPlace | null;
}

/** How long before the start and after the end links work. */
export interface JoinWindow {
  joinEarlyMs: number;
  endGraceMs: number;
}

/** Looks at the meeting as it is inside the transaction that is about to change it; throws to leave it so. */
export type Check = (current: Meeting) => void;

type MeetingRow =
  & Selectable<MeetingsTable>
  & Omit<Selectable<MeetingSettingsTable>, "meeting_id" | "reminded_start">;

export class Meetings {
  constructor(
    private readonly db: Kysely<Schema>,
    private readonly window: JoinWindow,
    /** Told of a meeting that a list goes without. */
    private readonly damaged: (meetingId: string, error: Error) => void = () => {},
  ) {}

  /** Books a lesson: the meeting, its settings and everybody's personal link, in one transaction. */
  async create(booking: NewMeeting, now: number): Promise<BookedMeeting> {
    const meetingId = makeMeetingId();
    const invites = await this.db.transaction().execute(async (transaction) => {
      await insertMeeting(transaction, meetingId, booking, now);
      const issued = [
        await issueInvite(transaction, meetingId, "tutor", booking.tutor, now),
      ];
      for (const student of booking.students) {
        issued.push(await issueInvite(transaction, meetingId, "student", student, now));
      }
      await recordMeetingEvent(transaction, "meeting.created", meetingId, now);
      return issued;
    });
    const meeting = await this.read(meetingId);
    if (meeting === null) throw new Error("the meeting that was just booked is gone");
    return { meeting, invites };
  }

  async find(meetingId: string): Promise<MeetingRecord | null> {
    const row = await meetingRows(this.db).where("video_meetings.meeting_id", "=", meetingId)
      .executeTakeFirst();
    return row === undefined ? null : this.record(row);
  }

  async read(meetingId: string): Promise<Meeting | null> {
    const row = await meetingRows(this.db).where("video_meetings.meeting_id", "=", meetingId)
      .executeTakeFirst();
    if (row === undefined) return null;
    const [meeting] = await this.withPeople([[row, this.record(row)]]);
    return meeting ?? null;
  }

  /** Changes a lesson that hasn't begun. Null when it is unknown, or not pending any more. */
  async change(
    meetingId: string,
    change: MeetingChange,
    now: number,
    check?: Check,
  ): Promise<Meeting | null> {
    await this.db.transaction().execute(async (transaction) => {
      const meetings = new Meetings(transaction, this.window);
      const current = await meetings.read(meetingId);
      if (current === null) return;
      check?.(current);
      if (current.status !== "pending") return;
      await updateMeeting(transaction, current, change);
      if (tellsPeople(current, change)) {
        await recordMeetingEvent(transaction, "meeting.rescheduled", meetingId, now, {
          earlier: { title: current.title, ...scheduleOf(current) },
        });
      }
    });
    const meeting = await this.read(meetingId);
    return meeting?.status === "pending" ? meeting : null;
  }

  async list(query: MeetingQuery): Promise<MeetingPage> {
    const rows = await pageOfMeetings(this.db, query).execute();
    const page = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? page.at(-1) : undefined;
    const start = isByTime(query) ? last?.scheduled_start ?? null : null;
    return {
      meetings: await this.withPeople(page.flatMap((row): [MeetingRow, MeetingRecord][] => {
        try {
          return [[row, this.record(row)]];
        } catch (error) {
          this.damaged(row.meeting_id, error as Error);
          return [];
        }
      })),
      next: last === undefined ? null : { id: last.id, start },
    };
  }

  /** False for an unknown meeting too, in the same time. */
  async verifyPasscode(meetingId: string, passcode: string): Promise<boolean> {
    // One row in any case: to make none of it is quicker.
    const row = await this.db.selectNoFrom((eb) =>
      eb.selectFrom("video_meetings").select("passcode").where("meeting_id", "=", meetingId)
        .as("passcode")
    ).executeTakeFirst();
    const kept = row?.passcode ?? null;
    const equal = secretsEqual(kept ?? "", passcode);
    return kept !== null && equal;
  }

  start(meetingId: string, at: number): Promise<void> {
    return this.db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction.updateTable("video_meetings")
        .set({ status: "active", actual_start: at })
        .where("meeting_id", "=", meetingId)
        .where("status", "=", "pending")
        .executeTakeFirst();
      if (numUpdatedRows > 0n) {
        await recordMeetingEvent(transaction, "meeting.started", meetingId, at);
      }
    });
  }

  /** See {@linkcode MeetingStore.extend}. */
  extend(
    meetingId: string,
    { byMs, mostMs, at }: { byMs: number; mostMs: number; at: number },
  ): Promise<{ closesAt: number; extendedMs: number } | null> {
    return this.db.transaction().execute(async (transaction) => {
      const record = await new Meetings(transaction, this.window).find(meetingId);
      if (record?.status !== "active" || record.closesAt === null) return null;
      const extendedMs = record.extendedMs + byMs;
      if (extendedMs > mostMs) return null;
      await transaction.updateTable("meeting_settings")
        .set({ extended_ms: extendedMs })
        .where("meeting_id", "=", meetingId)
        .execute();
      const closesAt = record.closesAt + byMs;
      const extra = { closesAt: new Date(closesAt).toISOString() };
      await recordMeetingEvent(transaction, "meeting.extended", meetingId, at, extra);
      return { closesAt, extendedMs };
    });
  }

  /** Closes the meeting and every stay in it. Answers false when it was closed already or is unknown. */
  close(
    meetingId: string,
    status: "completed" | "cancelled",
    at: number,
    { check, reason }: { check?: Check | undefined; reason?: EndReason | undefined } = {},
  ): Promise<boolean> {
    return this.db.transaction().execute(async (transaction) => {
      if (check !== undefined) {
        const current = await new Meetings(transaction, this.window).read(meetingId);
        if (current !== null) check(current);
      }
      const { numUpdatedRows } = await transaction.updateTable("video_meetings")
        .set({ status, actual_end: at })
        .where("meeting_id", "=", meetingId)
        .where("status", "in", ["pending", "active"])
        .executeTakeFirst();
      await closeStays(transaction, meetingId, at);
      if (numUpdatedRows === 0n) return false;
      await transaction.updateTable("meeting_settings")
        .set((eb) => ({ sequence: eb("sequence", "+", 1) }))
        .where("meeting_id", "=", meetingId)
        .execute();
      const [type, extra] = status === "cancelled"
        ? ["meeting.cancelled", {}] as const
        : ["meeting.ended", { reason: reason ?? "ended" }] as const;
      await recordMeetingEvent(transaction, type, meetingId, at, extra);
      return true;
    });
  }

  /** Meetings that are still open although their links have stopped working. */
  async overdue(now: number): Promise<string[]> {
    const rows = await this.db.selectFrom("video_meetings")
      // Also where the row of its settings is gone.
      .leftJoin("meeting_settings", "meeting_settings.meeting_id", "video_meetings.meeting_id")
      .select("video_meetings.meeting_id")
      .where("status", "in", ["pending", "active"])
      // Extensions only add, so the index narrows first.
      .where("scheduled_end", "<=", now - this.window.endGraceMs)
      .where((eb) =>
        eb(
          eb("scheduled_end", "+", eb.fn.coalesce("extended_ms", sql.lit(0))),
          "<=",
          now - this.window.endGraceMs,
        )
      )
      .execute();
    return rows.map((row) => row.meeting_id);
  }

  /** Meetings that somebody has joined and nobody has ended. */
  async active(): Promise<string[]> {
    const rows = await this.db.selectFrom("video_meetings")
      .select("meeting_id")
      .where("status", "=", "active")
      .execute();
    return rows.map((row) => row.meeting_id);
  }

  /** Throws when the row can't be read. */
  private record(row: MeetingRow): MeetingRecord {
    for (const column of TIMES) {
      const value: unknown = row[column];
      if (value !== null && !Number.isFinite(value)) {
        throw new Error(`meeting ${row.meeting_id} can't be read: ${column} isn't a number`);
      }
    }
    return {
      meetingId: row.meeting_id,
      title: row.title,
      status: row.status,
      encryption: row.encryption,
      isRecorded: row.is_recorded === 1,
      scheduledStart: row.scheduled_start,
      scheduledEnd: row.scheduled_end,
      actualStart: row.actual_start,
      actualEnd: row.actual_end,
      policy: readPolicy(row),
      opensAt: row.scheduled_start === null ? null : row.scheduled_start - this.window.joinEarlyMs,
      closesAt: row.scheduled_end === null
        ? null
        : row.scheduled_end + this.window.endGraceMs + row.extended_ms,
      extendedMs: row.extended_ms,
    };
  }

  private async withPeople(
    meetings: readonly [row: MeetingRow, record: MeetingRecord][],
  ): Promise<Meeting[]> {
    if (meetings.length === 0) return [];
    const people = await this.db.selectFrom("invites")
      .select(["meeting_id", "user_id", "name", "role", "email", "time_zone", "locale"])
      .where("meeting_id", "in", meetings.map(([row]) => row.meeting_id))
      .orderBy("id")
      .execute();
    return meetings.map(([row, record]) => {
      const booked = people.filter((person) => person.meeting_id === row.meeting_id);
      const named = (role: string): PersonToBook[] =>
        booked.filter((person) => person.role === role)
          .map((person) => ({
            id: person.user_id,
            name: person.name,
            ...(person.email === null ? {} : { email: person.email }),
            ...(person.time_zone === null ? {} : { timeZone: person.time_zone }),
            ...(readLocale(person.locale) === null ? {} : { locale: readLocale(person.locale) }),
          }));
      return {
        ...record,
        passcode: row.passcode,
        bookingId: row.booking_id,
        timeZone: row.time_zone,
        createdAt: row.created_at,
        recordingUrl: row.recording_url,
        tutor: named("tutor")[0] ?? { id: row.tutor_id, name: "" },
        students: named("student"),
        sequence: row.sequence,
      };
    });
  }
}

const TIMES = [
  "created_at",
  "scheduled_start",
  "scheduled_end",
  "actual_start",
  "actual_end",
  "extended_ms",
] as const;

function readPolicy({ meeting_id, policy }: MeetingRow): Policy {
  try {
    return policySchema.parse({ ...DEFAULT_POLICY, ...JSON.parse(policy) });
  } catch (cause) {
    throw new Error(`meeting ${meeting_id} can't be read: its policy isn't one`, { cause });
  }
}
