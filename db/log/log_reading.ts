/**
 * A meeting's log as its readers see it: rows in order, wherever they are kept.
 *
 * Rows are found in three places: as rows of their own (as they were once written), in blocks, and in the journal.
 * Invariant: the journal is read before the blocks. What goes from there to here in between is seen twice, and told
 * apart by its number; the other way round it would be missed.
 * A damaged block makes its meeting's log unreadable. A damaged group of the journal is passed over, because it would
 * make all logs so that it mentions: pages that come back bring what it held.
 */
import { type Kysely, sql, type Transaction } from "kysely";
import type { LogRow } from "../../rooms/ports.ts";
import { unpackBlock, unpackGroup } from "./log_block.ts";
import { blocksOf, foldJournal, insertBlocks } from "./log_journal.ts";
import type { Schema } from "../schema.ts";

/** Rows with numbers above `after`, up to and with `upTo`. */
export interface LogRange {
  after: number;
  upTo: number | null;
}

export const WHOLE_LOG: LogRange = { after: -1, upTo: null };

/** Oldest first. */
export async function readLog(
  db: Kysely<Schema>,
  meetingId: string,
  range: LogRange,
): Promise<LogRow[]> {
  const journal = await readJournal(db, meetingId);
  const rows = await rowsOf(db, meetingId, range)
    .select(["seq", "at", "data as update"])
    .orderBy("seq")
    .execute();
  const blocks = await blocksIn(db, meetingId, range)
    .select(["id", "entries", "data"])
    .orderBy("last_seq")
    .execute();
  for (const block of blocks) {
    for (const row of rowsOfBlock(block)) if (isIn(range, row.seq)) rows.push(row);
  }
  const last = rows.at(-1)?.seq ?? -1;
  for (const row of journal) if (row.seq > last && isIn(range, row.seq)) rows.push(row);
  return rows;
}

/** How many updates there are, and their bytes together. */
export async function measureLog(
  db: Kysely<Schema>,
  meetingId: string,
  range: LogRange,
): Promise<{ count: number; bytes: number }> {
  const journal = await readJournal(db, meetingId);
  const rows = await rowsOf(db, meetingId, range)
    .select((eb) => [
      eb.fn.countAll<number>().as("count"),
      sql<number | null>`sum(length(data))`.as("bytes"),
      eb.fn.max<number | null>("seq").as("last"),
    ])
    .executeTakeFirstOrThrow();
  let count = Number(rows.count);
  let bytes = Number(rows.bytes ?? 0);
  let last = rows.last ?? -1;
  const blocks = await blocksIn(db, meetingId, range)
    .select(["id", "first_seq", "last_seq", "row_count", sql<number>`length(data)`.as("bytes")])
    .orderBy("last_seq")
    .execute();
  for (const block of blocks) {
    last = block.last_seq;
    if (isIn(range, block.first_seq) && isIn(range, block.last_seq)) {
      count += block.row_count;
      bytes += Number(block.bytes);
      continue;
    }
    for (const row of await readBlock(db, block.id)) {
      if (!isIn(range, row.seq)) continue;
      count++;
      bytes += row.update.length;
    }
  }
  for (const { seq, update } of journal) {
    if (seq <= last || !isIn(range, seq)) continue;
    count++;
    bytes += update.length;
  }
  return { count, bytes };
}

/** The newest row; undefined when nothing was logged. */
export async function lastLogged(
  db: Kysely<Schema>,
  meetingId: string,
): Promise<LogRow | undefined> {
  const last = (await readJournal(db, meetingId)).at(-1);
  if (last !== undefined) return last;
  const block = await blocksIn(db, meetingId, WHOLE_LOG)
    .select(["id", "entries", "data"])
    .orderBy("last_seq", "desc")
    .limit(1)
    .executeTakeFirst();
  if (block !== undefined) return rowsOfBlock(block).at(-1);
  return await rowsOf(db, meetingId, WHOLE_LOG)
    .select(["seq", "at", "data as update"])
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** Takes rows out of the log for good. */
export async function deleteLogged(
  transaction: Transaction<Schema>,
  meetingId: string,
  range: LogRange,
): Promise<void> {
  const damaged = await foldJournal(transaction);
  const { after, upTo } = range;
  if (range === WHOLE_LOG && damaged.length > 0) {
    // Nothing of a log that goes stays because it can't be read.
    await transaction.deleteFrom("log_journal")
      .where("id", "in", damaged)
      .where(mentions(meetingId))
      .execute();
  }
  let rows = transaction.deleteFrom("log_rows")
    .where("meeting_id", "=", meetingId)
    .where("seq", ">", after);
  if (upTo !== null) rows = rows.where("seq", "<=", upTo);
  await rows.execute();
  const blocks = await blocksIn(transaction, meetingId, range)
    .select(["id", "first_seq", "last_seq"])
    .execute();
  for (const { id, first_seq, last_seq } of blocks) {
    const whole = isIn(range, first_seq) && isIn(range, last_seq);
    const kept = whole
      ? []
      : (await readBlock(transaction, id)).filter(({ seq }) => !isIn(range, seq));
    await transaction.deleteFrom("log_blocks").where("id", "=", id).execute();
    // What is left on either side of the range stays in order.
    await insertBlocks(transaction, [
      ...blocksOf(meetingId, kept.filter(({ seq }) => seq <= after)),
      ...blocksOf(meetingId, kept.filter(({ seq }) => seq > after)),
    ]);
  }
}

/** Whether a group of the journal has something of the meeting. */
function mentions(meetingId: string) {
  return sql<boolean>`instr(entries, ${JSON.stringify(meetingId)}) > 0`;
}

function isIn({ after, upTo }: LogRange, seq: number): boolean {
  return seq > after && (upTo === null || seq <= upTo);
}

function rowsOf(db: Kysely<Schema>, meetingId: string, { after, upTo }: LogRange) {
  const select = db.selectFrom("log_rows").where("meeting_id", "=", meetingId)
    .where("seq", ">", after);
  return upTo === null ? select : select.where("seq", "<=", upTo);
}

/** Blocks that hold some of the range. */
function blocksIn(db: Kysely<Schema>, meetingId: string, { after, upTo }: LogRange) {
  const select = db.selectFrom("log_blocks").where("meeting_id", "=", meetingId)
    .where("last_seq", ">", after);
  return upTo === null ? select : select.where("first_seq", "<=", upTo);
}

async function readBlock(db: Kysely<Schema>, id: number): Promise<LogRow[]> {
  const block = await db.selectFrom("log_blocks")
    .select(["id", "entries", "data"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return rowsOfBlock(block);
}

function rowsOfBlock(block: { id: number; entries: string; data: Uint8Array }): LogRow[] {
  const rows = unpackBlock(block);
  if (rows === undefined) throw new Error(`block ${block.id} of the log can't be read`);
  return rows;
}

async function readJournal(db: Kysely<Schema>, meetingId: string): Promise<LogRow[]> {
  const groups = await db.selectFrom("log_journal").selectAll()
    .where(mentions(meetingId))
    .orderBy("id")
    .execute();
  return groups.flatMap((group) =>
    (unpackGroup(group.id, group) ?? []).flatMap(([of, row]) => of === meetingId ? [row] : [])
  );
}
