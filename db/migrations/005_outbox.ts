/**
 * The outbox: what happened, written with the change itself, and how far it was told by webhooks and mails.
 *
 * A webhook's secret has to be stored as it is, because every message is signed with it.
 */
export const statements: readonly string[] = [
  `create table events (
    id integer primary key autoincrement,
    event_id text not null unique,
    type text not null,
    meeting_id text,
    at integer not null,
    body text not null
  )`,
  `create index events_meeting on events (meeting_id)`,

  `create table webhook_endpoints (
    endpoint_id text not null primary key,
    url text not null,
    events text,
    secret text not null,
    earlier_secret text,
    earlier_until integer,
    created_at integer not null,
    disabled_at integer,
    disabled_because text
  )`,

  `create table webhook_deliveries (
    delivery_id text not null primary key,
    event_id text not null references events (event_id),
    endpoint_id text not null references webhook_endpoints (endpoint_id) on delete cascade,
    state text not null check (state in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    created_at integer not null,
    due_at integer not null,
    leased_until integer
  )`,
  `create index webhook_deliveries_due on webhook_deliveries (due_at) where state = 'pending'`,
  `create index webhook_deliveries_endpoint on webhook_deliveries (endpoint_id, created_at)`,

  `create table webhook_attempts (
    id integer primary key,
    delivery_id text not null references webhook_deliveries (delivery_id) on delete cascade,
    at integer not null,
    status integer,
    error text,
    ms integer not null
  )`,
  `create index webhook_attempts_delivery on webhook_attempts (delivery_id)`,

  // The start that people were reminded of: a lesson that is moved is reminded of again.
  `alter table meeting_settings add column reminded_start integer`,

  `create table mails (
    mail_id text not null primary key,
    event_id text not null references events (event_id),
    meeting_id text not null references video_meetings (meeting_id) on delete cascade,
    participant_id text not null,
    kind text not null
      check (kind in ('invitation', 'change', 'cancellation', 'reminder', 'recording')),
    state text not null check (state in ('pending', 'sending', 'sent', 'dropped', 'failed')),
    attempts integer not null default 0,
    due_at integer not null,
    leased_until integer,
    error text,
    unique (event_id, participant_id)
  )`,
  `create index mails_due on mails (due_at) where state = 'pending'`,

  // How far mails were made of events; no row until mails are sent for the first time.
  `create table mail_progress (
    id integer primary key check (id = 1),
    event_row integer not null
  )`,
];
