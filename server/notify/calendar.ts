/**
 * A lesson as an iCalendar object that calendars take from a mail (RFC 5545, RFC 5546).
 *
 * Times are in UTC: every calendar shows them in its own zone, on both sides of a change of the clocks. The UID stays
 * with the lesson and SEQUENCE grows with each change, so that an entry is moved and removed, never doubled.
 */
import { calendarText, calendarTime, contentLines } from "../../rooms/contract/content_lines.ts";

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

export function writeCalendarEvent(event: CalendarEvent): string {
  const cancelled = event.method === "CANCEL";
  const { name, email } = event.attendee;
  return contentLines([
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Lectern//Lesson//EN",
    `METHOD:${event.method}`,
    "BEGIN:VEVENT",
    `UID:${event.meetingId}@lectern`,
    `SEQUENCE:${event.sequence}`,
    `DTSTAMP:${calendarTime(event.now)}`,
    `DTSTART:${calendarTime(event.start)}`,
    `DTEND:${calendarTime(event.end)}`,
    `SUMMARY:${calendarText(event.title)}`,
    `STATUS:${cancelled ? "CANCELLED" : "CONFIRMED"}`,
    `ORGANIZER:mailto:${event.organizer}`,
    `ATTENDEE;CN=${quoted(name)};ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION:mailto:${email}`,
    ...(event.url === null ? [] : [`URL:${event.url}`, `DESCRIPTION:${calendarText(event.url)}`]),
    "END:VEVENT",
    "END:VCALENDAR",
  ]);
}

/** RFC 5545 §3.2: a quoted parameter holds no quotes and no control characters. */
function quoted(value: string): string {
  return `"${value.replace(/["\p{Cc}\p{Zl}\p{Zp}]/gu, " ")}"`;
}
