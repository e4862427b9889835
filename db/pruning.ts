/**
 * Forgets what was told and answered long ago, so that the outbox doesn't grow for ever.
 *
 * Invariants: nothing goes that is still to be sent. The event of a booking stays as long as the lesson is open, because
 * whoever is invited later is invited by it.
 */
import { type Kysely, sql } from "kysely";
import { IDEMPOTENCY_MS } from "./idempotency.ts";
import type { Schema } from "./schema.ts";

/** How long deliveries, mails and events are kept after they happened. */
export const OUTBOX_MS = 30 * 24 * 3_600_000;

/** Rows a statement, so that others of this connection take their turn. */
const AT_ONCE = 500;

/** Deletes what is old enough; answers how many rows went. */
export async function pruneOutbox(db: Kysely<Schema>, now: number): Promise<number> {
  const before = now - OUTBOX_MS;
  const statements = [
    // Its attempts go with a delivery.
    sql`delete from webhook_deliveries where delivery_id in (
      select delivery_id from webhook_deliveries
      where state <> 'pending' and created_at < ${before} limit ${AT_ONCE}
    )`,
    sql`delete from mails where mail_id in (
      select mail_id from mails join events on events.event_id = mails.event_id
      where state in ('sent', 'dropped', 'failed') and events.at < ${before} limit ${AT_ONCE}
    )`,
    sql`delete from events where id in (
      select id from events
      where at < ${before}
        and id <= coalesce((select event_row from mail_progress), id)
        and not exists (select 1 from webhook_deliveries d where d.event_id = events.event_id)
        and not exists (select 1 from mails m where m.event_id = events.event_id)
        and not (type = 'meeting.created' and exists (
          select 1 from video_meetings v
          where v.meeting_id = events.meeting_id and v.status in ('pending', 'active')
        ))
      limit ${AT_ONCE}
    )`,
    sql`delete from idempotency_records where created_at < ${now - IDEMPOTENCY_MS}`,
    sql`delete from lessons_links where token_hash in (
      select token_hash from lessons_links where expires_at < ${before} limit ${AT_ONCE}
    )`,
  ];
  let gone = 0;
  for (const statement of statements) {
    let deleted: number;
    do {
      deleted = Number((await statement.execute(db)).numAffectedRows ?? 0n);
      gone += deleted;
      await new Promise((resolve) => setTimeout(resolve, 0));
    } while (deleted === AT_ONCE);
  }
  return gone;
}
