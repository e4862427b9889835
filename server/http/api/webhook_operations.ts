/** Webhook endpoints: where events are sent, what was sent, and sending it again. */
import { z } from "zod";
import type { KeyScope } from "../../../db/api_keys.ts";
import type { DeliveryLogEntry, WebhookEndpoint } from "../../../db/outbox/webhooks.ts";
import { storable } from "../../../rooms/contract/protocol/text.ts";
import type { Uses } from "../context.ts";
import { isoTime } from "../meeting_answers.ts";
import { type Operation, operation, unusableField } from "./operation.ts";
import { Problem } from "../problems.ts";
import { WEBHOOKS } from "./webhook_events.ts";

export type WebhookDeps = Uses<
  {
    webhooks:
      | "list"
      | "find"
      | "create"
      | "delete"
      | "test"
      | "rotate"
      | "enable"
      | "deliveries"
      | "redeliver";
    outbound: "check";
    now: true;
  }
>;
type Event = NonNullable<WebhookEndpoint["events"]>[number];

const MAX_ENDPOINTS = 50;
const LOG_ENTRIES = 100;
const TYPES = WEBHOOKS.map(({ type }) => type) as [Event, ...Event[]];

const time = z.iso.datetime();
const eventList = z.array(z.enum(TYPES)).min(1).max(TYPES.length);

const newEndpointSchema = z.strictObject({
  url: z.url().max(1000).refine(...storable).describe("Begins with https:"),
  events: eventList.optional().describe("All when left out"),
}).meta({ id: "NewWebhookEndpoint" });

const endpointSchema = z.strictObject({
  endpointId: z.string(),
  url: z.string().describe("Keys that may only read see where it leads, without path and query"),
  events: eventList.nullable().describe("Null for all"),
  createdAt: time,
  disabledAt: time.nullable(),
  disabledBecause: z.string().nullable(),
}).meta({ id: "WebhookEndpoint" });

const secret = z.string().describe(
  "Signs every message (Standard Webhooks 1.0). It can't be read again later",
);
const createdSchema = z.strictObject({ ...endpointSchema.shape, secret })
  .meta({ id: "CreatedWebhookEndpoint" });

const deliverySchema = z.strictObject({
  deliveryId: z.string(),
  eventId: z.string().describe("The `webhook-id` that it is sent with"),
  type: z.string(),
  state: z.enum(["pending", "delivered", "failed"]),
  createdAt: time,
  dueAt: time.nullable().describe("When it is sent next"),
  attempts: z.array(z.strictObject({
    at: time,
    status: z.int().nullable().describe("Null when nobody answered"),
    error: z.string().nullable(),
    ms: z.int(),
  })),
}).meta({ id: "WebhookDelivery" });

export function webhookOperations({ webhooks, outbound, now }: WebhookDeps): Operation[] {
  const tag = "Webhook endpoints";
  const find = async (endpointId: string): Promise<WebhookEndpoint> => {
    const endpoint = await webhooks.find(endpointId);
    if (endpoint === null) throw new Problem("not-found", "There is no such endpoint.");
    return endpoint;
  };

  return [
    operation({
      id: "createWebhookEndpoint",
      method: "post",
      path: "/webhooks",
      tag,
      summary: "Have events sent to an address",
      body: newEndpointSchema,
      status: 201,
      answer: createdSchema,
      refusals: [409],
    }, async ({ body }) => {
      if ((await webhooks.list()).length >= MAX_ENDPOINTS) {
        throw new Problem("conflict", `There are ${MAX_ENDPOINTS} endpoints; delete one first.`);
      }
      await outbound.check(new URL(body.url)).catch((error: Error) => {
        const known = error.name === "ForbiddenAddress";
        throw unusableField("url", known ? error.message : "the name can't be resolved");
      });
      const made = await webhooks.create(body.url, body.events ?? null, now());
      return { body: { ...endpointJson(made.endpoint, "write"), secret: made.secret } };
    }),

    operation({
      id: "listWebhookEndpoints",
      method: "get",
      path: "/webhooks",
      tag,
      summary: "List the addresses that events are sent to",
      answer: z.strictObject({ endpoints: z.array(endpointSchema) })
        .meta({ id: "WebhookEndpointList" }),
    }, async ({ apiKey: { scope } }) => ({
      body: { endpoints: (await webhooks.list()).map((endpoint) => endpointJson(endpoint, scope)) },
    })),

    operation({
      id: "deleteWebhookEndpoint",
      method: "delete",
      path: "/webhooks/{endpointId}",
      tag,
      summary: "Send nothing more to an address, and forget what waits for it",
      status: 204,
      refusals: [404],
    }, async ({ params: { endpointId } }) => {
      await find(endpointId);
      await webhooks.delete(endpointId);
      return { body: undefined };
    }),

    operation({
      id: "testWebhookEndpoint",
      method: "post",
      path: "/webhooks/{endpointId}/test",
      tag,
      summary: "Send a test event",
      description:
        "Of type `webhook.test`, to this endpoint alone. Its delivery log tells how it went.",
      status: 202,
      answer: z.strictObject({ deliveryId: z.string() }).meta({ id: "SentTest" }),
      refusals: [404],
    }, async ({ params: { endpointId } }) => {
      await find(endpointId);
      return { body: { deliveryId: await webhooks.test(endpointId, now()) } };
    }),

    operation({
      id: "rotateWebhookSecret",
      method: "post",
      path: "/webhooks/{endpointId}/rotate",
      tag,
      summary: "Change the secret",
      description: "The secret before signs too for a day, so that no message is lost meanwhile.",
      answer: z.strictObject({ secret }).meta({ id: "RotatedSecret" }),
      refusals: [404],
    }, async ({ params: { endpointId } }) => {
      const rotated = await webhooks.rotate(endpointId, now());
      if (rotated === null) throw new Problem("not-found", "There is no such endpoint.");
      return { body: { secret: rotated } };
    }),

    operation({
      id: "enableWebhookEndpoint",
      method: "post",
      path: "/webhooks/{endpointId}/enable",
      tag,
      summary: "Send again to an endpoint that was disabled",
      answer: endpointSchema,
      refusals: [404],
    }, async ({ params: { endpointId } }) => {
      await webhooks.enable(endpointId);
      return { body: endpointJson(await find(endpointId), "write") };
    }),

    operation({
      id: "listWebhookDeliveries",
      method: "get",
      path: "/webhooks/{endpointId}/deliveries",
      tag,
      summary: `What was sent, newest first: the last ${LOG_ENTRIES}`,
      answer: z.strictObject({ deliveries: z.array(deliverySchema) })
        .meta({ id: "WebhookDeliveryList" }),
      refusals: [404],
    }, async ({ params: { endpointId } }) => {
      await find(endpointId);
      const entries = await webhooks.deliveries(endpointId, LOG_ENTRIES);
      return { body: { deliveries: entries.map(deliveryJson) } };
    }),

    operation({
      id: "redeliverWebhook",
      method: "post",
      path: "/webhooks/{endpointId}/deliveries/{deliveryId}/redeliver",
      tag,
      summary: "Send an event once more, with the same id",
      status: 202,
      answer: z.strictObject({ deliveryId: z.string() }).meta({ id: "Redelivered" }),
      refusals: [404],
    }, async ({ params: { endpointId, deliveryId } }) => {
      if (!await webhooks.redeliver(endpointId, deliveryId, now())) {
        throw new Problem("not-found", "There is no such delivery.");
      }
      return { body: { deliveryId } };
    }),
  ];
}

/** An address often is a secret itself: who knows it may send to it. */
function endpointJson(
  endpoint: WebhookEndpoint,
  scope: KeyScope,
): z.output<typeof endpointSchema> {
  return {
    ...endpoint,
    url: scope === "write" ? endpoint.url : new URL(endpoint.url).origin,
    createdAt: isoTime(endpoint.createdAt),
    disabledAt: isoTime(endpoint.disabledAt),
  };
}

function deliveryJson(entry: DeliveryLogEntry): z.output<typeof deliverySchema> {
  return {
    ...entry,
    createdAt: isoTime(entry.createdAt),
    dueAt: isoTime(entry.dueAt),
    attempts: entry.attempts.map((attempt) => ({ ...attempt, at: isoTime(attempt.at) })),
  };
}
