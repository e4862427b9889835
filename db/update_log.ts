/**
 * The append-only log of meeting documents, and their snapshots.
 *
 * Appends of several rooms that meet in one turn of the event loop share one statement, and so one commit.
 * Invariant: `append` resolves only after the commit; rows of one meeting get ascending numbers in the order of
 * the calls; a statement is wholly in the log or not at all.
 */
import { CompiledQuery, type Kysely } from "kysely";
import type { LogRow, Snapshot, UpdateLog } from "../rooms/ports.ts";
import type { Schema } from "./schema.ts";

/** SQLite takes 32,766 parameters a statement; a row has three. */
const MAX_ROWS_PER_STATEMENT = 1000;
/** A statement above this is split, so that one room's large paste doesn't hold the others up. */
const MAX_BYTES_PER_STATEMENT = 4 * 1024 * 1024;

type Row = [meetingId: string, at: number, update: Uint8Array];

interface Append {
  meetingId: string;
  rows: readonly { at: number; update: Uint8Array }[];
  resolve(seq: number): void;
  reject(error: unknown): void;
}

export class SqlUpdateLog implements UpdateLog {
  private waiting: Append[] = [];
  private writing: Promise<void> | null = null;

  constructor(private readonly db: Kysely<Schema>) {}

  append(meetingId: string, rows: readonly { at: number; update: Uint8Array }[]): Promise<number> {
    if (rows.length === 0) return this.lastSeq(meetingId);
    return new Promise((resolve, reject) => {
      this.waiting.push({ meetingId, rows, resolve, reject });
      this.writing ??= this.drain();
    });
  }

  async load(meetingId: string): Promise<{ snapshot: Snapshot | null; rows: LogRow[] }> {
    const snapshot = await this.db.selectFrom("snapshots")
      .select(["seq", "at", "state"])
      .where("meeting_id", "=", meetingId)
      .orderBy("seq", "desc")
      .limit(1)
      .executeTakeFirst();
    const rows = await this.db.selectFrom("update_log")
      .select(["seq", "at", "data as update"])
      .where("meeting_id", "=", meetingId)
      .where("seq", ">", snapshot?.seq ?? 0)
      .orderBy("seq")
      .execute();
    return { snapshot: snapshot ?? null, rows };
  }

  async saveSnapshot(meetingId: string, snapshot: Snapshot): Promise<void> {
    await this.db.insertInto("snapshots")
      .values({ meeting_id: meetingId, ...snapshot })
      .onConflict((conflict) => conflict.columns(["meeting_id", "seq"]).doNothing())
      .execute();
  }

  /** Resolves when everything handed over so far is stored or refused. */
  async settled(): Promise<void> {
    while (this.writing !== null) await this.writing;
  }

  private async drain(): Promise<void> {
    // Lets appends of the same turn of the event loop join this statement.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.write(this.takeGroup());
    this.writing = null;
  }

  private takeGroup(): Append[] {
    let rows = 0;
    let bytes = 0;
    let count = 0;
    for (const append of this.waiting) {
      rows += append.rows.length;
      bytes += append.rows.reduce((sum, row) => sum + row.update.byteLength, 0);
      if (count > 0 && (rows > MAX_ROWS_PER_STATEMENT || bytes > MAX_BYTES_PER_STATEMENT)) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async write(group: readonly Append[]): Promise<void> {
    try {
      const last = await this.insert(group);
      const total = group.reduce((sum, append) => sum + append.rows.length, 0);
      let seq = last - total;
      for (const append of group) {
        seq += append.rows.length;
        append.resolve(seq);
      }
    } catch (error) {
      for (const append of group) append.reject(error);
    }
  }

  /** One commit; answers the number of its last row. Rows of one commit are numbered without a gap. */
  private insert(group: readonly Append[]): Promise<number> {
    const rows: Row[] = group.flatMap(({ meetingId, rows }) =>
      rows.map((row): Row => [meetingId, row.at, row.update])
    );
    if (rows.length <= MAX_ROWS_PER_STATEMENT) return insertRows(this.db, rows);
    return this.db.transaction().execute(async (transaction) => {
      let last = 0;
      for (let start = 0; start < rows.length; start += MAX_ROWS_PER_STATEMENT) {
        last = await insertRows(transaction, rows.slice(start, start + MAX_ROWS_PER_STATEMENT));
      }
      return last;
    });
  }

  private async lastSeq(meetingId: string): Promise<number> {
    const row = await this.db.selectFrom("update_log")
      .select((eb) => eb.fn.max("seq").as("seq"))
      .where("meeting_id", "=", meetingId)
      .executeTakeFirst();
    return Number(row?.seq ?? 0);
  }
}

async function insertRows(db: Kysely<Schema>, rows: readonly Row[]): Promise<number> {
  const values = new Array(rows.length).fill("(?, ?, ?)").join(", ");
  const result = await db.executeQuery(
    CompiledQuery.raw(
      `insert into update_log (meeting_id, at, data) values ${values}`,
      rows.flat(),
    ),
  );
  if (result.insertId === undefined) throw new Error("the log's insert answered no row number");
  return Number(result.insertId);
}
