/**
 * Sends what the outbox holds to the booking systems' endpoints.
 *
 * Invariant: an event leaves the outbox only when its receiver took it (2xx), when it was tried for the last time, or
 * when its receiver is gone (410); a process that dies in between leaves it to be sent again with the same id.
 * Invariant: a delivery with a fault of its own holds up no other.
 */
import type { Attempt, DueDelivery, Webhooks } from "../../db/outbox/webhooks.ts";
import type { MonotonicMs, UnixMs } from "../../rooms/clocks.ts";
import type { Logger } from "../../rooms/contract/logger.ts";
import type { Quarantine } from "../../rooms/quarantine.ts";
import { dueTime } from "./due_time.ts";
import { ForbiddenAddress, type Outbound } from "./outbound.ts";
import { nextAttemptAt, readRetryAfter, RETRY_DELAYS_MS } from "./retries.ts";
import { sign } from "./signature.ts";

export interface WebhookDeps {
  store: Pick<Webhooks, "claim" | "attempted" | "disable">;
  outbound: Pick<Outbound, "post">;
  quarantine: Quarantine;
  logger: Pick<Logger, "warn">;
  now(): UnixMs;
  clock(): MonotonicMs;
  version: string;
  retryDelaysMs?: readonly number[];
  pollMs?: number;
}

const POLL_MS = 500;
/** Messages that are under way at once. */
const CONCURRENCY = 16;

export class WebhookSender {
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly due: () => UnixMs;

  constructor(private readonly deps: WebhookDeps) {
    this.due = dueTime(deps);
  }

  /** Begins to send what is due; answers how many. */
  async poll(): Promise<number> {
    const free = CONCURRENCY - this.underWay.size;
    if (free <= 0) return 0;
    const { store, quarantine, clock } = this.deps;
    const { due, unreadable } = await store.claim(free, this.due());
    for (const delivery of due) {
      const { deliveryId } = delivery;
      const done: Promise<unknown> = quarantine
        .attempt("delivery", deliveryId, clock(), () => this.deliver(delivery))
        .finally(() => this.underWay.delete(done));
      this.underWay.add(done);
    }
    for (const deliveryId of unreadable) {
      const error = new Error("its event or its endpoint can't be read");
      quarantine.failed("delivery", deliveryId, error, clock());
    }
    return due.length;
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private async deliver(delivery: DueDelivery): Promise<void> {
    const { store, logger, now, retryDelaysMs = RETRY_DELAYS_MS } = this.deps;
    const { deliveryId, endpointId } = delivery;
    const { attempt, retryAfterMs } = await this.attempt(delivery);
    const { status } = attempt;
    if (status !== null && status >= 200 && status < 300) {
      return await store.attempted(deliveryId, attempt, { state: "delivered" });
    }
    if (status === 410) {
      await store.attempted(deliveryId, attempt, { state: "failed" });
      await store.disable(endpointId, "it answered 410 Gone", now());
      logger.warn("webhook endpoint is gone", { endpointId });
      return;
    }
    const dueAt = nextAttemptAt(delivery.attempts + 1, this.due(), retryDelaysMs, retryAfterMs);
    await store.attempted(
      deliveryId,
      attempt,
      dueAt === null ? { state: "failed" } : { state: "pending", dueAt },
    );
    if (dueAt === null) logger.warn("webhook given up", { deliveryId, endpointId, status });
  }

  private async attempt(
    delivery: DueDelivery,
  ): Promise<{ attempt: Attempt; retryAfterMs: number }> {
    const { outbound, now, version } = this.deps;
    const at = now();
    const { eventId: id, body, secrets } = delivery;
    const timestamp = Math.floor(at / 1000);
    const headers = {
      "content-type": "application/json",
      "user-agent": `Lectern/${version}`,
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": sign({ id, timestamp, body }, secrets),
    };
    const started = performance.now();
    const elapsed = () => Math.round(performance.now() - started);
    try {
      const { status, retryAfter } = await outbound.post(new URL(delivery.url), headers, body);
      const error = status >= 300 && status < 400 ? "redirects are not followed" : null;
      const attempt = { at, status, error, ms: elapsed() };
      return { attempt, retryAfterMs: readRetryAfter(retryAfter, at) };
    } catch (error) {
      const text = error instanceof ForbiddenAddress ? error.message : explain(error);
      return { attempt: { at, status: null, error: text, ms: elapsed() }, retryAfterMs: 0 };
    }
  }
}

/** Sends until the returned function is called, which waits for what is under way. */
export function startWebhooks(deps: WebhookDeps): () => Promise<void> {
  const sender = new WebhookSender(deps);
  let polling: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    polling ??= deps.quarantine.attempt("walk", "webhooks", deps.clock(), () => sender.poll())
      .finally(() => polling = null);
  }, deps.pollMs ?? POLL_MS);
  return async () => {
    clearInterval(timer);
    await polling;
    await sender.settled();
  };
}

function explain(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}
