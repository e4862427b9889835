/** Images that people put on a board. Immutable: an asset is added, and goes with its meeting. */
export const statements: readonly string[] = [
  `create table assets (
    asset_id text not null primary key,
    meeting_id text not null references video_meetings (meeting_id) on delete cascade,
    participant_id text not null,
    media_type text not null,
    data blob not null,
    bytes integer not null,
    created_at integer not null
  )`,
  `create index assets_meeting on assets (meeting_id)`,
];
