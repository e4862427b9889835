/**
 * The schema's history and how it is brought up to date. Numbered, forward-only: a migration that was released is
 * never edited; add the next.
 *
 * Invariant: all missing migrations are applied in one write transaction, so two processes that start at once
 * apply each of them once.
 */
import type { Client, Transaction } from "@libsql/client";
import { statements as meetings } from "./001_meetings.ts";
import { statements as assets } from "./002_assets.ts";
import { statements as recordings } from "./003_recordings.ts";
import { statements as bookingApi } from "./004_booking_api.ts";
import { statements as outbox } from "./005_outbox.ts";
import { statements as extension } from "./006_extension.ts";
import { statements as keyEnvelopes } from "./007_key_envelopes.ts";
import { statements as activity } from "./008_activity.ts";
import { statements as mediaObjects } from "./009_media_objects.ts";
import { statements as logJournal } from "./010_log_journal.ts";
import { statements as thumbnails } from "./011_thumbnails.ts";
import { statements as locales } from "./012_locales.ts";

export interface Migration {
  number: number;
  name: string;
  statements: readonly string[];
}

export const MIGRATIONS: readonly Migration[] = [
  { number: 1, name: "meetings", statements: meetings },
  { number: 2, name: "assets", statements: assets },
  { number: 3, name: "recordings", statements: recordings },
  { number: 4, name: "booking api", statements: bookingApi },
  { number: 5, name: "outbox", statements: outbox },
  { number: 6, name: "extension", statements: extension },
  { number: 7, name: "key envelopes", statements: keyEnvelopes },
  { number: 8, name: "activity", statements: activity },
  { number: 9, name: "media objects", statements: mediaObjects },
  { number: 10, name: "log journal", statements: logJournal },
  { number: 11, name: "thumbnails", statements: thumbnails },
  { number: 12, name: "locales", statements: locales },
];

/** The database was written by a newer Lectern than this one. */
export class NewerDatabaseError extends Error {
  override readonly name = "NewerDatabaseError";
}

/** Applies what is missing and answers the names of what it applied. */
export async function migrate(
  client: Client,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  const transaction = await client.transaction("write");
  try {
    const current = await readVersion(transaction);
    const newest = migrations.at(-1)?.number ?? 0;
    if (current > newest) {
      throw new NewerDatabaseError(
        `The database has schema ${current}; this Lectern knows schemas up to ${newest}. Start the newer one.`,
      );
    }
    const applied: string[] = [];
    for (const migration of migrations) {
      if (migration.number <= current) continue;
      for (const statement of migration.statements) await transaction.execute(statement);
      await transaction.execute({
        sql: "insert into schema_migrations (number, name, applied_at) values (?, ?, ?)",
        args: [migration.number, migration.name, Date.now()],
      });
      applied.push(migration.name);
    }
    await transaction.commit();
    return applied;
  } finally {
    transaction.close();
  }
}

async function readVersion(transaction: Transaction): Promise<number> {
  await transaction.execute(`create table if not exists schema_migrations (
    number integer primary key,
    name text not null,
    applied_at integer not null
  )`);
  const result = await transaction.execute("select max(number) as version from schema_migrations");
  return Number(result.rows[0]?.version ?? 0);
}
