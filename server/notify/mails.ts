/**
 * Writes and sends the mails that events ask for.
 *
 * Invariant: nothing is sent twice. What a server refused is tried again; what was cut off in the middle is not.
 * Invariant: an event or a mail with a fault of its own holds up no other.
 */
import type { DueMail, MailedEvent, Mails } from "../../db/outbox/mails.ts";
import type { Meeting } from "../../db/meetings.ts";
import type { BookingStore } from "../../db/storage.ts";
import type { MonotonicMs, UnixMs } from "../../rooms/clocks.ts";
import { writeFragment } from "../../rooms/contract/link_fragment.ts";
import type { Logger } from "../../rooms/contract/logger.ts";
import type { Quarantine } from "../../rooms/quarantine.ts";
import { writeCalendarEvent } from "./calendar.ts";
import { dueTime } from "./due_time.ts";
import type { Catalogues } from "./catalogues.ts";
import type { MailsMessages } from "./messages/mails/messages.ts";
import { writeLetter } from "./mail_texts.ts";
import { nextAttemptAt } from "./retries.ts";
import { addressOf, type Mail, sendMail, type SmtpOptions } from "./smtp.ts";

export interface MailDeps {
  store: Omit<Mails, "db">;
  meetings: Pick<BookingStore, "read">;
  smtp: SmtpOptions;
  publicUrl: string;
  joinEarlyMs: number;
  /** Of what the mails are written; Lectern's own when left out. */
  catalogues?: Catalogues<MailsMessages>;
  quarantine: Quarantine;
  logger: Pick<Logger, "warn">;
  now(): UnixMs;
  clock(): MonotonicMs;
  retryDelaysMs?: readonly number[];
  pollMs?: number;
}

const POLL_MS = 1000;
const AT_ONCE = 10;
const MAX_LEFT = 1000;
const MINUTE_MS = 60_000;
/** A lesson is over by the next morning: what isn't delivered by then isn't needed. */
const DELAYS_MS = [0, 1, 5, 15, 60, 180, 360].map((minutes) => minutes * MINUTE_MS);

export class Mailer {
  /** Events that no mails could be made of. */
  private readonly left = new Map<string, MailedEvent>();
  private readonly due: () => UnixMs;

  constructor(private readonly deps: MailDeps) {
    this.due = dueTime(deps);
  }

  /** Sends what is due, one after the other; answers how many were taken. */
  async poll(): Promise<number> {
    const { store, quarantine, clock } = this.deps;
    for (const event of this.left.values()) await this.make(event);
    while (await this.collect() > 0);
    const { due, unreadable } = await store.claim(AT_ONCE, this.due());
    for (const mail of due) {
      await quarantine.attempt("mail", mail.mailId, clock(), () => this.deliver(mail));
    }
    for (const mailId of unreadable) {
      quarantine.failed("mail", mailId, new Error("its reader isn't booked any more"), clock());
    }
    return due.length;
  }

  /** Makes mails of new events; answers how many events were looked at. */
  private async collect(): Promise<number> {
    const events = await this.deps.store.news();
    for (const event of events) {
      await this.make(event);
      await this.deps.store.passed(event);
    }
    return events.length;
  }

  private async make(event: MailedEvent): Promise<void> {
    const { store, quarantine, now, clock } = this.deps;
    const { eventId } = event;
    const made = await quarantine.attempt(
      "event",
      eventId,
      clock(),
      () => store.make(event, now()),
    );
    if (made) this.left.delete(eventId);
    else if (this.left.size < MAX_LEFT) this.left.set(eventId, event);
  }

  private async deliver(due: DueMail): Promise<void> {
    const { store, meetings, smtp, logger, now } = this.deps;
    const { mailId } = due;
    const meeting = await meetings.read(due.meetingId);
    if (meeting === null || !isStillTrue(due, meeting, now())) {
      return await store.finish(mailId, "dropped", null);
    }
    let begun = false;
    try {
      await sendMail(smtp, await this.write(due, meeting), async () => {
        begun = await store.begin(mailId);
        return begun;
      });
    } catch (error) {
      const text = explain(error);
      if (begun && !wasRefused(error)) {
        await store.finish(mailId, "failed", `${text}; it may have arrived`);
        logger.warn("mail cut off", { mailId, error: text });
        return;
      }
      const { retryDelaysMs = DELAYS_MS } = this.deps;
      const dueAt = isFinal(error)
        ? null
        : nextAttemptAt(due.attempts + 1, this.due(), retryDelaysMs);
      if (dueAt !== null) return await store.retry(mailId, dueAt, text);
      await store.finish(mailId, "failed", text);
      logger.warn("mail not delivered", { mailId, error: text });
      return;
    }
    await store.finish(mailId, "sent", null);
  }

  private async write(due: DueMail, meeting: Meeting): Promise<Mail> {
    const { catalogues, publicUrl, smtp, joinEarlyMs, now } = this.deps;
    const { kind, to, mailId } = due;
    const { meetingId, passcode, scheduledStart: start, scheduledEnd: end } = meeting;
    let url: string | null = null;
    if (kind !== "cancellation") {
      const token = await this.deps.store.issueLink(due, now());
      const path = kind === "recording"
        ? meeting.recordingUrl
        : `/video-room/${meetingId}?passcode=${passcode}`;
      const isEncrypted = kind !== "recording" && meeting.encryption === "e2ee";
      const fragment = writeFragment({ invite: token, isEncrypted });
      url = path === null ? null : `${new URL(path, publicUrl)}#${fragment}`;
    }
    const token = await this.deps.store.issueLessonsLink(due, now());
    const letter = writeLetter({
      kind,
      title: meeting.title,
      name: to.name,
      start,
      end,
      locale: to.locale,
      timeZone: to.timeZone ?? meeting.timeZone ?? "UTC",
      joinEarlyMs,
      url,
      lessonsUrl: `${publicUrl}/lessons#token=${token}`,
    }, catalogues);
    const method = kind === "cancellation" ? "CANCEL" : "REQUEST";
    const dated = start !== null && end !== null && kind !== "recording" && kind !== "reminder";
    return {
      ...letter,
      to,
      messageId: `<${mailId}@${new URL(publicUrl).hostname}>`,
      calendar: !dated ? null : {
        method,
        content: writeCalendarEvent({
          method,
          meetingId,
          sequence: meeting.sequence,
          title: meeting.title,
          start,
          end,
          now: now(),
          url,
          organizer: addressOf(smtp.from),
          attendee: to,
        }),
      },
    };
  }
}

/** Sends until the returned function is called, which waits for the mail that is under way. */
export async function startMails(deps: MailDeps): Promise<() => Promise<void>> {
  if (!await deps.store.open()) {
    deps.logger.warn("how far mails had come couldn't be read; it goes on behind the last mail");
  }
  const mailer = new Mailer(deps);
  let polling: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    polling ??= deps.quarantine.attempt("walk", "mails", deps.clock(), () => mailer.poll())
      .finally(() => polling = null);
  }, deps.pollMs ?? POLL_MS);
  return async () => {
    clearInterval(timer);
    await polling;
  };
}

/** Whether a mail still says what is so: nobody is invited to what was called off meanwhile. */
function isStillTrue({ kind }: DueMail, meeting: Meeting, now: number): boolean {
  switch (kind) {
    case "cancellation":
      return meeting.status === "cancelled";
    case "recording":
      return meeting.recordingUrl !== null;
    default:
      return (meeting.status === "pending" || meeting.status === "active") &&
        (meeting.scheduledEnd === null || meeting.scheduledEnd > now);
  }
}

/** The server's own answer to the message, rather than a connection that broke. */
function wasRefused(error: unknown): boolean {
  return responseCodeOf(error) >= 400;
}

function isFinal(error: unknown): boolean {
  return responseCodeOf(error) >= 500;
}

function responseCodeOf(error: unknown): number {
  const code = (error as { responseCode?: unknown } | null)?.responseCode;
  return typeof code === "number" ? code : 0;
}

function explain(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}
