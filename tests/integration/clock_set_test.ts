/** The machine's clock is set in the middle of a lesson: nobody waits for it. */
import { expect } from "@std/expect";
import * as Y from "yjs";
import { filesOf } from "../../rooms/contract/document/schema.ts";
import { Quarantine } from "../../rooms/quarantine.ts";
import { Outbound } from "../../server/notify/outbound.ts";
import { WebhookSender } from "../../server/notify/webhooks.ts";
import { BookingClient } from "../support/http/booking_client.ts";
import type { TestClient } from "../support/room/client.ts";
import { LESSON, startHttp } from "../support/http/http_server.ts";
import { WebhookReceiver } from "../support/notify/webhook_receiver.ts";
import { RoomServer } from "../support/room/room_server.ts";

const BACK_MS = -30 * 60_000;
const DAY_MS = 86_400_000;

function write(client: TestClient, name: string): void {
  filesOf(client.doc).set(
    name,
    new Y.Map<unknown>([
      ["name", name],
      ["language", "python"],
      ["createdAt", 1],
      ["text", new Y.Text("print(1)")],
      ["tests", new Y.Map()],
    ]),
  );
}

for (
  const [how, ms] of [["back by half an hour", BACK_MS], ["forward by a day", DAY_MS]] as const
) {
  Deno.test(`with the clock set ${how} changes are saved, and buckets fill again`, async () => {
    await using server = await RoomServer.start({
      socket: { messagesPerSecond: 20, messageBurst: 40 },
      room: { savedMs: 300 },
    });
    const lesson = await server.book();
    const tutor = await server.join(lesson.tutor);
    write(tutor, "before.py");
    await tutor.stored();
    server.setTime(ms);
    // More than the burst: only what fills again lets it through.
    for (let round = 0; round < 6; round++) {
      for (let n = 0; n < 15; n++) await tutor.request("ping", {});
      write(tutor, `after-${round}.py`);
      await tutor.stored();
      server.advance(1000);
    }
    // Who is away is away for as long as ever, and no longer.
    const student = await server.join(lesson.student);
    const id = student.id;
    await student.close();
    await tutor.until(() => tutor.participant(id)?.connection === "reconnecting", "away");
    server.setTime(-ms);
    await tutor.request("ping", {});
    expect(tutor.participant(id)?.connection).toBe("reconnecting");
    server.advance(60_000);
    await tutor.until(() => tutor.participant(id)?.connection === "left", "gone");
  });

  Deno.test(`with the clock set ${how} wrong passcodes are forgotten as ever`, async () => {
    await using server = await RoomServer.start();
    const lesson = await server.book();
    const wrong = async () => {
      const client = server.connect();
      const error = await client.hello({ ...lesson.guest, passcode: "wrong" })
        .then(() => null, (error) => error.code);
      await client.close();
      return error;
    };
    for (let n = 0; n < 10; n++) expect(await wrong()).toBe("unauthorized");
    expect(await wrong()).toBe("rate-limited");
    server.setTime(ms);
    expect(await wrong()).toBe("rate-limited");
    server.advance(10_000);
    expect(await wrong()).toBe("unauthorized");
  });

  Deno.test(`with the clock set ${how} an API key has its requests of each minute`, async () => {
    const clock = { elapsed: 0 };
    await using server = await startHttp({
      apiRequestsPerMinute: 2,
      clock: () => clock.elapsed,
    });
    const status = async () => (await server.api("GET", "/meetings")).status;
    expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
    server.clock.now += ms;
    expect(await status()).toBe(429);
    clock.elapsed += 60_000;
    expect([await status(), await status(), await status()]).toEqual([200, 200, 429]);
  });
}

Deno.test("what waits to be sent doesn't wait for a clock that was set back, nor does a further attempt", async () => {
  await using server = await startHttp();
  await using receiver = new WebhookReceiver();
  receiver.now = () => server.clock.now;
  const { webhooks, apiKeys } = server.storage;
  const { secret } = await webhooks.create(receiver.url, null, server.clock.now);
  receiver.secret = secret;
  const client = await BookingClient.fetch(server.send, await apiKeys.create("b", 0));
  let elapsed = 0;
  const pass = (ms: number) => {
    elapsed += ms;
    server.clock.now += ms;
  };
  const sender = new WebhookSender({
    store: webhooks,
    outbound: new Outbound({ allowPrivate: true }),
    quarantine: new Quarantine({ failed() {}, released() {} }),
    logger: { warn() {} },
    now: () => server.clock.now,
    clock: () => elapsed,
    version: "test",
  });
  const sendAll = async () => {
    while (await sender.poll() > 0) await sender.settled();
  };
  await sendAll();
  await client.call("bookMeeting", { body: LESSON });
  server.clock.now += BACK_MS;
  receiver.answer = () => new Response(null, { status: 500 });
  await sendAll();
  expect(receiver.calls).toBe(1);
  receiver.answer = () => null;
  await sendAll();
  expect(receiver.calls).toBe(1);
  pass(5000);
  await sendAll();
  expect(receiver.calls).toBe(2);
  expect(receiver.taken).toHaveLength(1);
  expect(receiver.forged).toEqual([]);
});
