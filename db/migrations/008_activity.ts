/** What each person did in a meeting, and an index for lists of what is scheduled when. */
export const statements: readonly string[] = [
  `create table meeting_activity (
    meeting_id text not null references video_meetings (meeting_id) on delete cascade,
    participant_id text not null,
    talk_ms integer not null,
    audio_ms integer not null,
    video_ms integer not null,
    screen_ms integer not null,
    away_ms integer not null,
    drops integer not null,
    strokes integer not null,
    edits integer not null,
    runs integer not null,
    messages integer not null,
    packets integer not null,
    packets_lost integer not null,
    good_ms integer not null,
    fair_ms integer not null,
    poor_ms integer not null,
    primary key (meeting_id, participant_id)
  ) without rowid`,
  `create index video_meetings_status_start on video_meetings (status, scheduled_start)`,
];
