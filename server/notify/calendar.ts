/**
 * A lesson as an iCalendar object that calendars take from a mail (RFC 5545, RFC 5546).
 *
 * Times are in UTC: every calendar shows them in its own zone, on both sides of a change of the clocks. The UID stays
 * with the lesson and SEQUENCE grows with each change, so that an entry is moved and removed, never doubled.
 */

export interface CalendarEvent {
  method: "REQUEST" | "CANCEL";
  meetingId: string;
  sequence: number;
  title: string;
  /** Unix ms. */
  start: number;
  end: number;
  now: number;
  /** Null when it is called off. */
  url: string | null;
  /** A mail address. */
  organizer: string;
  attendee: { name: string; email: string };
}

const MAX_LINE_BYTES = 75;

export function writeCalendarEvent(event: CalendarEvent): string {
  const cancelled = event.method === "CANCEL";
  const { name, email } = event.attendee;
  return [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Lectern//Lesson//EN",
    `METHOD:${event.method}`,
    "BEGIN:VEVENT",
    `UID:${event.meetingId}@lectern`,
    `SEQUENCE:${event.sequence}`,
    `DTSTAMP:${stamp(event.now)}`,
    `DTSTART:${stamp(event.start)}`,
    `DTEND:${stamp(event.end)}`,
    `SUMMARY:${text(event.title)}`,
    `STATUS:${cancelled ? "CANCELLED" : "CONFIRMED"}`,
    `ORGANIZER:mailto:${event.organizer}`,
    `ATTENDEE;CN=${quoted(name)};ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION:mailto:${email}`,
    ...(event.url === null ? [] : [`URL:${event.url}`, `DESCRIPTION:${text(event.url)}`]),
    "END:VEVENT",
    "END:VCALENDAR",
  ].map(fold).join("\r\n") + "\r\n";
}

function stamp(at: number): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** RFC 5545 §3.3.11. */
function text(value: string): string {
  return value.replace(/[\\;,]/g, (mark) => `\\${mark}`).replace(/\r?\n/g, "\\n");
}

/** RFC 5545 §3.2: a quoted parameter holds no quotes and no control characters. */
function quoted(value: string): string {
  return `"${value.replace(/["\p{Cc}]/gu, " ")}"`;
}

/** RFC 5545 §3.1: a line has at most 75 bytes, and goes on after a break and a space. */
function fold(line: string): string {
  const encoder = new TextEncoder();
  const lines: string[] = [];
  let current = "";
  let bytes = 0;
  for (const letter of line) {
    const length = encoder.encode(letter).length;
    if (bytes + length > MAX_LINE_BYTES) {
      lines.push(current);
      current = " ";
      bytes = 1;
    }
    current += letter;
    bytes += length;
  }
  return [...lines, current].join("\r\n");
}
