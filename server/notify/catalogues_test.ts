import { expect } from "@std/expect";
import { Catalogues } from "./catalogues.ts";
import { writeLetter } from "./mail_texts.ts";
import english from "./messages/mails/en.json" with { type: "json" };
import type { MailsMessages } from "./messages/mails/messages.ts";

const LETTER = {
  kind: "reminder",
  title: "<Algebra> & more",
  name: "Ada",
  start: Date.parse("2031-05-06T14:00:00Z"),
  end: Date.parse("2031-05-06T15:00:00Z"),
  timeZone: "Asia/Jerusalem",
  joinEarlyMs: 60_000,
  url: "https://lessons.example.org/video-room/m1",
  lessonsUrl: "https://lessons.example.org/lessons",
} as const;

Deno.test("a mail in Hebrew reads from right to left", () => {
  const catalogues = new Catalogues<MailsMessages>({
    en: english,
    he: { ...english, hello: "שלום {name}," },
  });
  const { html, text } = writeLetter({ ...LETTER, locale: "he" }, catalogues);
  expect(html).toContain('<html lang="he" dir="rtl">');
  expect(text).toMatch(/^שלום Ada,/);
  expect(text).toContain("6 במאי 2031");
});

Deno.test("a title is text in a mail, whatever signs it holds, and one minute is one", () => {
  const { html, text, subject } = writeLetter({ ...LETTER, locale: null });
  expect(subject).toBe("Soon: <Algebra> & more, 6 May, 17:00");
  expect(text).toContain("Tuesday, 6 May 2031, 17:00–18:00 (Jerusalem time)");
  expect(text).toContain("You can come in from 1 minute before the start.");
  expect(html).toContain("&lt;Algebra&gt; &amp; more");
});
