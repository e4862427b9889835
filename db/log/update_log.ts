/**
 * The append-only log of meeting documents, and their snapshots.
 *
 * Appends of several rooms that meet in one turn of the event loop share one row of the journal, and so one commit.
 * Invariant: `append` resolves only after the commit; rows of one meeting get ascending numbers in the order of
 * the calls; a group is wholly in the log or not at all.
 */
import type { Kysely } from "kysely";
import type { LogRow, Snapshot, UpdateLog } from "../../rooms/ports.ts";
import { LogJournal } from "./log_journal.ts";
import { lastLogged, readLog } from "./log_reading.ts";
import { repairSnapshots } from "./snapshot_repair.ts";
import type { Schema } from "../schema.ts";

/** A group above this is split, so that one room's large paste doesn't hold the others up. */
const MAX_GROUP_BYTES = 4 * 1024 * 1024;
const MAX_GROUP_ROWS = 1000;

interface Append {
  meetingId: string;
  rows: readonly { at: number; update: Uint8Array }[];
  resolve(seq: number): void;
  reject(error: unknown): void;
}

export class SqlUpdateLog implements UpdateLog {
  readonly #journal: LogJournal;
  #waiting: Append[] = [];
  #writing: Promise<void> | null = null;

  private constructor(
    private readonly db: Kysely<Schema>,
    damaged?: (groups: readonly number[]) => void,
  ) {
    this.#journal = new LogJournal(db, damaged);
  }

  /** Also tidies up what a killed process left in the journal. `damaged` is told the groups that can't be read. */
  static async open(
    db: Kysely<Schema>,
    damaged?: (groups: readonly number[]) => void,
  ): Promise<SqlUpdateLog> {
    const log = new SqlUpdateLog(db, damaged);
    await log.#journal.fold();
    return log;
  }

  append(meetingId: string, rows: readonly { at: number; update: Uint8Array }[]): Promise<number> {
    if (rows.length === 0) return this.#lastSeq(meetingId);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ meetingId, rows, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  async load(meetingId: string): Promise<{ snapshot: Snapshot | null; rows: LogRow[] }> {
    const snapshot = await this.db.selectFrom("snapshots")
      .select(["seq", "at", "state"])
      .where("meeting_id", "=", meetingId)
      .orderBy("seq", "desc")
      .limit(1)
      .executeTakeFirst();
    const rows = await readLog(this.db, meetingId, { after: snapshot?.seq ?? 0, upTo: null });
    return { snapshot: snapshot ?? null, rows };
  }

  async saveSnapshot(meetingId: string, snapshot: Snapshot): Promise<void> {
    await this.db.insertInto("snapshots")
      .values({ meeting_id: meetingId, ...snapshot })
      .onConflict((conflict) => conflict.columns(["meeting_id", "seq"]).doNothing())
      .execute();
  }

  async repairSnapshots(meetingId: string): Promise<number> {
    return (await repairSnapshots(this.db, meetingId)).length;
  }

  /** Resolves when everything handed over so far is stored or refused, and in its place. */
  async close(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
    await this.#journal.fold();
  }

  async #drain(): Promise<void> {
    // Lets appends of the same turn of the event loop join this group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      await this.#write(this.#takeGroup());
      if (this.#journal.full) await this.#journal.fold();
    }
    this.#writing = null;
  }

  #takeGroup(): Append[] {
    let rows = 0;
    let bytes = 0;
    let count = 0;
    for (const append of this.#waiting) {
      rows += append.rows.length;
      for (const { update } of append.rows) bytes += update.byteLength;
      if (count > 0 && (rows > MAX_GROUP_ROWS || bytes > MAX_GROUP_BYTES)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #write(group: readonly Append[]): Promise<void> {
    try {
      const rows = group.flatMap(({ meetingId, rows }) =>
        rows.map(({ at, update }) => ({ meetingId, at, update }))
      );
      let seq = await this.#journal.append(rows) - rows.length;
      for (const append of group) {
        seq += append.rows.length;
        append.resolve(seq);
      }
    } catch (error) {
      for (const append of group) append.reject(error);
    }
  }

  async #lastSeq(meetingId: string): Promise<number> {
    return (await lastLogged(this.db, meetingId))?.seq ?? 0;
  }
}
