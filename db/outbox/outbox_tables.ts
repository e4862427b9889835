/** The tables of the outbox, as Kysely knows them. */
import type { Generated } from "kysely";

/** Something that happened, in the words in which it is told. */
export interface EventsTable {
  id: Generated<number>;
  event_id: string;
  type: string;
  meeting_id: string | null;
  at: number;
  /** The JSON text that is signed and sent, the same each time. */
  body: string;
}

export interface WebhookEndpointsTable {
  endpoint_id: string;
  url: string;
  /** JSON list of event types; null for all. */
  events: string | null;
  secret: string;
  /** Signs too until `earlier_until`, so that a rotation loses nothing. */
  earlier_secret: string | null;
  earlier_until: number | null;
  created_at: number;
  disabled_at: number | null;
  disabled_because: string | null;
}

export interface WebhookDeliveriesTable {
  delivery_id: string;
  event_id: string;
  endpoint_id: string;
  state: "pending" | "delivered" | "failed";
  attempts: Generated<number>;
  created_at: number;
  due_at: number;
  /** Until then the process that took it works on it. */
  leased_until: number | null;
}

export interface WebhookAttemptsTable {
  id: Generated<number>;
  delivery_id: string;
  at: number;
  /** Null when nobody answered. */
  status: number | null;
  error: string | null;
  ms: number;
}

export type MailKind = "invitation" | "change" | "cancellation" | "reminder" | "recording";

export interface MailsTable {
  mail_id: string;
  event_id: string;
  meeting_id: string;
  participant_id: string;
  kind: MailKind;
  /** `sending` from the first byte of the message on: such a mail is never begun again. */
  state: "pending" | "sending" | "sent" | "dropped" | "failed";
  attempts: Generated<number>;
  due_at: number;
  leased_until: number | null;
  error: string | null;
}

export interface MailProgressTable {
  id: number;
  event_row: number;
}

export interface OutboxTables {
  events: EventsTable;
  webhook_endpoints: WebhookEndpointsTable;
  webhook_deliveries: WebhookDeliveriesTable;
  webhook_attempts: WebhookAttemptsTable;
  mails: MailsTable;
  mail_progress: MailProgressTable;
}
