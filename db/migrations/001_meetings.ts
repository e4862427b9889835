/** Meetings, the people in them, their links, the document's log, and API keys. */
export const statements: readonly string[] = [
  `create table video_meetings (
    id integer primary key,
    meeting_id text not null unique,
    passcode text not null,
    booking_id text,
    tutor_id text not null,
    student_id text,
    created_at integer not null,
    scheduled_start integer,
    scheduled_end integer,
    actual_start integer,
    actual_end integer,
    status text not null check (status in ('pending', 'active', 'completed', 'cancelled')),
    recording_url text,
    is_recorded integer not null check (is_recorded in (0, 1))
  )`,
  `create index video_meetings_booking on video_meetings (booking_id) where booking_id is not null`,
  `create index video_meetings_open on video_meetings (status, scheduled_end)
    where status in ('pending', 'active')`,

  `create table video_participants (
    id integer primary key,
    meeting_id text not null references video_meetings (meeting_id) on delete cascade,
    user_id text not null,
    user_type text not null check (user_type in ('tutor', 'student')),
    joined_at integer not null,
    left_at integer,
    is_muted integer not null default 0 check (is_muted in (0, 1)),
    participant_id text not null,
    name text not null
  )`,
  `create index video_participants_person on video_participants (meeting_id, participant_id)`,

  `create table meeting_settings (
    meeting_id text not null primary key references video_meetings (meeting_id) on delete cascade,
    title text not null,
    time_zone text,
    encryption text not null check (encryption in ('e2ee', 'transport')),
    policy text not null
  )`,

  `create table invites (
    id integer primary key,
    participant_id text not null unique,
    meeting_id text not null references video_meetings (meeting_id) on delete cascade,
    user_id text not null,
    role text not null check (role in ('tutor', 'student')),
    name text not null,
    token_hash blob not null unique,
    created_at integer not null,
    revoked_at integer
  )`,
  `create index invites_meeting on invites (meeting_id)`,
  `create index invites_user on invites (user_id)`,

  `create table sessions (
    token_hash blob not null primary key,
    meeting_id text not null references video_meetings (meeting_id) on delete cascade,
    participant_id text not null,
    user_id text,
    role text not null check (role in ('tutor', 'student')),
    name text not null,
    created_at integer not null,
    revoked_at integer
  )`,
  `create index sessions_person on sessions (meeting_id, participant_id)`,

  // autoincrement: a seq is never used twice, even after the newest rows were deleted, or a snapshot
  // would hide rows that came after it.
  `create table update_log (
    seq integer primary key autoincrement,
    meeting_id text not null,
    at integer not null,
    data blob not null
  )`,
  `create index update_log_meeting on update_log (meeting_id, seq)`,

  `create table snapshots (
    meeting_id text not null,
    seq integer not null,
    at integer not null,
    state blob not null,
    primary key (meeting_id, seq)
  )`,

  `create table client_ids (
    meeting_id text not null,
    client_id integer not null,
    participant_id text not null,
    primary key (meeting_id, client_id)
  ) without rowid`,

  `create table api_keys (
    id integer primary key,
    name text not null,
    key_hash blob not null unique,
    created_at integer not null,
    revoked_at integer
  )`,
];
