/** A small picture of each lesson's board, to know the lesson by. */
export const statements: readonly string[] = [
  `create table thumbnails (
    meeting_id text not null primary key references video_meetings (meeting_id) on delete cascade,
    media_type text not null,
    data blob not null,
    taken_at integer not null
  )`,
];
