/** Mails as people get them: by a real SMTP server, with a calendar entry that a calendar's library reads. */
import { readFragment } from "../../rooms/contract/link_fragment.ts";
import { expect } from "@std/expect";
import ICAL from "ical.js";
import { openDatabase } from "../../db/database.ts";
import type { NewMeeting } from "../../db/bookings.ts";
import { deleteRecording } from "../../recorder/store/recording_deletion.ts";
import { SqlRecordings } from "../../recorder/store/recordings.ts";
import { openTestStorage, type TestStorage } from "../../db/testing/storage.ts";
import { Quarantine } from "../../rooms/quarantine.ts";
import { createLogger } from "../../server/logger.ts";
import { Catalogues } from "../../server/notify/catalogues.ts";
import { Mailer } from "../../server/notify/mails.ts";
import english from "../../server/notify/messages/mails/en.json" with { type: "json" };
import type { MailsMessages } from "../../server/notify/messages/mails/messages.ts";
import { Mailbox, type Received } from "../support/notify/mailbox.ts";

const HOUR_MS = 3_600_000;
/** Paris turns its clocks at 01:00 UTC that night: the lesson begins before and ends after. */
const START = Date.parse("2031-03-30T00:30:00Z");
const BOOKED_AT = START - 48 * HOUR_MS;

const BOOKING: NewMeeting = {
  title: "Algèbre, part 1",
  tutor: { id: "t-1", name: "Mia", email: "mia@example.org", timeZone: "America/New_York" },
  students: [
    { id: "s-1", name: "Ada", email: "ada@example.org", timeZone: "Europe/Paris" },
    { id: "s-2", name: "Tom" },
  ],
  scheduledStart: START,
  scheduledEnd: START + HOUR_MS,
  bookingId: null,
  timeZone: null,
  isRecorded: false,
  encryption: "transport",
  policy: {},
};

const GERMAN = {
  ...english,
  hello: "Hallo {name},",
  "first.invitation": "Du hast Unterricht: {title}.",
  join: "Zum Unterricht",
  early: "{minutes, plural, one {Ab # Minute vorher} other {Ab # Minuten vorher}} ist offen.",
};

async function setUp(catalogues?: Catalogues<MailsMessages>) {
  const clock = { now: BOOKED_AT };
  const storage = await openTestStorage(() => clock.now);
  const mailbox = await Mailbox.open();
  await storage.mails.open();
  const mailer = mailerOf(storage, mailbox, clock, catalogues);
  const send = async () => {
    while (await mailer.poll() > 0);
    return mailbox.received.splice(0);
  };
  return {
    clock,
    storage,
    mailbox,
    send,
    async [Symbol.asyncDispose]() {
      await mailbox[Symbol.asyncDispose]();
      await storage[Symbol.asyncDispose]();
    },
  };
}

function mailerOf(
  storage: TestStorage,
  mailbox: Mailbox,
  clock: { now: number },
  catalogues?: Catalogues<MailsMessages>,
): Mailer {
  return new Mailer({
    store: storage.mails,
    meetings: storage.meetings,
    smtp: {
      host: "127.0.0.1",
      port: mailbox.port,
      secure: false,
      auth: null,
      from: "Lectern <lessons@example.org>",
    },
    publicUrl: "https://lessons.example.org",
    joinEarlyMs: 15 * 60_000,
    ...(catalogues === undefined ? {} : { catalogues }),
    quarantine: new Quarantine({ failed() {}, released() {} }),
    logger: createLogger({ level: "error", format: "text", write: () => {} }),
    now: () => clock.now,
    clock: () => clock.now,
  });
}

function to(received: readonly Received[], address: string): Received {
  const found = received.filter((mail) => mail.to.includes(address));
  expect(found.length).toBe(1);
  return found[0]!;
}

function partOf({ parts }: Received, type: string): string {
  const found = parts.find((part) => part.type.startsWith(type));
  if (found === undefined) throw new Error(`no part of type ${type}`);
  return found.text;
}

function entryOf(mail: Received) {
  const calendar = new ICAL.Component(ICAL.parse(partOf(mail, "text/calendar")));
  const event = new ICAL.Event(calendar.getFirstSubcomponent("vevent")!);
  return {
    method: calendar.getFirstPropertyValue("method"),
    uid: event.uid,
    sequence: event.sequence,
    summary: event.summary,
    start: event.startDate.toJSDate().getTime(),
    end: event.endDate.toJSDate().getTime(),
    attendees: event.attendees.map((attendee) => attendee.getFirstValue()),
  };
}

Deno.test("the mails of a lesson that is encrypted end to end have links that promise it, and others don't", async () => {
  for (const encryption of ["e2ee", "transport"] as const) {
    await using test = await setUp();
    const { meeting } = await test.storage.meetings.create({ ...BOOKING, encryption });
    const text = partOf(to(await test.send(), "ada@example.org"), "text/plain");
    const [url = ""] = /https:\/\/\S+#invite=\S+/.exec(text)!;
    const { invite, isEncrypted } = readFragment(new URL(url).hash);
    expect([encryption, isEncrypted]).toEqual([encryption, encryption === "e2ee"]);
    expect(await test.storage.meetings.findInvite(meeting.meetingId, invite!))
      .toMatchObject({ userId: "s-1" });
  }
});

Deno.test("each person is written to in the language that was booked for them, with its dates and its name of their zone", async () => {
  await using test = await setUp(new Catalogues({ en: english, de: GERMAN }));
  const [ada, tom] = BOOKING.students;
  await test.storage.meetings.create({
    ...BOOKING,
    students: [{ ...ada!, locale: "de" }, { ...tom!, email: "tom@example.org", locale: "ja" }],
  });
  const received = await test.send();
  const mail = to(received, "ada@example.org");
  const text = partOf(mail, "text/plain");
  expect(text).toContain("Hallo Ada,");
  expect(text).toContain("Du hast Unterricht: Algèbre, part 1.");
  expect(text).toContain("Sonntag, 30. März 2031, 01:30–03:30 (Mitteleuropäische Zeit)");
  expect(text).toContain("Ab 15 Minuten vorher ist offen.");
  expect(partOf(mail, "text/html")).toContain('<html lang="de" dir="ltr">');
  // Nobody gets half a mail: a language that isn't offered is answered in English.
  expect(partOf(to(received, "tom@example.org"), "text/plain")).toContain("Hello Tom,");
  expect(partOf(to(received, "mia@example.org"), "text/plain")).toContain("Hello Mia,");
});

Deno.test("a booking invites everybody with an address, by a link of their own and in their time zone", async () => {
  await using test = await setUp();
  const { meeting } = await test.storage.meetings.create(BOOKING);
  const received = await test.send();
  expect(received.length).toBe(2);
  const ada = to(received, "ada@example.org");
  const text = partOf(ada, "text/plain");
  expect(text).toContain("Hello Ada");
  expect(text).toContain("Sunday, 30 March 2031, 01:30–03:30 (Paris time)");
  expect(partOf(to(received, "mia@example.org"), "text/plain"))
    .toContain("Saturday, 29 March 2031, 20:30–21:30 (New York time)");
  const html = partOf(ada, "text/html");
  expect(html).toContain("prefers-color-scheme: dark");

  const link = /https:\/\/\S+#invite=(\S+)/.exec(text)!;
  expect(html).toContain(link[0].replaceAll("&", "&amp;"));
  expect(await test.storage.meetings.findInvite(meeting.meetingId, link[1]!))
    .toMatchObject({ userId: "s-1", role: "student" });
  const lessons = /https:\/\/\S+\/lessons#token=(\S+)/.exec(text)!;
  expect(html).toContain(lessons[0]);
  expect(await test.storage.lessonsLinks.find(lessons[1]!, test.clock.now)).toBe("s-1");
  expect(entryOf(ada)).toEqual({
    method: "REQUEST",
    uid: `${meeting.meetingId}@lectern`,
    sequence: 0,
    summary: "Algèbre, part 1",
    start: START,
    end: START + HOUR_MS,
    attendees: ["mailto:ada@example.org"],
  });
  expect(await test.send()).toEqual([]);
});

Deno.test("a change and a cancellation find the entry in the calendar again", async () => {
  await using test = await setUp();
  const { meeting: { meetingId } } = await test.storage.meetings.create(BOOKING);
  const invited = entryOf(to(await test.send(), "ada@example.org"));
  await test.storage.meetings.change(meetingId, {
    scheduledStart: START + HOUR_MS,
    scheduledEnd: START + 2 * HOUR_MS,
  });
  const changed = entryOf(to(await test.send(), "ada@example.org"));
  await test.storage.meetings.cancel(meetingId, test.clock.now);
  const mail = to(await test.send(), "ada@example.org");
  const cancelled = entryOf(mail);
  expect([invited, changed, cancelled].map(({ method, sequence }) => [method, sequence]))
    .toEqual([["REQUEST", 0], ["REQUEST", 1], ["CANCEL", 2]]);
  expect(new Set([invited.uid, changed.uid, cancelled.uid]).size).toBe(1);
  expect(changed.start).toBe(START + HOUR_MS);
  expect(partOf(mail, "text/plain")).not.toContain("#invite=");
});

Deno.test("people are reminded once, and nobody is invited to what was called off meanwhile", async () => {
  await using test = await setUp();
  const { meetings } = test.storage;
  const { meeting: { meetingId } } = await meetings.create(BOOKING);
  await test.send();
  test.clock.now = START - HOUR_MS / 2;
  for (let time = 0; time < 2; time++) {
    for (const id of await meetings.toRemind(HOUR_MS, test.clock.now)) {
      await meetings.remind(id, test.clock.now);
    }
  }
  const reminded = await test.send();
  expect(reminded.map((mail) => mail.to[0]).sort()).toEqual(["ada@example.org", "mia@example.org"]);
  expect(partOf(reminded[0]!, "text/plain")).toContain("begins soon");

  const { meeting: other } = await meetings.create(BOOKING);
  await meetings.cancel(other.meetingId, test.clock.now);
  const kinds = (await test.send()).map((mail) => entryOf(mail).method);
  expect(kinds).toEqual(["CANCEL", "CANCEL"]);
  expect(meetingId).not.toBe(other.meetingId);
});

Deno.test("who is added later is invited then, and nobody is invited again", async () => {
  await using test = await setUp();
  const { meetings } = test.storage;
  const { meeting: { meetingId } } = await meetings.create(BOOKING);
  const zoe = { id: "s-9", name: "Zoe", email: "zoe@example.org", timeZone: "Asia/Tokyo" };
  // One before the invitations were made, one after.
  await meetings.addStudent(meetingId, { ...zoe, id: "s-8", email: "yan@example.org" });
  expect((await test.send()).map((mail) => mail.to[0]).sort())
    .toEqual(["ada@example.org", "mia@example.org", "yan@example.org"]);
  await meetings.addStudent(meetingId, zoe);
  const [mail, ...more] = await test.send();
  expect(more).toEqual([]);
  expect(mail?.to).toEqual(["zoe@example.org"]);
  const text = partOf(mail!, "text/plain");
  expect(text).toContain("Sunday, 30 March 2031, 09:30–10:30 (Tokyo time)");
  const [, token = ""] = /#invite=(\S+)/.exec(text)!;
  expect(await meetings.findInvite(meetingId, token)).toMatchObject({ userId: "s-9" });
  expect(entryOf(mail!)).toMatchObject({ method: "REQUEST", start: START });
});

Deno.test("a recording that is ready is told to everybody by a link that opens it, and a deleted one to nobody", async () => {
  await using test = await setUp();
  const { meetings, path } = test.storage;
  const { meeting: { meetingId } } = await meetings.create({ ...BOOKING, isRecorded: true });
  await test.send();
  const database = await openDatabase({ kind: "file", path, synchronous: "normal" });
  await using closing = new AsyncDisposableStack();
  closing.defer(() => database.close());
  const recordings = new SqlRecordings(database.query);
  const { recordingId } = (await recordings.begin(meetingId, { at: START, seq: 0 }))!;
  test.clock.now = START + HOUR_MS;
  await meetings.complete(meetingId, test.clock.now);
  await recordings.end(recordingId, { at: test.clock.now, seq: 0 });
  const received = await test.send();
  expect(received.map((mail) => mail.to[0]).sort()).toEqual(["ada@example.org", "mia@example.org"]);
  const ada = to(received, "ada@example.org");
  expect(ada.parts.some((part) => part.type.startsWith("text/calendar"))).toBe(false);
  const text = partOf(ada, "text/plain");
  const [url = "", token = ""] = /https:\/\/\S+#invite=(\S+)/.exec(text)!;
  expect(new URL(url).pathname).toBe(`/recordings/${recordingId}`);
  expect(await meetings.findInvite(meetingId, token)).toMatchObject({ userId: "s-1" });
  expect(await test.send()).toEqual([]);

  const { meeting: other } = await meetings.create({ ...BOOKING, isRecorded: true });
  await test.send();
  const deleted = (await recordings.begin(other.meetingId, { at: START, seq: 0 }))!.recordingId;
  await recordings.end(deleted, { at: test.clock.now, seq: 0 });
  await meetings.complete(other.meetingId, test.clock.now);
  await deleteRecording(database.query, deleted, test.clock.now);
  expect(await test.send()).toEqual([]);
});

Deno.test("a mail that the server puts off is sent later, and one that it refuses for good is not", async () => {
  await using test = await setUp();
  await test.storage.meetings.create({ ...BOOKING, students: [] });
  const refuse = (code: number) => () => {
    throw Object.assign(new Error("not now"), { responseCode: code });
  };
  test.mailbox.take = refuse(451);
  expect(await test.send()).toEqual([]);
  test.mailbox.take = () => {};
  expect(await test.send()).toEqual([]);
  test.clock.now += 60_000;
  expect((await test.send()).length).toBe(1);

  await test.storage.meetings.create({ ...BOOKING, students: [] });
  test.mailbox.take = refuse(554);
  expect(await test.send()).toEqual([]);
  test.mailbox.take = () => {};
  test.clock.now += 12 * HOUR_MS;
  expect(await test.send()).toEqual([]);
});

Deno.test("a process that is killed before, between and in the middle of mails sends none of them twice", async () => {
  await using test = await setUp();
  test.clock.now = Date.now();
  const later = { scheduledStart: Date.now() + HOUR_MS, scheduledEnd: Date.now() + 2 * HOUR_MS };
  const students = Array.from({ length: 4 }, (_, index) => ({
    id: `s-${index}`,
    name: `Student ${index}`,
    email: `s${index}@example.org`,
  }));
  await test.storage.meetings.create({ ...BOOKING, ...later, students });
  const seen: string[] = [];
  const reached = Promise.withResolvers<void>();
  const never = Promise.withResolvers<void>();
  test.mailbox.take = async ({ to }) => {
    seen.push(to[0]!);
    if (seen.length < 3) return;
    // All of the third message is here, and the sender waits for the answer.
    reached.resolve();
    await never.promise;
  };
  const sending = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      new URL("../support/notify/mail_process.ts", import.meta.url).href,
      test.storage.path,
      String(test.mailbox.port),
    ],
    stdin: "null",
  }).spawn();
  await reached.promise;
  sending.kill("SIGKILL");
  await sending.status;
  never.resolve();

  test.mailbox.take = ({ to }) => void seen.push(to[0]!);
  test.clock.now = Date.now() + 6 * 60_000;
  await test.send();
  await test.send();
  expect(seen.toSorted()).toEqual(
    ["mia@example.org", ...students.map(({ email }) => email)].sort(),
  );
});

Deno.test("breaks of lines in a title or a name make no line of their own in a mail or its calendar entry", async () => {
  for (const mark of ["\r", "\n", "\r\n", "\u2028", "\x85"]) {
    await using test = await setUp();
    const forged = `Algebra${mark}ATTENDEE:mailto:eve@example.org${mark}Bcc: eve@example.org`;
    await test.storage.meetings.create({
      ...BOOKING,
      title: forged,
      students: [{ id: "s-1", name: forged, email: "ada@example.org" }],
    });
    const mail = to(await test.send(), "ada@example.org");
    expect(mail.to).toEqual(["ada@example.org"]);
    expect(mail.headers.has("bcc")).toBe(false);
    expect(mail.headers.has("attendee")).toBe(false);
    expect(entryOf(mail).attendees).toEqual(["mailto:ada@example.org"]);
    const lines = partOf(mail, "text/calendar").split(/\r\n|[\r\n\x85\u2028]/);
    expect(lines.filter((line) => /^(ATTENDEE:|Bcc)/.test(line))).toEqual([]);
  }
});
