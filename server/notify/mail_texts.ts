/** What the mails say, in plain text and as HTML, in the language of who reads them. Pure. */
import type { MailKind } from "../../db/outbox/mails.ts";
import { directionOf, type Locale } from "../../rooms/contract/words/locales.ts";
import { dateTimeFormat } from "../../rooms/contract/words/messages.ts";
import { cityOf, zoneName } from "../../rooms/contract/words/zones.ts";
import type { Catalogues, Speaker } from "./catalogues.ts";
import { mails, type MailsMessages } from "./messages/mails/messages.ts";

export interface Letter {
  kind: MailKind;
  title: string;
  /** The reader's name. */
  name: string;
  /** Unix ms; null without a schedule. */
  start: number | null;
  end: number | null;
  /** The reader's language; null when nobody said which. */
  locale: Locale | null;
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

type Mails = Catalogues<MailsMessages>;
type Say = Speaker<MailsMessages>;

/** In the reader's language, their zone and its way to write dates. */
export function writeLetter(letter: Letter, catalogues: Mails = mails): WrittenLetter {
  const { kind, title, name, start, url, lessonsUrl, joinEarlyMs } = letter;
  const words = catalogues.in(letter.locale);
  const isDated = start !== null && kind !== "recording";
  const label = kind === "cancellation" || url === null
    ? null
    : words.say(kind === "recording" ? "watch" : "join");
  const notes = label === null || kind === "recording" ? [] : [
    ...(isDated ? [words.say("early", { minutes: Math.round(joinEarlyMs / 60_000) })] : []),
    words.say("yours"),
  ];
  const lines = [
    words.say("hello", { name }),
    words.say(`first.${kind}`, { title }),
    ...(isDated ? [sayWhen(start, letter, words)] : []),
  ];
  const button = label === null || url === null ? null : { label, url };
  const lessons = { label: words.say("lessons"), url: lessonsUrl };
  const text = [
    ...lines,
    ...(button === null ? [] : [words.say("labelled", button)]),
    ...notes,
    words.say("labelled", lessons),
  ].join("\n\n");
  return {
    subject: subjectOf(letter, words),
    text: `${text}\n`,
    html: page(words.locale, { lines, button, notes, lessons }),
  };
}

function subjectOf({ kind, title, start, timeZone }: Letter, words: Say): string {
  if (kind === "cancellation" || kind === "recording") {
    return words.say(`subject.${kind}`, { title });
  }
  return start === null
    ? words.say(`subject.undated.${kind}`, { title })
    : words.say(`subject.${kind}`, { title, when: sayDay(start, timeZone, words) });
}

/** `Tuesday, 6 May 2031, 16:00–17:00 (Paris time)` */
function sayWhen(start: number, { end, timeZone }: Letter, words: Say): string {
  const time = dateTimeFormat(words.intlLocale, { timeStyle: "short", timeZone });
  const date = dateTimeFormat(words.intlLocale, { dateStyle: "full", timeZone });
  const begins = {
    date: date.format(start),
    start: time.format(start),
    zone: sayZone(start, timeZone, words),
  };
  return end !== null && date.format(start) === date.format(end)
    ? words.say("when", { ...begins, end: time.format(end) })
    : words.say("when.open", begins);
}

function sayZone(at: number, timeZone: string, words: Say): string {
  const city = cityOf(timeZone);
  if (city === "UTC") return city;
  return words.locale === "en"
    ? words.say("zone", { city })
    : zoneName(timeZone, words.intlLocale, at);
}

/** `6 May, 16:00` */
function sayDay(start: number, timeZone: string, { intlLocale }: Say): string {
  return dateTimeFormat(intlLocale, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
  }).format(start);
}

interface Body {
  lines: readonly string[];
  button: Link | null;
  notes: readonly string[];
  lessons: Link;
}

interface Link {
  label: string;
  url: string;
}

function page(locale: Locale, { lines, button, notes, lessons }: Body): string {
  const paragraph = (line: string, style = "") =>
    `<p style="margin:0 0 16px${style}">${escape(line)}</p>`;
  const action = button === null
    ? ""
    : `<p style="margin:24px 0"><a class="button" href="${escape(button.url)}" ` +
      'style="display:inline-block;padding:12px 24px;border-radius:12px;background:#2f3f8f;color:#fdfbf6;' +
      `text-decoration:none;font-weight:600">${escape(button.label)}</a></p>`;
  const foot = `<p style="margin:0 0 16px"><a class="soft" href="${escape(lessons.url)}" ` +
    `style="color:#5c6172">${escape(lessons.label)}</a></p>`;
  return `<!doctype html><html lang="${locale}" dir="${
    directionOf(locale)
  }"><head><meta charset="utf-8">
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
  }${foot}</div>
</div></body></html>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
