import { expect } from "@std/expect";
import { writeCalendar } from "./calendar.ts";

const entry = {
  uid: "m1",
  title: "Algebra, with Mia; part 2",
  url: "https://a.example/video-room/m1?passcode=secret#invite=" + "x".repeat(90),
  start: Date.parse("2026-11-24T15:00:00Z"),
  end: Date.parse("2026-11-24T16:00:00Z"),
  now: Date.parse("2026-11-22T12:00:00Z"),
};

Deno.test("A calendar file has the lesson's time in UTC and its title escaped", () => {
  const lines = writeCalendar(entry).split("\r\n");
  expect(lines).toContain("DTSTART:20261124T150000Z");
  expect(lines).toContain("DTEND:20261124T160000Z");
  expect(lines).toContain("SUMMARY:Algebra\\, with Mia\\; part 2");
});

Deno.test("No line of it is longer than 75 bytes, and unfolding gives the link back", () => {
  const file = writeCalendar({ ...entry, title: "数学".repeat(40) });
  for (const line of file.split("\r\n")) {
    expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
  }
  expect(file.replaceAll("\r\n ", "")).toContain(`URL:${entry.url}\r\n`);
});

Deno.test("A lesson without an end takes an hour", () => {
  expect(writeCalendar({ ...entry, end: null })).toContain("DTEND:20261124T160000Z");
});

Deno.test("A break of any kind in a title or a link makes no line of its own", () => {
  for (const mark of ["\r", "\n", "\r\n", "\u2028"]) {
    const title = `Algebra${mark}ATTENDEE:mailto:eve@example.org`;
    const file = writeCalendar({ ...entry, title, url: `https://a.example/${mark}ATTACH:b` });
    const lines = file.split(/\r\n|[\r\n\u2028]/);
    expect(lines.filter((line) => /^(ATTENDEE|ATTACH)/.test(line))).toEqual([]);
  }
});
