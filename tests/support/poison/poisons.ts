/** The rows that are poisoned, at least one of every table, and what the server sets aside for each. */
import type { Task } from "../../../rooms/quarantine.ts";

/** Names in the statements below: each lesson's id, and the track of the one that is long over. */
export type Name = "active" | "abandoned" | "overdue" | "soon" | "paused" | "expired";

export interface Poison {
  table: string;
  /** Statements; `:name` stands for the id of that lesson. */
  sql: string[];
  /** What is set aside; null where nothing reads it before somebody asks. */
  task: Task | null;
}

export const POISONS: readonly Poison[] = [
  {
    table: "video_meetings",
    sql: ["update video_meetings set actual_start = 'x' where meeting_id = :active"],
    task: "room",
  },
  {
    table: "video_meetings",
    sql: ["update video_meetings set actual_end = 'x' where meeting_id = :soon"],
    task: "reminder",
  },
  {
    table: "meeting_settings",
    sql: ["update meeting_settings set policy = '{' where meeting_id = :active"],
    task: "room",
  },
  {
    table: "meeting_settings",
    sql: [`update meeting_settings set policy = '{"draw": 5}' where meeting_id = :active`],
    task: "room",
  },
  {
    table: "meeting_settings",
    sql: ["delete from meeting_settings where meeting_id = :active"],
    task: "room",
  },
  {
    table: "snapshots",
    sql: ["update snapshots set state = x'ffffffffff' where meeting_id = :active"],
    // Made anew from the log.
    task: null,
  },
  {
    table: "snapshots",
    sql: [
      "update snapshots set state = x'ffffffffff' where meeting_id = :active",
      "delete from log_blocks where meeting_id = :active",
    ],
    task: "room",
  },
  {
    table: "snapshots",
    sql: [
      "update snapshots set state = 'a text' where meeting_id = :active",
      "delete from log_blocks where meeting_id = :active",
    ],
    task: "room",
  },
  {
    table: "snapshots",
    sql: [
      "update snapshots set state = x'ffffffffff' where meeting_id = :paused",
      "delete from log_blocks where meeting_id = :paused",
    ],
    task: "pauses",
  },
  {
    table: "log_rows",
    sql: [
      "insert into log_rows (seq, meeting_id, at, data) values (99999999, :active, 1, 'a text')",
    ],
    task: "room",
  },
  {
    table: "log_journal",
    sql: ["insert into log_journal (entries, data) values ('[[', x'00')"],
    task: "log",
  },
  {
    table: "log_journal",
    sql: [
      `insert into log_journal (entries, data) values ('[["' || :active || '",1,900]]', x'00')`,
    ],
    task: "log",
  },
  {
    table: "log_blocks",
    sql: ["update log_blocks set entries = '[[1' where meeting_id = :active"],
    task: "room",
  },
  {
    table: "log_blocks",
    sql: ["update log_blocks set entries = '[[1' where meeting_id = :abandoned"],
    task: "recording",
  },
  {
    table: "log_blocks",
    sql: ["update log_blocks set entries = '[[1', first_seq = 'x' where meeting_id = :expired"],
    task: "retention",
  },
  {
    table: "client_ids",
    sql: ["update client_ids set participant_id = x'00' where meeting_id = :active"],
    task: null,
  },
  {
    table: "video_participants",
    sql: ["update video_participants set joined_at = 'x' where meeting_id = :overdue"],
    task: "completion",
  },
  {
    table: "recordings",
    sql: [
      "create trigger broken before update on recordings when old.meeting_id = :abandoned begin " +
      "select raise(abort, 'broken'); end",
    ],
    task: "recording",
  },
  {
    table: "recordings",
    sql: ["update recordings set ended_at = x'00' where meeting_id = :expired"],
    task: null,
  },
  {
    table: "recording_spans",
    sql: [
      "update recording_spans set to_seq = 5, to_at = 5, from_seq = x'00' where recording_id = " +
      "(select recording_id from recordings where meeting_id = :paused) and from_seq = 0",
    ],
    task: null,
  },
  {
    table: "recording_tracks",
    sql: [
      "update recording_tracks set codec = x'00', started_at = 'x', width = 'x' where finished = 0",
    ],
    task: null,
  },
  {
    table: "media_chunks",
    sql: ["update media_chunks set from_ms = 'x', entry = 1"],
    task: "track",
  },
  {
    table: "media_objects",
    sql: ["insert into media_objects values (x'00', 'x', 'x', 'x', 'unneeded', 'x')"],
    task: null,
  },
  {
    table: "events",
    sql: ["delete from events where event_id in (select event_id from webhook_deliveries)"],
    task: "delivery",
  },
  {
    table: "events",
    sql: [
      "insert into events (event_id, type, meeting_id, at, body) " +
      "values ('evt_x', 'meeting.created', 'nowhere', 1, '{}')",
      "update invites set meeting_id = 'nowhere' where meeting_id = :expired",
    ],
    task: "event",
  },
  {
    table: "webhook_endpoints",
    sql: ["update webhook_endpoints set secret = '%'"],
    task: "delivery",
  },
  {
    table: "webhook_endpoints",
    sql: ["update webhook_endpoints set events = '['"],
    task: "delivery",
  },
  { table: "webhook_endpoints", sql: ["delete from webhook_endpoints"], task: null },
  {
    table: "webhook_deliveries",
    sql: ["update webhook_deliveries set attempts = 'x', created_at = 'x'"],
    task: null,
  },
  {
    table: "mails",
    sql: [
      "insert into mails (mail_id, event_id, meeting_id, participant_id, kind, state, due_at) " +
      "select 'mail_x', event_id, meeting_id, 'nobody', 'invitation', 'pending', 1 from events limit 1",
    ],
    task: "mail",
  },
  { table: "mail_progress", sql: ["update mail_progress set event_row = 'x'"], task: null },
  ...["sessions", "invites", "personal_links"].map((table): Poison => ({
    table,
    sql: [`update ${table} set ASSIGNMENTS where meeting_id = :active`],
    task: null,
  })),
  { table: "api_keys", sql: ["update api_keys set ASSIGNMENTS"], task: null },
  ...[
    "assets",
    "thumbnails",
    "key_envelopes",
    "meeting_activity",
    "webhook_attempts",
    "recording_entries",
    "recording_markers",
    "recording_links",
    "lessons_links",
    "idempotency_records",
    "meeting_bookers",
  ].map((table): Poison => ({ table, sql: [`insert into ${table} values (VALUES)`], task: null })),
];
