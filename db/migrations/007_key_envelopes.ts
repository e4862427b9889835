/**
 * Keys of recordings that are encrypted end to end: wrapped under each other or to the booking system, never in clear.
 *
 * `wrapped_by` is empty for what is wrapped to the custodian.
 */
export const statements: readonly string[] = [
  `create table key_envelopes (
    id integer primary key,
    meeting_id text not null references video_meetings (meeting_id) on delete cascade,
    wrapped_by text not null,
    secret_id text not null,
    wrapped text not null,
    unique (meeting_id, wrapped_by, secret_id)
  )`,

  // Who booked a meeting is whom its recording may be readable for.
  `create table meeting_bookers (
    meeting_id text not null primary key references video_meetings (meeting_id) on delete cascade,
    api_key_id integer not null references api_keys (id)
  )`,
  `alter table api_keys add column custodian_key text`,
];
