/**
 * Which lessons of the past a person in a room may take the board and the code of.
 *
 * Invariants:
 * - The lesson is over, its tutor is this meeting's tutor, and the person who asks was booked in it under the same role
 *   and was not removed. A guest has none.
 * - For the tutor it also shares a student with this meeting, so that no student's work comes before another by
 *   mistake.
 * - Once its log is deleted, or its time to be kept is over, it isn't there any more.
 */
import type { Kysely } from "kysely";
import type { Identity } from "../rooms/ports.ts";
import type { Schema } from "./schema.ts";

/** Who asks, and from which meeting. */
export interface EarlierQuery extends Pick<Identity, "userId" | "role"> {
  meetingId: string;
  /** Lessons that ended before are not kept any more; Unix ms. */
  keptSince: number;
}

export interface EarlierLesson {
  meetingId: string;
  title: string;
  /** Unix ms. */
  startedAt: number;
  endedAt: number;
  /** Names of the tutor and the students. */
  people: string[];
}

export class EarlierLessons {
  constructor(private readonly db: Kysely<Schema>) {}

  /** Newest first. */
  async list(query: EarlierQuery, limit: number): Promise<EarlierLesson[]> {
    if (query.userId === null) return [];
    const rows = await this.#lessons(query, query.userId)
      .orderBy("video_meetings.actual_end", "desc")
      .limit(limit)
      .execute();
    return await this.#withPeople(rows);
  }

  /** Whether the person may take from this lesson. */
  async may(query: EarlierQuery, earlierId: string): Promise<boolean> {
    if (query.userId === null) return false;
    const row = await this.#lessons(query, query.userId)
      .where("video_meetings.meeting_id", "=", earlierId)
      .executeTakeFirst();
    return row !== undefined;
  }

  #lessons({ meetingId, role, keptSince }: EarlierQuery, userId: string) {
    const now = this.db.selectFrom("video_meetings").select("tutor_id")
      .where("meeting_id", "=", meetingId);
    const studentsNow = this.db.selectFrom("invites").select("user_id")
      .where("meeting_id", "=", meetingId)
      .where("role", "=", "student")
      .where("revoked_at", "is", null);
    let lessons = this.db.selectFrom("invites as me")
      .innerJoin("video_meetings", "video_meetings.meeting_id", "me.meeting_id")
      .innerJoin("meeting_settings", "meeting_settings.meeting_id", "me.meeting_id")
      .select([
        "video_meetings.meeting_id as meetingId",
        "title",
        "actual_start as startedAt",
        "actual_end as endedAt",
      ])
      .where("me.user_id", "=", userId)
      .where("me.role", "=", role)
      .where("me.revoked_at", "is", null)
      .where("status", "=", "completed")
      .where("actual_start", "is not", null)
      .where("actual_end", ">=", keptSince)
      .where("video_meetings.meeting_id", "<>", meetingId)
      .where("tutor_id", "=", now)
      .where((eb) =>
        eb.or([
          eb.exists(
            eb.selectFrom("snapshots").select("seq")
              .whereRef("snapshots.meeting_id", "=", "me.meeting_id"),
          ),
          eb.exists(
            eb.selectFrom("log_blocks").select("id")
              .whereRef("log_blocks.meeting_id", "=", "me.meeting_id"),
          ),
          eb.exists(
            eb.selectFrom("log_rows").select("seq")
              .whereRef("log_rows.meeting_id", "=", "me.meeting_id"),
          ),
        ])
      );
    if (role === "tutor") {
      lessons = lessons.where((eb) =>
        eb.exists(
          eb.selectFrom("invites as student").select("student.id")
            .whereRef("student.meeting_id", "=", "me.meeting_id")
            .where("student.role", "=", "student")
            .where("student.user_id", "in", studentsNow),
        )
      );
    }
    return lessons;
  }

  async #withPeople(
    rows: readonly (Omit<EarlierLesson, "people" | "startedAt" | "endedAt"> & {
      startedAt: number | null;
      endedAt: number | null;
    })[],
  ): Promise<EarlierLesson[]> {
    if (rows.length === 0) return [];
    const people = await this.db.selectFrom("invites")
      .select(["meeting_id", "name"])
      .where("meeting_id", "in", rows.map((row) => row.meetingId))
      .orderBy("id")
      .execute();
    return rows.map(({ startedAt, endedAt, ...row }) => ({
      ...row,
      startedAt: startedAt ?? 0,
      endedAt: endedAt ?? 0,
      people: people.filter(({ meeting_id }) => meeting_id === row.meetingId)
        .map(({ name }) => name),
    }));
  }
}
