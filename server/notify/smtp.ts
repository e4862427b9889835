/**
 * Hands one mail to an SMTP server.
 *
 * Invariant: `begin` is called after the server said that it takes the message (354) and before the first byte of it
 * goes out, so that whoever counts mails knows which ones may have arrived.
 */
import { Readable } from "node:stream";
import MailComposer from "nodemailer/lib/mail-composer";
import SMTPConnection from "nodemailer/lib/smtp-connection";

export interface SmtpOptions {
  host: string;
  port: number;
  /** TLS from the first byte; otherwise STARTTLS when the server offers it. */
  secure: boolean;
  auth: { user: string; pass: string } | null;
  /** `Lectern <lessons@example.org>` or an address alone. */
  from: string;
}

export interface Mail {
  /** Stays the same when it is tried again. */
  messageId: string;
  to: { name: string; email: string };
  subject: string;
  text: string;
  html: string;
  calendar: { method: "REQUEST" | "CANCEL"; content: string } | null;
}

const TIMEOUT_MS = 20_000;

/** The address alone of `Name <address>`. */
export function addressOf(from: string): string {
  return /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from.trim();
}

/** @throws what the server or the network said. */
export async function sendMail(
  options: SmtpOptions,
  mail: Mail,
  begin: () => Promise<boolean>,
): Promise<void> {
  const message = await compose(options, mail);
  const { host, port, secure, auth } = options;
  const connection = new SMTPConnection({
    host,
    port,
    secure,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  connection.on("error", failed.reject);
  const step = (run: (done: (error?: Error | null) => void) => void) =>
    Promise.race([
      failed.promise,
      new Promise<void>((resolve, reject) =>
        run((error) => error == null ? resolve() : reject(error))
      ),
    ]);
  try {
    await step((done) => connection.connect(done));
    if (auth !== null) await step((done) => connection.login(auth, done));
    const envelope = { from: addressOf(options.from), to: [mail.to.email] };
    await step((done) => connection.send(envelope, Readable.from(bytesOf(message, begin)), done));
    connection.quit();
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Read only once the server waits for the message. */
async function* bytesOf(message: Uint8Array, begin: () => Promise<boolean>) {
  if (!await begin()) throw new Error("the mail is not to be sent any more");
  yield message;
}

function compose(options: SmtpOptions, mail: Mail): Promise<Uint8Array> {
  const { to, subject, text, html, messageId, calendar } = mail;
  const node = new MailComposer({
    from: options.from,
    to: { name: to.name, address: to.email },
    subject,
    text,
    html,
    messageId,
    headers: { "auto-submitted": "auto-generated" },
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(calendar === null ? {} : {
      icalEvent: { method: calendar.method, content: calendar.content, filename: "lesson.ics" },
    }),
  }).compile();
  return new Promise((resolve, reject) =>
    node.build((error, message) =>
      error != null || message === undefined ? reject(error) : resolve(message)
    )
  );
}
