/**
 * Forgets what was told and answered long ago, so that the outbox doesn't grow for ever.
 *
 * Invariants: nothing goes that is still to be sent. The event of a booking stays as long as the lesson is open, because
 * whoever is invited later is invited by it.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { IDEMPOTENCY_MS } from "../idempotency.ts";
import type { Schema } from "../schema.ts";

/** How long deliveries, mails and events are kept after they happened. */
export const OUTBOX_MS = 30 * 24 * 3_600_000;

/** Rows a statement, so that others of this connection take their turn. */
const AT_ONCE = 500;

export type PrunedTable =
  | "webhook_deliveries"
  | "mails"
  | "events"
  | "idempotency_records"
  | "lessons_links";

/** By table, in this order: what deletes of it what is old enough, and answers how many rows went. */
export function outboxPruning(
  db: Kysely<Schema>,
): Readonly<Record<PrunedTable, (now: number) => Promise<number>>> {
  const pruneBy = (statement: (now: number) => RawBuilder<unknown>) => (now: number) =>
    deleteAll(db, statement(now));
  return {
    // Its attempts go with a delivery.
    webhook_deliveries: pruneBy((now) =>
      sql`delete from webhook_deliveries where delivery_id in (
        select delivery_id from webhook_deliveries
        where state <> 'pending' and created_at < ${now - OUTBOX_MS} limit ${AT_ONCE}
      )`
    ),
    mails: pruneBy((now) =>
      sql`delete from mails where mail_id in (
        select mail_id from mails join events on events.event_id = mails.event_id
        where state in ('sent', 'dropped', 'failed') and events.at < ${
        now - OUTBOX_MS
      } limit ${AT_ONCE}
      )`
    ),
    events: pruneBy((now) =>
      sql`delete from events where id in (
        select id from events
        where at < ${now - OUTBOX_MS}
          and id <= coalesce((select event_row from mail_progress), id)
          and not exists (select 1 from webhook_deliveries d where d.event_id = events.event_id)
          and not exists (select 1 from mails m where m.event_id = events.event_id)
          and not (type = 'meeting.created' and exists (
            select 1 from video_meetings v
            where v.meeting_id = events.meeting_id and v.status in ('pending', 'active')
          ))
        limit ${AT_ONCE}
      )`
    ),
    idempotency_records: pruneBy((now) =>
      sql`delete from idempotency_records where (key_id, key_hash) in (
        select key_id, key_hash from idempotency_records
        where created_at < ${now - IDEMPOTENCY_MS} limit ${AT_ONCE}
      )`
    ),
    lessons_links: pruneBy((now) =>
      sql`delete from lessons_links where token_hash in (
        select token_hash from lessons_links where expires_at < ${now - OUTBOX_MS} limit ${AT_ONCE}
      )`
    ),
  };
}

async function deleteAll(db: Kysely<Schema>, statement: RawBuilder<unknown>): Promise<number> {
  let gone = 0;
  let deleted: number;
  do {
    deleted = Number((await statement.execute(db)).numAffectedRows ?? 0n);
    gone += deleted;
    await new Promise((resolve) => setTimeout(resolve, 0));
  } while (deleted === AT_ONCE);
  return gone;
}
