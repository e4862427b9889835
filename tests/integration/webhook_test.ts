/** Events as they reach a booking system: signed, in its words, once or more with one id, and never inside. */
import { expect } from "@std/expect";
import { EVENT_TYPES } from "../../db/outbox/events.ts";
import type { NewMeeting } from "../../db/bookings.ts";
import { Quarantine } from "../../rooms/quarantine.ts";
import { createLogger } from "../../server/logger.ts";
import { Outbound } from "../../server/notify/outbound.ts";
import { remindAll } from "../../server/notify/reminders.ts";
import { WebhookSender } from "../../server/notify/webhooks.ts";
import { BookingClient } from "../support/http/booking_client.ts";
import { type HttpServer, LESSON, startHttp } from "../support/http/http_server.ts";
import { until } from "../support/until.ts";
import { WebhookReceiver } from "../support/notify/webhook_receiver.ts";

const HOUR_MS = 3_600_000;
const BOOKING: NewMeeting = {
  ...LESSON,
  scheduledStart: null,
  scheduledEnd: null,
  bookingId: null,
  timeZone: null,
  isRecorded: false,
  encryption: "transport",
  policy: {},
};

function senderOf(server: HttpServer, outbound = new Outbound({ allowPrivate: true })) {
  return new WebhookSender({
    store: server.storage.webhooks,
    outbound,
    quarantine: new Quarantine({ failed() {}, released() {} }),
    logger: createLogger({ level: "error", format: "text", write: () => {} }),
    now: () => server.clock.now,
    clock: () => server.clock.now,
    version: "test",
  });
}

async function sendAll(sender: WebhookSender): Promise<void> {
  while (await sender.poll() > 0) await sender.settled();
}

async function connect(server: HttpServer): Promise<BookingClient> {
  return await BookingClient.fetch(server.send, await server.storage.apiKeys.create("b", 0));
}

async function subscribe(client: BookingClient, receiver: WebhookReceiver, events?: string[]) {
  const { body } = await client.call("createWebhookEndpoint", {
    body: { url: receiver.url, ...(events === undefined ? {} : { events }) },
  });
  receiver.secret = body.secret;
  return body.endpointId as string;
}

Deno.test("a booking system learns of everything that happens to a lesson, signed and as documented", async () => {
  await using server = await startHttp();
  await using receiver = new WebhookReceiver();
  receiver.now = () => server.clock.now;
  const client = await connect(server);
  await subscribe(client, receiver);
  const { meetings } = server.storage;
  const iso = (hours: number) => new Date(server.clock.now + hours * HOUR_MS).toISOString();
  const { body: booked } = await client.call("bookMeeting", {
    body: { ...LESSON, bookingId: "b-1", scheduledStart: iso(2), scheduledEnd: iso(3) },
  });
  const parameters = { meetingId: booked.meetingId };
  await client.call("changeMeeting", {
    parameters,
    body: { scheduledStart: iso(3), scheduledEnd: iso(4) },
  });
  await client.call("changeMeeting", { parameters, body: { isRecorded: true } });
  server.clock.now += 2.5 * HOUR_MS;
  const remind = () =>
    remindAll({
      meetings,
      beforeMs: HOUR_MS,
      quarantine: new Quarantine({ failed() {}, released() {} }),
      now: () => server.clock.now,
      clock: () => 0,
    });
  expect(await remind()).toBe(1);
  expect(await remind()).toBe(0);
  const ada = { participantId: "p-1", name: "Ada", role: "student" as const, userId: "s-1" };
  await meetings.start(booked.meetingId, server.clock.now);
  await meetings.recordJoin(booked.meetingId, ada, server.clock.now);
  const fifteen = 15 * 60_000;
  await meetings.extend(booked.meetingId, {
    byMs: fifteen,
    mostMs: fifteen,
    at: server.clock.now,
  });
  const recordingId = await server.record(booked.meetingId);
  await client.call("deleteRecording", { parameters: { recordingId } });
  await client.call("endMeeting", { parameters });
  const { body: other } = await client.call("bookMeeting", { body: LESSON });
  await client.call("cancelMeeting", { parameters: { meetingId: other.meetingId } });
  await sendAll(senderOf(server));

  expect(receiver.forged).toEqual([]);
  const types = receiver.taken.map(({ type }) => type).sort();
  expect(types).toEqual([
    "meeting.cancelled",
    "meeting.created",
    "meeting.created",
    "meeting.ended",
    "meeting.extended",
    "meeting.reminder",
    "meeting.rescheduled",
    "meeting.started",
    "participant.joined",
    "participant.left",
    "recording.deleted",
    "recording.ready",
  ]);
  expect([...new Set(types)]).toEqual([...EVENT_TYPES].sort());
  const webhooks = client.document["webhooks"] as Record<string, {
    post: { requestBody: { content: Record<string, { schema: Record<string, unknown> }> } };
  }>;
  for (const { type, body } of receiver.taken) {
    client.check(webhooks[type]!.post.requestBody.content["application/json"]!.schema, body);
  }
  const ids = new Set(receiver.taken.map(({ id }) => id));
  expect(ids.size).toBe(types.length);
  expect(JSON.stringify(receiver.taken)).not.toContain(booked.passcode);
});

Deno.test("an endpoint gets the events that it asked for, and a test only for itself", async () => {
  await using server = await startHttp();
  await using one = new WebhookReceiver();
  await using other = new WebhookReceiver();
  const client = await connect(server);
  await subscribe(client, one, ["meeting.cancelled"]);
  const endpointId = await subscribe(client, other);
  await client.call("bookMeeting", { body: LESSON });
  await client.call("testWebhookEndpoint", { parameters: { endpointId } });
  await sendAll(senderOf(server));
  expect(one.taken).toEqual([]);
  expect(other.taken.map(({ type }) => type).sort()).toEqual(["meeting.created", "webhook.test"]);
});

Deno.test("what fails is sent again with the same id, later and later, and then given up", async () => {
  await using server = await startHttp();
  await using receiver = new WebhookReceiver();
  receiver.now = () => server.clock.now;
  const client = await connect(server);
  const endpointId = await subscribe(client, receiver);
  receiver.answer = () => new Response(null, { status: 500 });
  await client.call("bookMeeting", { body: LESSON });
  const sender = senderOf(server);
  const waits: number[] = [];
  let last = server.clock.now;
  for (let step = 0; step < 10; step++) {
    await sendAll(sender);
    const { body } = await client.call("listWebhookDeliveries", { parameters: { endpointId } });
    const [delivery] = body.deliveries;
    expect(delivery.attempts.length).toBe(step + 1);
    if (delivery.dueAt === null) break;
    server.clock.now = Date.parse(delivery.dueAt);
    waits.push((server.clock.now - last) / 1000);
    last = server.clock.now;
  }
  expect(waits.slice(0, 6)).toEqual([5, 300, 1800, 7200, 18_000, 36_000]);
  const log = await client.call("listWebhookDeliveries", { parameters: { endpointId } });
  expect(log.body.deliveries[0].state).toBe("failed");

  receiver.answer = () => null;
  const { deliveryId, eventId } = log.body.deliveries[0];
  await client.call("redeliverWebhook", { parameters: { endpointId, deliveryId } });
  await sendAll(sender);
  expect(receiver.taken.map(({ id }) => id)).toEqual([eventId]);
  expect(receiver.forged).toEqual([]);
});

Deno.test("Retry-After is waited for, and 410 ends it until the endpoint is enabled again", async () => {
  await using server = await startHttp();
  await using receiver = new WebhookReceiver();
  receiver.now = () => server.clock.now;
  const client = await connect(server);
  const endpointId = await subscribe(client, receiver);
  const parameters = { endpointId };
  receiver.answer = () => new Response(null, { status: 503, headers: { "retry-after": "120" } });
  await client.call("bookMeeting", { body: LESSON });
  const sender = senderOf(server);
  await sendAll(sender);
  const { body } = await client.call("listWebhookDeliveries", { parameters });
  expect(Date.parse(body.deliveries[0].dueAt) - server.clock.now).toBe(120_000);

  receiver.answer = () => new Response(null, { status: 410 });
  server.clock.now += 120_000;
  await sendAll(sender);
  const [endpoint] = (await client.call("listWebhookEndpoints")).body.endpoints;
  expect(endpoint.disabledBecause).toBe("it answered 410 Gone");
  await client.call("bookMeeting", { body: LESSON });
  const { calls } = receiver;
  await sendAll(sender);
  expect(receiver.calls).toBe(calls);
  receiver.answer = () => null;
  await client.call("enableWebhookEndpoint", { parameters });
  await client.call("bookMeeting", { body: LESSON });
  await sendAll(sender);
  expect(receiver.taken.length).toBe(1);
});

Deno.test("while a secret is changed, the earlier one still verifies, for a day", async () => {
  await using server = await startHttp();
  await using receiver = new WebhookReceiver();
  receiver.now = () => server.clock.now;
  const client = await connect(server);
  const endpointId = await subscribe(client, receiver);
  const earlier = receiver.secret;
  const { body } = await client.call("rotateWebhookSecret", { parameters: { endpointId } });
  expect(body.secret).not.toBe(earlier);
  const verify = async (secret: string) => {
    receiver.secret = secret;
    receiver.forged.length = 0;
    await client.call("bookMeeting", { body: LESSON });
    await sendAll(senderOf(server));
    return receiver.forged.length === 0;
  };
  expect(await verify(earlier)).toBe(true);
  expect(await verify(body.secret)).toBe(true);
});

Deno.test("no endpoint leads into a private network, by whatever spelling", async () => {
  await using server = await startHttp({ outbound: new Outbound({ allowPrivate: false }) });
  const client = await connect(server);
  const inside = [
    "http://example.com/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://2130706433/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://10.0.0.8:8443/x",
    "https://169.254.169.254/latest/meta-data",
    "https://192.168.1.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://name:word@example.com/",
    "ftp://example.com/",
  ];
  for (const url of inside) {
    const { body } = await client.call("createWebhookEndpoint", { body: { url }, status: 422 });
    expect([url, body.errors[0].field]).toEqual([url, "url"]);
  }
  expect((await client.call("listWebhookEndpoints")).body.endpoints).toEqual([]);
});

Deno.test("a name that leads outside when it is registered and inside later reaches nobody", async () => {
  await using receiver = new WebhookReceiver();
  let addresses = ["93.184.216.34"];
  const outbound = new Outbound({
    allowPrivate: false,
    resolve: () => Promise.resolve(addresses),
  });
  await using server = await startHttp({ outbound });
  const client = await connect(server);
  const port = new URL(receiver.url).port;
  const { body } = await client.call("createWebhookEndpoint", {
    body: { url: `https://hooks.example.org:${port}/` },
  });
  for (addresses of [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"]]) {
    await client.call("testWebhookEndpoint", { parameters: { endpointId: body.endpointId } });
  }
  const sender = senderOf(server, outbound);
  for (addresses of [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"]]) {
    await sendAll(sender);
    server.clock.now += 5000;
  }
  const log = await client.call("listWebhookDeliveries", {
    parameters: { endpointId: body.endpointId },
  });
  for (const { attempts } of log.body.deliveries) {
    expect(attempts.length).toBeGreaterThan(0);
    for (const { error } of attempts) {
      expect(error).toBe("the address leads into a private network");
    }
  }
  expect(receiver.calls).toBe(0);
});

Deno.test("a redirect is not followed", async () => {
  await using server = await startHttp();
  await using target = new WebhookReceiver();
  await using receiver = new WebhookReceiver();
  receiver.now = () => server.clock.now;
  const client = await connect(server);
  const endpointId = await subscribe(client, receiver);
  receiver.answer = () => new Response(null, { status: 307, headers: { location: target.url } });
  await client.call("bookMeeting", { body: LESSON });
  await sendAll(senderOf(server));
  const { body } = await client.call("listWebhookDeliveries", { parameters: { endpointId } });
  expect(body.deliveries[0]).toMatchObject({
    state: "pending",
    attempts: [{ status: 307, error: "redirects are not followed" }],
  });
  expect(target.calls).toBe(0);
});

Deno.test("a process that is killed between commit and delivery, or in the middle of it, loses no event", async () => {
  await using server = await startHttp();
  await using receiver = new WebhookReceiver();
  receiver.now = () => server.clock.now;
  const client = await connect(server);
  await subscribe(client, receiver);
  const run = (...args: string[]) =>
    new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        new URL("../support/notify/webhook_process.ts", import.meta.url).href,
        ...args,
      ],
      stdin: "null",
    }).spawn();
  const path = server.storage.path;
  expect((await run(path, JSON.stringify(BOOKING)).status).signal).toBe("SIGKILL");
  expect(receiver.calls).toBe(0);

  // The next process is killed while the receiver thinks.
  const hold = Promise.withResolvers<Response>();
  receiver.answer = () => hold.promise;
  const sending = run(path);
  await receiver.until(() => receiver.calls === 1);
  sending.kill("SIGKILL");
  await sending.status;
  hold.resolve(new Response(null, { status: 500 }));
  receiver.answer = () => null;

  server.clock.now = Date.now() + 60_001;
  await sendAll(senderOf(server));
  expect(receiver.taken.map(({ type }) => type)).toEqual(["meeting.created"]);
  expect(receiver.forged).toEqual([]);
  await sendAll(senderOf(server));
  expect(receiver.taken.length).toBe(1);
});

Deno.test("processes that are killed between retries lose no event, and send each with one id", async () => {
  await using server = await startHttp();
  await using receiver = new WebhookReceiver();
  receiver.now = Date.now;
  const client = await connect(server);
  const endpointId = await subscribe(client, receiver);
  server.clock.now = Date.now();
  const { body: booked } = await client.call("bookMeeting", { body: LESSON });
  await client.call("cancelMeeting", { parameters: { meetingId: booked.meetingId } });
  const ids = new Set<string>();
  receiver.answer = (id) => {
    ids.add(id);
    return new Response(null, { status: 503 });
  };
  const attempts = async () => {
    const { body } = await client.call("listWebhookDeliveries", { parameters: { endpointId } });
    return body.deliveries.flatMap((delivery: { attempts: unknown[] }) => delivery.attempts).length;
  };
  for (let kill = 0; kill < 3; kill++) {
    const sending = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        new URL("../support/notify/webhook_process.ts", import.meta.url).href,
        server.storage.path,
      ],
      stdin: "null",
    }).spawn();
    // Both events were tried by this process, and wait for their next time.
    await until(async () => await attempts() >= 2 * (kill + 1));
    sending.kill("SIGKILL");
    await sending.status;
  }
  expect(ids.size).toBe(2);

  receiver.answer = () => null;
  server.clock.now = Date.now() + 2 * 60_000;
  receiver.now = () => server.clock.now;
  await sendAll(senderOf(server));
  expect(receiver.taken.map(({ type }) => type).sort())
    .toEqual(["meeting.cancelled", "meeting.created"]);
  expect(new Set(receiver.taken.map(({ id }) => id))).toEqual(ids);
  expect(receiver.forged).toEqual([]);
});
