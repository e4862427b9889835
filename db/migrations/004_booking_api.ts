/**
 * The booking API: a booked person may have several links, keys have a scope, changes are counted for calendars, and
 * a request that is sent twice is carried out once.
 */
export const statements: readonly string[] = [
  `create table booked_people (
    id integer primary key,
    participant_id text not null unique,
    meeting_id text not null references video_meetings (meeting_id) on delete cascade,
    user_id text not null,
    role text not null check (role in ('tutor', 'student')),
    name text not null,
    email text,
    time_zone text,
    created_at integer not null,
    revoked_at integer
  )`,
  `create table personal_links (
    link_id text not null primary key,
    token_hash blob not null unique,
    participant_id text not null,
    meeting_id text not null references video_meetings (meeting_id) on delete cascade,
    created_at integer not null,
    revoked_at integer
  )`,
  `insert into booked_people
    (id, participant_id, meeting_id, user_id, role, name, email, time_zone, created_at, revoked_at)
    select id, participant_id, meeting_id, user_id, role, name, null, null, created_at, revoked_at
    from invites`,
  `insert into personal_links
    (link_id, token_hash, participant_id, meeting_id, created_at, revoked_at)
    select participant_id, token_hash, participant_id, meeting_id, created_at, revoked_at
    from invites`,
  `drop table invites`,
  `alter table booked_people rename to invites`,
  `create index invites_meeting on invites (meeting_id)`,
  `create index invites_user on invites (user_id, meeting_id)`,
  `create index personal_links_person on personal_links (meeting_id, participant_id)`,

  // Who sees all their lessons by one link.
  `create table lessons_links (
    token_hash blob not null primary key,
    user_id text not null,
    created_at integer not null,
    expires_at integer not null
  ) without rowid`,
  `create index lessons_links_user on lessons_links (user_id)`,

  // Calendars take a change only when its number is higher (RFC 5545 §3.8.7.4).
  `alter table meeting_settings add column sequence integer not null default 0`,
  `create index video_meetings_status on video_meetings (status)`,
  `create index video_meetings_start on video_meetings (scheduled_start)`,

  `alter table api_keys add column scope text not null default 'write'
    check (scope in ('read', 'write'))`,

  `create table idempotency_records (
    key_id integer not null,
    key_hash blob not null,
    request_hash blob not null,
    created_at integer not null,
    owner text not null,
    answer blob,
    primary key (key_id, key_hash)
  ) without rowid`,
  `create index idempotency_records_age on idempotency_records (created_at)`,
];
