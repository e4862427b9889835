/**
 * Gives pages of the database file that nothing uses any more back to the disk: a deleted recording shall leave no hole.
 *
 * Invariant: the write lock is held for {@linkcode STEP_PAGES} at a time, because lessons commit in between. A file
 * that was made without `auto_vacuum` keeps its size, and its free pages are used again.
 */
import { sql } from "kysely";
import type { Database } from "./database.ts";

/** 256 KB: a few milliseconds. */
const STEP_PAGES = 64;
const STEP_PAUSE_MS = 20;
/** Left for what is written next, 4 MB: a file that shrinks and grows again costs more than it saves. */
const KEPT_PAGES = 1024;
const INCREMENTAL = 2;

/** Answers how many pages were given back. A `signal` ends it early. */
export async function giveSpaceBack(
  database: Database,
  signal?: AbortSignal,
): Promise<number> {
  if (await readPragma(database, "auto_vacuum") !== INCREMENTAL) return 0;
  const before = await readPragma(database, "freelist_count");
  let free = before;
  while (free > KEPT_PAGES && signal?.aborted !== true) {
    const pages = Math.min(STEP_PAGES, free - KEPT_PAGES);
    // A statement of its own would stop after one page and keep the file locked. Meanwhile nobody else gets the connection.
    await database.query.connection().execute(() =>
      database.client.executeMultiple(`pragma incremental_vacuum(${pages})`)
    );
    const left = await readPragma(database, "freelist_count");
    if (left >= free) break;
    free = left;
    await new Promise((resolve) => setTimeout(resolve, STEP_PAUSE_MS));
  }
  return Math.max(0, before - free);
}

async function readPragma(
  { query }: Database,
  name: "auto_vacuum" | "freelist_count",
): Promise<number> {
  const { rows } = await sql.raw<Record<string, number>>(`pragma ${name}`).execute(query);
  return Number(rows[0]?.[name] ?? 0);
}
