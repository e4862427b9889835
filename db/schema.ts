/**
 * The tables as Kysely knows them. Interfaces of tables, never of results: use `Selectable` and `Insertable`.
 *
 * `video_meetings` and `video_participants` are the project owner's tables, by their names and columns. Ids of
 * bookings, tutors and students belong to the booking system and carry no foreign keys. Times are Unix
 * milliseconds; booleans are 0 and 1. Every secret is stored as its SHA-256, but for the passcode, which the
 * booking system may ask for again, and for what signs webhooks.
 */
import type { Generated } from "kysely";
import type { BookingTables } from "./booking_tables.ts";
import type { OutboxTables } from "./outbox/outbox_tables.ts";
import type { MediaSource, MeetingStatus, Role } from "../rooms/contract/document/schema.ts";

export interface MeetingsTable {
  id: Generated<number>;
  meeting_id: string;
  passcode: string;
  booking_id: string | null;
  tutor_id: string;
  /** The first student; all of them are in `invites`. Null when a lesson was booked without one. */
  student_id: string | null;
  created_at: number;
  scheduled_start: number | null;
  scheduled_end: number | null;
  actual_start: number | null;
  actual_end: number | null;
  status: MeetingStatus;
  recording_url: string | null;
  is_recorded: number;
}

export interface ParticipantsTable {
  id: Generated<number>;
  meeting_id: string;
  /** The booking system's id, or the participant id of a guest. */
  user_id: string;
  user_type: Role;
  joined_at: number;
  left_at: number | null;
  is_muted: number;
  /** Who it is in the meeting document. */
  participant_id: string;
  name: string;
}

/** What one person did in a meeting; see `ActivityCounts`. */
export interface MeetingActivityTable {
  meeting_id: string;
  participant_id: string;
  talk_ms: number;
  audio_ms: number;
  video_ms: number;
  screen_ms: number;
  away_ms: number;
  drops: number;
  strokes: number;
  edits: number;
  runs: number;
  messages: number;
  packets: number;
  packets_lost: number;
  good_ms: number;
  fair_ms: number;
  poor_ms: number;
}

/** What Lectern knows of a meeting beside the owner's columns. */
export interface MeetingSettingsTable {
  meeting_id: string;
  title: string;
  /** IANA name, for times in mails and pages. */
  time_zone: string | null;
  encryption: "e2ee" | "transport";
  /** JSON of a whole `Policy`. */
  policy: string;
  /** Counts changes, for calendars (RFC 5545 §3.8.7.4). */
  sequence: Generated<number>;
  /** The start that people were reminded of. */
  reminded_start: Generated<number | null>;
  /** What the host added to the end. */
  extended_ms: Generated<number>;
}

/** A tab's proof of who it is, for coming back without waiting again. */
export interface SessionsTable {
  token_hash: Uint8Array;
  meeting_id: string;
  participant_id: string;
  user_id: string | null;
  role: Role;
  name: string;
  created_at: number;
  revoked_at: number | null;
}

/** Updates that were logged one a row, until the journal came. Read only, by log_reading.ts as the two below. */
export interface LogRowsTable {
  seq: Generated<number>;
  meeting_id: string;
  at: number;
  data: Uint8Array;
}

/** Groups as they were committed; see log_block.ts for what is in them. */
export interface LogJournalTable {
  id: Generated<number>;
  entries: string;
  data: Uint8Array;
}

/** Stretches of a meeting's log. */
export interface LogBlocksTable {
  id: Generated<number>;
  meeting_id: string;
  first_seq: number;
  last_seq: number;
  row_count: number;
  entries: string;
  data: Uint8Array;
}

export interface SnapshotsTable {
  meeting_id: string;
  seq: number;
  at: number;
  state: Uint8Array;
}

export interface ClientIdsTable {
  meeting_id: string;
  client_id: number;
  participant_id: string;
}

/** An image on a board. */
export interface AssetsTable {
  asset_id: string;
  meeting_id: string;
  participant_id: string;
  media_type: string;
  data: Uint8Array;
  bytes: number;
  created_at: number;
}

/** A lesson's board, small. */
export interface ThumbnailsTable {
  meeting_id: string;
  media_type: string;
  data: Uint8Array;
  taken_at: number;
}

/** What is kept of a meeting; at most one a meeting. */
export interface RecordingsTable {
  recording_id: string;
  meeting_id: string;
  state: "recording" | "paused" | "ready";
  started_at: number;
  ended_at: number | null;
  /** What was logged in its pauses is gone. */
  pauses_forgotten: Generated<number>;
}

/** A stretch of the update log that belongs to a recording: rows after `from_seq` up to `to_seq`. */
export interface RecordingSpansTable {
  recording_id: string;
  from_at: number;
  /** A snapshot with this number begins the span. */
  from_seq: number;
  to_at: number | null;
  to_seq: number | null;
}

export interface RecordingTracksTable {
  track_id: number;
  recording_id: string;
  participant_id: string;
  source: MediaSource;
  kind: "audio" | "video";
  codec: "opus" | "vp8";
  width: number | null;
  height: number | null;
  started_at: number;
  finished: Generated<number>;
  /** So many bytes of the clusters, from the first, stand in objects. */
  object_bytes: Generated<number>;
  /** All of them do, and nothing more comes. */
  in_objects: Generated<number>;
  /** The file's beginning and end; between them stand the chunks. */
  header: Uint8Array;
  cues: Uint8Array | null;
}

/** A cluster of a track's file. Times count from the track's start, bytes from the first cluster. */
export interface MediaChunksTable {
  id: Generated<number>;
  track_id: number;
  from_ms: number;
  to_ms: number;
  /** A player can begin here. */
  entry: number;
  start_byte: number;
  bytes: number;
  /** Empty when they stand in an object. */
  data: Uint8Array;
}

/** A stretch of a track's clusters in an object outside the database. */
export interface MediaObjectsTable {
  object_key: string;
  track_id: number;
  start_byte: number;
  bytes: number;
  state: "writing" | "stored" | "unneeded";
  /** When the state was taken, Unix ms. */
  at: number;
}

/** Cursors, selections and who speaks. */
export interface RecordingEntriesTable {
  id: Generated<number>;
  recording_id: string;
  at: number;
  kind: "presence" | "speaker";
  data: Uint8Array;
}

export interface RecordingMarkersTable {
  id: Generated<number>;
  recording_id: string;
  at: number;
  type: string;
  /** JSON of the marker's other members. */
  details: string;
}

/** A link that the booking system minted. */
export interface RecordingLinksTable {
  token_hash: Uint8Array;
  recording_id: string;
  created_at: number;
  expires_at: number;
}

/** A secret wrapped under another, or, with an empty `wrapped_by`, to the booking system. */
export interface KeyEnvelopesTable {
  id: Generated<number>;
  meeting_id: string;
  wrapped_by: string;
  secret_id: string;
  wrapped: string;
}

/** Which API client booked a meeting. */
export interface MeetingBookersTable {
  meeting_id: string;
  api_key_id: number;
}

export interface Schema extends BookingTables, OutboxTables {
  video_meetings: MeetingsTable;
  video_participants: ParticipantsTable;
  meeting_settings: MeetingSettingsTable;
  sessions: SessionsTable;
  meeting_activity: MeetingActivityTable;
  log_rows: LogRowsTable;
  log_journal: LogJournalTable;
  log_blocks: LogBlocksTable;
  snapshots: SnapshotsTable;
  client_ids: ClientIdsTable;
  assets: AssetsTable;
  thumbnails: ThumbnailsTable;
  recordings: RecordingsTable;
  recording_spans: RecordingSpansTable;
  recording_tracks: RecordingTracksTable;
  media_chunks: MediaChunksTable;
  media_objects: MediaObjectsTable;
  recording_entries: RecordingEntriesTable;
  recording_markers: RecordingMarkersTable;
  recording_links: RecordingLinksTable;
  key_envelopes: KeyEnvelopesTable;
  meeting_bookers: MeetingBookersTable;
}
