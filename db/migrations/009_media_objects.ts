/**
 * Objects outside the database that hold stretches of tracks. Their rows outlive the recording until the object is
 * removed, so they refer to nothing.
 */
export const statements: readonly string[] = [
  `create table media_objects (
    object_key text not null primary key,
    track_id integer not null,
    start_byte integer not null,
    bytes integer not null,
    state text not null check (state in ('writing', 'stored', 'unneeded')),
    at integer not null
  )`,
  `create index media_objects_track on media_objects (track_id, start_byte)`,
  `create index media_objects_unsettled on media_objects (state, at) where state <> 'stored'`,
  `alter table recording_tracks add column object_bytes integer not null default 0`,
  `alter table recording_tracks add column in_objects integer not null default 0
    check (in_objects in (0, 1))`,
  `create index recording_tracks_here on recording_tracks (finished) where in_objects = 0`,
];
