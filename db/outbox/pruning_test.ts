import { expect } from "@std/expect";
import type { Mails } from "./mails.ts";
import type { NewMeeting } from "../bookings.ts";
import { openTestStorage } from "../testing/storage.ts";
import { OUTBOX_MS } from "./pruning.ts";
import type { Storage } from "../storage.ts";

const DAY_MS = 24 * 3_600_000;
const BOOKING: NewMeeting = {
  title: "Algebra",
  tutor: { id: "t-1", name: "Mia", email: "mia@example.org" },
  students: [],
  scheduledStart: null,
  scheduledEnd: null,
  bookingId: null,
  timeZone: null,
  isRecorded: false,
  encryption: "transport",
  policy: {},
};

async function makeMails(mails: Mails): Promise<void> {
  for (const event of await mails.news()) {
    await mails.make(event, 0);
    await mails.passed(event);
  }
}

async function prune(storage: Storage, now: number): Promise<number> {
  let rows = 0;
  for (const forget of Object.values(storage.prune)) rows += await forget(now);
  return rows;
}

Deno.test("what was delivered long ago is forgotten, what is still to be sent is not", async () => {
  let now = 0;
  await using storage = await openTestStorage(() => now);
  const { meetings, webhooks, mails, idempotency } = storage;
  await mails.open();
  const { endpoint: { endpointId } } = await webhooks.create("https://hooks.example.org/", null, 0);
  const { meeting: held } = await meetings.create(BOOKING);
  await meetings.complete(held.meetingId, 0);
  const log = async () => (await webhooks.deliveries(endpointId, 100)).length;
  expect(await log()).toBe(2);
  const { due: [first] } = await webhooks.claim(1, 0);
  const attempt = { at: 0, status: 204, error: null, ms: 1 };
  await webhooks.attempted(first!.deliveryId, attempt, { state: "delivered" });
  await makeMails(mails);

  const request = { keyId: 1, apiKey: "lk_x", idempotencyKey: "once", request: "post /" };
  await idempotency.begin(request, 1);
  expect(await prune(storage, DAY_MS)).toBe(0);
  expect(await prune(storage, DAY_MS + 2)).toBe(1);

  now = OUTBOX_MS;
  expect(await prune(storage, now)).toBe(0);
  now = OUTBOX_MS + 1;
  expect(await prune(storage, now)).toBe(1);
  expect(await log()).toBe(1);
  const { due: [second] } = await webhooks.claim(1, now);
  expect(second?.body).toContain("meeting.ended");
  await webhooks.attempted(second!.deliveryId, attempt, { state: "delivered" });
  for (const { mailId } of (await mails.claim(10, now)).due) {
    await mails.finish(mailId, "dropped", null);
  }
  // The delivery, the mail, and both events that nobody needs any more.
  expect(await prune(storage, now)).toBe(4);
  expect(await prune(storage, now + DAY_MS)).toBe(0);
});

Deno.test("the event of a booking stays while the lesson is open: who is added later is invited by it", async () => {
  let now = 0;
  await using storage = await openTestStorage(() => now);
  const { meetings, mails } = storage;
  await mails.open();
  const { meeting } = await meetings.create({ ...BOOKING, tutor: { id: "t-1", name: "Mia" } });
  await makeMails(mails);
  now = 2 * OUTBOX_MS;
  expect(await prune(storage, now)).toBe(0);
  await meetings.addStudent(meeting.meetingId, { id: "s", name: "Ada", email: "ada@example.org" });
  expect((await mails.claim(10, now)).due.map(({ kind, to }) => [kind, to.email]))
    .toEqual([["invitation", "ada@example.org"]]);
});
