/**
 * Where events are sent, what was sent, and what is still to be sent.
 *
 * Invariant: a delivery that a process took and didn't finish becomes due again when its lease runs out, with the
 * same event id.
 */
import { randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { type EventType, recordEvent } from "./events.ts";
import type { Schema } from "../schema.ts";
import { makeToken } from "../secrets.ts";

export interface WebhookEndpoint {
  endpointId: string;
  url: string;
  /** Null for all. */
  events: EventType[] | null;
  createdAt: number;
  disabledAt: number | null;
  disabledBecause: string | null;
}

/** One message to be sent now. */
export interface DueDelivery {
  deliveryId: string;
  eventId: string;
  endpointId: string;
  url: string;
  /** The JSON text to sign and send. */
  body: string;
  /** Each signs, so that a secret can be changed without a gap. */
  secrets: string[];
  /** Attempts that were made before. */
  attempts: number;
}

/** How an attempt went. */
export interface Attempt {
  at: number;
  /** Null when nobody answered. */
  status: number | null;
  error: string | null;
  ms: number;
}

export type DeliveryState = "pending" | "delivered" | "failed";

export interface DeliveryLogEntry {
  deliveryId: string;
  eventId: string;
  type: string;
  state: DeliveryState;
  createdAt: number;
  /** When it is sent next; null when it is done with. */
  dueAt: number | null;
  attempts: Attempt[];
}

const SECRET_BYTES = 32;
/** The spec's advice: the old secret keeps signing for a day. */
const ROTATION_MS = 24 * 3_600_000;
/** Longer than any attempt takes. */
const LEASE_MS = 60_000;

export class Webhooks {
  constructor(private readonly db: Kysely<Schema>) {}

  async create(
    url: string,
    events: readonly EventType[] | null,
    now: number,
  ): Promise<{ endpoint: WebhookEndpoint; secret: string }> {
    const endpointId = `whe_${makeToken()}`;
    const secret = makeSecret();
    await this.db.insertInto("webhook_endpoints")
      .values({
        endpoint_id: endpointId,
        url,
        events: events === null ? null : JSON.stringify(events),
        secret,
        earlier_secret: null,
        earlier_until: null,
        created_at: now,
        disabled_at: null,
        disabled_because: null,
      })
      .execute();
    const endpoint = await this.find(endpointId);
    if (endpoint === null) throw new Error("the endpoint that was just made is gone");
    return { endpoint, secret };
  }

  async list(): Promise<WebhookEndpoint[]> {
    const rows = await this.db.selectFrom("webhook_endpoints").selectAll()
      .orderBy("created_at").execute();
    return rows.map(toEndpoint);
  }

  async find(endpointId: string): Promise<WebhookEndpoint | null> {
    const row = await this.db.selectFrom("webhook_endpoints").selectAll()
      .where("endpoint_id", "=", endpointId)
      .executeTakeFirst();
    return row === undefined ? null : toEndpoint(row);
  }

  async delete(endpointId: string): Promise<boolean> {
    const result = await this.db.deleteFrom("webhook_endpoints")
      .where("endpoint_id", "=", endpointId)
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  /** A new secret; the one before it signs too for a day. Null when there is no such endpoint. */
  async rotate(endpointId: string, now: number): Promise<string | null> {
    const secret = makeSecret();
    const result = await this.db.updateTable("webhook_endpoints")
      .set((eb) => ({ earlier_secret: eb.ref("secret"), earlier_until: now + ROTATION_MS, secret }))
      .where("endpoint_id", "=", endpointId)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n ? secret : null;
  }

  /** Sends to it no more; what waits stays for when it is enabled again. */
  async disable(endpointId: string, because: string, now: number): Promise<void> {
    await this.db.updateTable("webhook_endpoints")
      .set({ disabled_at: now, disabled_because: because })
      .where("endpoint_id", "=", endpointId)
      .where("disabled_at", "is", null)
      .execute();
  }

  async enable(endpointId: string): Promise<void> {
    await this.db.updateTable("webhook_endpoints")
      .set({ disabled_at: null, disabled_because: null })
      .where("endpoint_id", "=", endpointId)
      .execute();
  }

  /** Sends a test event to one endpoint; answers the delivery's id. */
  test(endpointId: string, now: number): Promise<string> {
    return this.db.transaction().execute(async (transaction) => {
      const eventId = await recordEvent(transaction, {
        type: "webhook.test",
        meetingId: null,
        at: now,
        data: { endpointId },
      });
      // Endpoints that take everything got it too: it is for this one alone.
      await transaction.deleteFrom("webhook_deliveries").where("event_id", "=", eventId).execute();
      return await insertDelivery(transaction, eventId, endpointId, now);
    });
  }

  /** Newest first. */
  async deliveries(endpointId: string, limit: number): Promise<DeliveryLogEntry[]> {
    const rows = await this.db.selectFrom("webhook_deliveries")
      .innerJoin("events", "events.event_id", "webhook_deliveries.event_id")
      .select(["delivery_id", "events.event_id", "type", "state", "created_at", "due_at"])
      .where("endpoint_id", "=", endpointId)
      .orderBy("created_at", "desc")
      .orderBy("events.id", "desc")
      .limit(limit)
      .execute();
    if (rows.length === 0) return [];
    const attempts = await this.db.selectFrom("webhook_attempts")
      .select(["delivery_id", "at", "status", "error", "ms"])
      .where("delivery_id", "in", rows.map((row) => row.delivery_id))
      .orderBy("id")
      .execute();
    return rows.map((row) => ({
      deliveryId: row.delivery_id,
      eventId: row.event_id,
      type: row.type,
      state: row.state,
      createdAt: row.created_at,
      dueAt: row.state === "pending" ? row.due_at : null,
      attempts: attempts.filter((attempt) => attempt.delivery_id === row.delivery_id)
        .map(({ at, status, error, ms }) => ({ at, status, error, ms })),
    }));
  }

  /** Sends an event once more, now, with its id. False when there is no such delivery. */
  async redeliver(endpointId: string, deliveryId: string, now: number): Promise<boolean> {
    const result = await this.db.updateTable("webhook_deliveries")
      .set({ state: "pending", attempts: 0, due_at: now, leased_until: null })
      .where("endpoint_id", "=", endpointId)
      .where("delivery_id", "=", deliveryId)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /**
   * Takes what is due, for this process alone for a minute. Those are unreadable whose event or endpoint is gone, or has
   * a list of types that isn't one.
   */
  async claim(
    limit: number,
    now: number,
  ): Promise<{ due: DueDelivery[]; unreadable: string[] }> {
    const claimed = await sql<{ delivery_id: string }>`
      update webhook_deliveries set leased_until = ${now + LEASE_MS}
      where delivery_id in (
        select delivery_id from webhook_deliveries
        join webhook_endpoints using (endpoint_id)
        where state = 'pending' and due_at <= ${now} and disabled_at is null
          -- A longer lease than is given was begun before the clock was set back.
          and (leased_until is null or leased_until <= ${now} or leased_until > ${now + LEASE_MS})
        order by due_at limit ${limit}
      )
      returning delivery_id
    `.execute(this.db);
    if (claimed.rows.length === 0) return { due: [], unreadable: [] };
    const rows = await this.db.selectFrom("webhook_deliveries")
      .innerJoin("events", "events.event_id", "webhook_deliveries.event_id")
      .innerJoin(
        "webhook_endpoints",
        "webhook_endpoints.endpoint_id",
        "webhook_deliveries.endpoint_id",
      )
      .select([
        "delivery_id as deliveryId",
        "events.event_id as eventId",
        "webhook_endpoints.endpoint_id as endpointId",
        "url",
        "body",
        "attempts",
        "webhook_endpoints.events as wanted",
        "secret",
        "earlier_secret",
        "earlier_until",
      ])
      .where("delivery_id", "in", claimed.rows.map((row) => row.delivery_id))
      .orderBy("events.id")
      .execute();
    const due = rows.filter(({ wanted }) => readTypes(wanted) !== undefined)
      .map(({ secret, earlier_secret, earlier_until, wanted: _, ...delivery }) => ({
        ...delivery,
        secrets: earlier_secret !== null && (earlier_until ?? 0) > now
          ? [secret, earlier_secret]
          : [secret],
      }));
    const readable = new Set(due.map(({ deliveryId }) => deliveryId));
    const unreadable = claimed.rows.map((row) => row.delivery_id).filter((id) => !readable.has(id));
    return { due, unreadable };
  }

  /** Writes an attempt down, and what becomes of the delivery: done with, or due again at `dueAt`. */
  async attempted(
    deliveryId: string,
    attempt: Attempt,
    outcome: { state: "delivered" | "failed" } | { state: "pending"; dueAt: number },
  ): Promise<void> {
    await this.db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction.updateTable("webhook_deliveries")
        .set((eb) => ({
          state: outcome.state,
          attempts: eb("attempts", "+", 1),
          leased_until: null,
          ...(outcome.state === "pending" ? { due_at: outcome.dueAt } : {}),
        }))
        .where("delivery_id", "=", deliveryId)
        .executeTakeFirst();
      // The endpoint was deleted meanwhile.
      if (numUpdatedRows === 0n) return;
      await transaction.insertInto("webhook_attempts")
        .values({ delivery_id: deliveryId, ...attempt })
        .execute();
    });
  }
}

async function insertDelivery(
  db: Kysely<Schema>,
  eventId: string,
  endpointId: string,
  now: number,
): Promise<string> {
  const deliveryId = `dlv_${makeToken()}`;
  await db.insertInto("webhook_deliveries")
    .values({
      delivery_id: deliveryId,
      event_id: eventId,
      endpoint_id: endpointId,
      state: "pending",
      created_at: now,
      due_at: now,
      leased_until: null,
    })
    .execute();
  return deliveryId;
}

function makeSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString("base64")}`;
}

/** Null for all; undefined when it can't be read. */
function readTypes(events: string | null): EventType[] | null | undefined {
  if (events === null) return null;
  try {
    const types: unknown = JSON.parse(events);
    return Array.isArray(types) ? types as EventType[] : undefined;
  } catch {
    return undefined;
  }
}

function toEndpoint(row: {
  endpoint_id: string;
  url: string;
  events: string | null;
  created_at: number;
  disabled_at: number | null;
  disabled_because: string | null;
}): WebhookEndpoint {
  return {
    endpointId: row.endpoint_id,
    url: row.url,
    events: row.events === null ? null : readTypes(row.events) ?? [],
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
    disabledBecause: row.disabled_because,
  };
}
