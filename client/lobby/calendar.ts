/**
 * A lesson as a calendar file (RFC 5545), made in the browser: the link in it is personal and goes nowhere else.
 */

export interface CalendarEntry {
  uid: string;
  title: string;
  url: string;
  /** Unix ms. */
  start: number;
  end: number | null;
  now: number;
}

const MAX_LINE_BYTES = 75;

const stamp = (at: number) => new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");

/** RFC 5545 §3.3.11. */
const escapeText = (text: string) =>
  text.replace(/[\\;,]/g, (mark) => `\\${mark}`).replace(/\r?\n/g, "\\n");

/** RFC 5545 §3.1: a line has at most 75 bytes, and goes on after a break and a space. */
function fold(line: string): string {
  const bytes = new TextEncoder();
  const lines: string[] = [];
  let current = "";
  let size = 0;
  for (const letter of line) {
    const length = bytes.encode(letter).length;
    if (size + length > MAX_LINE_BYTES) {
      lines.push(current);
      current = " ";
      size = 1;
    }
    current += letter;
    size += length;
  }
  return [...lines, current].join("\r\n");
}

export function writeCalendar(entry: CalendarEntry): string {
  const end = entry.end ?? entry.start + 3_600_000;
  return [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Lectern//Lesson//EN",
    "BEGIN:VEVENT",
    `UID:${escapeText(entry.uid)}@lectern`,
    `DTSTAMP:${stamp(entry.now)}`,
    `DTSTART:${stamp(entry.start)}`,
    `DTEND:${stamp(end)}`,
    `SUMMARY:${escapeText(entry.title)}`,
    `URL:${entry.url}`,
    `DESCRIPTION:${escapeText(entry.url)}`,
    "END:VEVENT",
    "END:VCALENDAR",
  ].map(fold).join("\r\n") + "\r\n";
}

/** Hands the file to the person's calendar. */
export function saveCalendar(entry: CalendarEntry): void {
  const url = URL.createObjectURL(new Blob([writeCalendar(entry)], { type: "text/calendar" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "lesson.ics";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
