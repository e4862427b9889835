/**
 * Where a committed group lands first, and how groups become blocks.
 *
 * A row for each update would touch a page of the index for each room in a commit, which costs more than the update
 * itself. So a commit is one row of the journal; when many have come together they are sorted by meeting into blocks.
 * Invariant: an update is in the journal or in a block, never in both and never in neither; a meeting's blocks hold
 * lower numbers than what the journal has of it. A group that is damaged stays where it is, and costs nobody else's.
 */
import { CompiledQuery, type Kysely, type Transaction } from "kysely";
import type { LogRow } from "../../rooms/ports.ts";
import {
  lastSeqOf,
  MAX_GROUP_ROWS,
  type NewRow,
  packBlock,
  type PackedBlock,
  packGroup,
  unpackGroup,
} from "./log_block.ts";
import type { Schema } from "../schema.ts";

/** The journal is read whole when a log is read, so it stays short; the longer it is, the cheaper its blocks. */
const FOLD_ROWS = 2048;
const FOLD_BYTES = 1024 * 1024;
/** Below SQLite's bound on parameters a statement. */
const BLOCKS_PER_STATEMENT = 1000;
/** Whoever reads a part of the log reads its blocks whole. */
const BLOCK_BYTES = 256 * 1024;

export interface NewBlock extends PackedBlock {
  meetingId: string;
}

export class LogJournal {
  #rows = 0;
  #bytes = 0;

  constructor(
    private readonly db: Kysely<Schema>,
    /** Told the groups that can't be read. */
    private readonly damaged: (groups: readonly number[]) => void = () => {},
  ) {}

  /** As one commit, in order; answers the number of the last. Numbers rise, up to a whole group without a gap. */
  async append(rows: readonly NewRow[]): Promise<number> {
    const last = rows.length <= MAX_GROUP_ROWS
      ? await appendGroup(this.db, rows)
      : await this.db.transaction().execute(async (transaction) => {
        let last = 0;
        for (let start = 0; start < rows.length; start += MAX_GROUP_ROWS) {
          last = await appendGroup(transaction, rows.slice(start, start + MAX_GROUP_ROWS));
        }
        return last;
      });
    this.#rows += rows.length;
    for (const { update } of rows) this.#bytes += update.length;
    return last;
  }

  /** Time for {@linkcode fold}. */
  get full(): boolean {
    return this.#rows >= FOLD_ROWS || this.#bytes >= FOLD_BYTES;
  }

  /** Sorts the journal into blocks. What can't be done now is left for the next time, and read where it is. */
  async fold(): Promise<void> {
    this.#rows = 0;
    this.#bytes = 0;
    try {
      this.damaged(await this.db.transaction().execute(foldJournal));
    } catch {
      // Nothing is lost, and a disk that is full fails the next append.
    }
  }
}

/** Other processes' groups too: whoever comes first does it for all. Answers which it left because they are damaged. */
export async function foldJournal(transaction: Transaction<Schema>): Promise<number[]> {
  const groups = await transaction.selectFrom("log_journal").selectAll().orderBy("id").execute();
  const last = groups.at(-1);
  if (last === undefined) return [];
  const meetings = new Map<string, LogRow[]>();
  const damaged: number[] = [];
  for (const group of groups) {
    const entries = unpackGroup(group.id, group);
    if (entries === undefined) damaged.push(group.id);
    for (const [meetingId, row] of entries ?? []) {
      const rows = meetings.get(meetingId);
      if (rows === undefined) meetings.set(meetingId, [row]);
      else rows.push(row);
    }
  }
  await insertBlocks(transaction, [...meetings].flatMap(([id, rows]) => blocksOf(id, rows)));
  let folded = transaction.deleteFrom("log_journal").where("id", "<=", last.id);
  if (damaged.length > 0) folded = folded.where("id", "not in", damaged);
  await folded.execute();
  return damaged;
}

/** A stretch of a meeting's log, as blocks. */
export function blocksOf(meetingId: string, rows: readonly LogRow[]): NewBlock[] {
  const blocks: NewBlock[] = [];
  for (let start = 0; start < rows.length;) {
    let end = start;
    for (let bytes = 0; end < rows.length && bytes < BLOCK_BYTES; end++) {
      bytes += rows[end]?.update.length ?? 0;
    }
    blocks.push({ meetingId, ...packBlock(rows.slice(start, end)) });
    start = end;
  }
  return blocks;
}

export async function insertBlocks(
  transaction: Transaction<Schema>,
  blocks: readonly NewBlock[],
): Promise<void> {
  for (let start = 0; start < blocks.length; start += BLOCKS_PER_STATEMENT) {
    const some = blocks.slice(start, start + BLOCKS_PER_STATEMENT);
    // Written by hand: all rooms wait meanwhile, and building and compiling the query takes longer than running it.
    await transaction.executeQuery(CompiledQuery.raw(
      `insert into log_blocks (meeting_id, first_seq, last_seq, row_count, entries, data) values ${
        some.map(() => "(?, ?, ?, ?, ?, ?)").join(", ")
      }`,
      some.flatMap((block) => [
        block.meetingId,
        block.first_seq,
        block.last_seq,
        block.row_count,
        block.entries,
        block.data,
      ]),
    ));
  }
}

async function appendGroup(db: Kysely<Schema>, rows: readonly NewRow[]): Promise<number> {
  const { entries, data } = packGroup(rows);
  const { insertId } = await db.executeQuery(
    CompiledQuery.raw("insert into log_journal (entries, data) values (?, ?)", [entries, data]),
  );
  if (insertId === undefined) throw new Error("the journal's insert answered no row number");
  return lastSeqOf(Number(insertId), rows.length);
}
