/**
 * The update log without an index to keep for every row: groups are appended to a journal as they are committed, and
 * later put into blocks of one meeting each. Rows that were written before stay as they are, and are read as before.
 */
export const statements: readonly string[] = [
  `alter table update_log rename to log_rows`,

  // autoincrement: an id is never used twice, even after the newest groups went into blocks, or a snapshot would
  // hide what came after it. What an update's number is follows from its group's (db/log/log_block.ts).
  `create table log_journal (
    id integer primary key autoincrement,
    entries text not null,
    data blob not null
  )`,
  `insert into sqlite_sequence (name, seq)
    select 'log_journal', coalesce(max(seq), 0) / 65536 + 1 from (
      select seq from sqlite_sequence where name in ('log_rows', 'update_log')
      union all select max(seq) from log_rows
    )`,

  `create table log_blocks (
    id integer primary key,
    meeting_id text not null,
    first_seq integer not null,
    last_seq integer not null,
    row_count integer not null,
    entries text not null,
    data blob not null
  )`,
  `create unique index log_blocks_meeting on log_blocks (meeting_id, last_seq)`,
];
