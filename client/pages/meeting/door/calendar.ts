/**
 * A lesson as a calendar file (RFC 5545), made in the browser: the link in it is personal and goes nowhere else.
 */
import {
  calendarText,
  calendarTime,
  contentLines,
} from "../../../../rooms/contract/content_lines.ts";

export interface CalendarEntry {
  uid: string;
  title: string;
  url: string;
  /** Unix ms. */
  start: number;
  end: number | null;
  now: number;
}

export function writeCalendar(entry: CalendarEntry): string {
  const end = entry.end ?? entry.start + 3_600_000;
  return contentLines([
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Lectern//Lesson//EN",
    "BEGIN:VEVENT",
    `UID:${calendarText(entry.uid)}@lectern`,
    `DTSTAMP:${calendarTime(entry.now)}`,
    `DTSTART:${calendarTime(entry.start)}`,
    `DTEND:${calendarTime(end)}`,
    `SUMMARY:${calendarText(entry.title)}`,
    `URL:${entry.url}`,
    `DESCRIPTION:${calendarText(entry.url)}`,
    "END:VEVENT",
    "END:VCALENDAR",
  ]);
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
