/** The tables of the booking system's side, as Kysely knows them. */
import type { Generated } from "kysely";
import type { Role } from "../rooms/contract/document/schema.ts";

/** One booked person of a meeting. */
export interface InvitesTable {
  id: Generated<number>;
  participant_id: string;
  meeting_id: string;
  user_id: string;
  role: Role;
  name: string;
  email: string | null;
  /** IANA name, for times in this person's mails. */
  time_zone: string | null;
  /** One of `LOCALES`, for this person's mails and pages. */
  locale: string | null;
  created_at: number;
  /** The person was removed: none of their links works. */
  revoked_at: number | null;
}

/** A link of a booked person; they may hold several, one a mail. */
export interface PersonalLinksTable {
  link_id: string;
  token_hash: Uint8Array;
  participant_id: string;
  meeting_id: string;
  created_at: number;
  revoked_at: number | null;
}

/** A link to the page of all of a person's lessons. */
export interface LessonsLinksTable {
  token_hash: Uint8Array;
  user_id: string;
  created_at: number;
  expires_at: number;
}

export interface ApiKeysTable {
  id: Generated<number>;
  name: string;
  key_hash: Uint8Array;
  scope: Generated<"read" | "write">;
  created_at: number;
  revoked_at: number | null;
  /** P-256, uncompressed, in base64url: recordings of its lessons are readable with it. */
  custodian_key: Generated<string | null>;
}

/** A request by its Idempotency-Key, and its answer once there is one. */
export interface IdempotencyRecordsTable {
  key_id: number;
  key_hash: Uint8Array;
  request_hash: Uint8Array;
  created_at: number;
  /** The process that carries it out. */
  owner: string;
  /** Encrypted by what only the caller sends. */
  answer: Uint8Array | null;
}

export interface BookingTables {
  invites: InvitesTable;
  personal_links: PersonalLinksTable;
  lessons_links: LessonsLinksTable;
  api_keys: ApiKeysTable;
  idempotency_records: IdempotencyRecordsTable;
}
