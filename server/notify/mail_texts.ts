/** What the mails say, in plain text and as HTML. Pure. */
import type { MailKind } from "../../db/outbox/mails.ts";

export interface Letter {
  kind: MailKind;
  title: string;
  /** The reader's name. */
  name: string;
  /** Unix ms; null without a schedule. */
  start: number | null;
  end: number | null;
  /** The reader's zone. */
  timeZone: string;
  joinEarlyMs: number;
  /** What the button opens; null when there is nothing to open. */
  url: string | null;
  /** The page of all of the reader's lessons. */
  lessonsUrl: string;
}

export interface WrittenLetter {
  subject: string;
  text: string;
  html: string;
}

interface Words {
  subject: (when: string) => string;
  first: string;
  button: string | null;
}

const WORDS: Readonly<Record<MailKind, (title: string) => Words>> = {
  invitation: (title) => ({
    subject: (when) => `${title}${when === "" ? "" : `: ${when}`}`,
    first: `You have a lesson: ${title}.`,
    button: "Join the lesson",
  }),
  change: (title) => ({
    subject: (when) => `Changed: ${title}${when === "" ? "" : `, ${when}`}`,
    first: `Your lesson has changed. It is now: ${title}.`,
    button: "Join the lesson",
  }),
  cancellation: (title) => ({
    subject: () => `Cancelled: ${title}`,
    first: `Your lesson was cancelled: ${title}.`,
    button: null,
  }),
  reminder: (title) => ({
    subject: (when) => `Soon: ${title}${when === "" ? "" : `, ${when}`}`,
    first: `Your lesson begins soon: ${title}.`,
    button: "Join the lesson",
  }),
  recording: (title) => ({
    subject: () => `The recording of ${title} is ready`,
    first: `You can watch the recording of your lesson: ${title}.`,
    button: "Watch the recording",
  }),
};

const ALL_LESSONS = "All your lessons";

export function writeLetter(letter: Letter): WrittenLetter {
  const { kind, title, name, start, end, timeZone, url, lessonsUrl, joinEarlyMs } = letter;
  const words = WORDS[kind](title);
  const when = start === null || kind === "recording" ? "" : sayWhen(start, end, timeZone);
  const button = url === null ? null : words.button;
  const notes = button === null || kind === "recording" ? [] : [
    ...(start === null
      ? []
      : [`You can come in from ${Math.round(joinEarlyMs / 60_000)} minutes before the start.`]),
    "The link is yours alone. Please don't pass it on.",
  ];
  const lines = [`Hello ${name},`, words.first, ...(when === "" ? [] : [when])];
  const text = [
    ...lines,
    ...(button === null ? [] : [`${button}:\n${url}`]),
    ...notes,
    `${ALL_LESSONS}:\n${lessonsUrl}`,
  ].join("\n\n");
  return {
    subject: words.subject(start === null ? "" : sayDay(start, timeZone)),
    text: `${text}\n`,
    html: page(
      lines,
      button === null || url === null ? null : { label: button, url },
      notes,
      lessonsUrl,
    ),
  };
}

/** `Tuesday, 6 May 2031, 16:00–17:00 (Paris time)` */
function sayWhen(start: number, end: number | null, timeZone: string): string {
  const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone });
  const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeZone });
  const sameDay = end !== null && date.format(start) === date.format(end);
  const span = sameDay ? `${time.format(start)}–${time.format(end)}` : time.format(start);
  const city = timeZone.split("/").at(-1)?.replaceAll("_", " ") ?? timeZone;
  return `${date.format(start)}, ${span} (${city === "UTC" ? "UTC" : `${city} time`})`;
}

/** `6 May, 16:00` */
function sayDay(start: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
  }).format(start);
}

function page(
  lines: readonly string[],
  button: { label: string; url: string } | null,
  notes: readonly string[],
  lessonsUrl: string,
): string {
  const paragraph = (line: string, style = "") =>
    `<p style="margin:0 0 16px${style}">${escape(line)}</p>`;
  const action = button === null
    ? ""
    : `<p style="margin:24px 0"><a class="button" href="${escape(button.url)}" ` +
      'style="display:inline-block;padding:12px 24px;border-radius:12px;background:#2f3f8f;color:#fdfbf6;' +
      `text-decoration:none;font-weight:600">${escape(button.label)}</a></p>`;
  const lessons = `<p style="margin:0 0 16px"><a class="soft" href="${escape(lessonsUrl)}" ` +
    `style="color:#5c6172">${ALL_LESSONS}</a></p>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<style>
@media (prefers-color-scheme: dark) {
  body, .paper { background: #1b1e25 !important; color: #eae6dd !important; }
  .button { background: #a9b8f5 !important; color: #10163a !important; }
  .soft { color: #b5b1a8 !important; }
}
</style></head>
<body style="margin:0;background:#f8f5ee;color:#23283a">
<div class="paper" style="max-width:560px;margin:0 auto;padding:32px 24px;background:#f8f5ee;color:#23283a;font:16px/1.55 system-ui,-apple-system,sans-serif">
<p style="margin:0 0 24px;font:600 20px Georgia,serif">Lectern</p>
${lines.map((line) => paragraph(line)).join("\n")}
${action}
<div class="soft" style="color:#5c6172;font-size:14px">${
    notes.map((note) => paragraph(note)).join("")
  }${lessons}</div>
</div></body></html>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
