/**
 * Recordings: which span of a meeting's log they cover, and their media. Chunk rows are only ever added; they go with
 * their recording. Small columns come before the data, so that reading them touches none of it.
 */
export const statements: readonly string[] = [
  `create table recordings (
    recording_id text not null primary key,
    meeting_id text not null unique references video_meetings (meeting_id) on delete cascade,
    state text not null check (state in ('recording', 'paused', 'ready')),
    started_at integer not null,
    ended_at integer,
    pauses_forgotten integer not null default 0 check (pauses_forgotten in (0, 1))
  )`,
  `create index recordings_open on recordings (state) where state <> 'ready'`,
  `create index recordings_started on recordings (started_at)`,

  `create table recording_spans (
    recording_id text not null references recordings (recording_id) on delete cascade,
    from_at integer not null,
    from_seq integer not null,
    to_at integer,
    to_seq integer,
    primary key (recording_id, from_seq)
  )`,

  `create table recording_tracks (
    track_id integer primary key,
    recording_id text not null references recordings (recording_id) on delete cascade,
    participant_id text not null,
    source text not null,
    kind text not null check (kind in ('audio', 'video')),
    codec text not null,
    width integer,
    height integer,
    started_at integer not null,
    finished integer not null default 0 check (finished in (0, 1)),
    header blob not null,
    cues blob
  )`,
  `create index recording_tracks_recording on recording_tracks (recording_id)`,

  `create table media_chunks (
    id integer primary key,
    track_id integer not null references recording_tracks (track_id) on delete cascade,
    from_ms integer not null,
    to_ms integer not null,
    entry integer not null check (entry in (0, 1)),
    start_byte integer not null,
    bytes integer not null,
    data blob not null
  )`,
  `create index media_chunks_track
    on media_chunks (track_id, from_ms, to_ms, entry, start_byte, bytes)`,

  `create table recording_entries (
    id integer primary key,
    recording_id text not null references recordings (recording_id) on delete cascade,
    at integer not null,
    kind text not null check (kind in ('presence', 'speaker')),
    data blob not null
  )`,
  `create index recording_entries_time on recording_entries (recording_id, at)`,

  `create table recording_markers (
    id integer primary key,
    recording_id text not null references recordings (recording_id) on delete cascade,
    at integer not null,
    type text not null,
    details text not null
  )`,
  `create index recording_markers_time on recording_markers (recording_id, at)`,

  `create table recording_links (
    token_hash blob not null primary key,
    recording_id text not null references recordings (recording_id) on delete cascade,
    created_at integer not null,
    expires_at integer not null
  ) without rowid`,
];
