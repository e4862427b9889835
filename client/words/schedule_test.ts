import { expect } from "@std/expect";
import { shared } from "./messages/shared/messages.ts";
import { dayOf, type Reader, sayDay, saySpan, sayZone } from "./schedule.ts";

await shared.open();

const at = (iso: string) => Date.parse(iso);
const berlin: Reader = {
  now: at("2026-11-22T12:00:00Z"),
  locale: "en-GB",
  timeZone: "Europe/Berlin",
};

Deno.test("A lesson of today is said with its span in the reader's zone", () => {
  expect(saySpan(at("2026-11-22T15:00:00Z"), at("2026-11-22T16:00:00Z"), berlin))
    .toBe("Today, 16:00–17:00");
});

Deno.test("The day is the reader's, not that of UTC", () => {
  expect(sayDay(at("2026-11-22T23:30:00Z"), berlin)).toBe("Tomorrow");
  expect(sayDay(at("2026-11-22T23:30:00Z"), { ...berlin, timeZone: "America/New_York" }))
    .toBe("Today");
});

Deno.test("A day of this week is said by its name, a later one with its date", () => {
  expect(sayDay(at("2026-11-24T12:00:00Z"), berlin)).toBe("Tuesday");
  expect(sayDay(at("2026-12-01T12:00:00Z"), berlin)).toBe("Tuesday 1 December");
  expect(sayDay(at("2026-11-21T12:00:00Z"), berlin)).toBe("Yesterday");
});

Deno.test("A message can choose its words by the day", () => {
  expect(dayOf(at("2026-11-24T12:00:00Z"), berlin)).toEqual({ when: "other", day: "Tuesday" });
  expect(dayOf(at("2026-11-22T23:30:00Z"), berlin).when).toBe("tomorrow");
  expect(dayOf(at("2026-11-24T12:00:00Z"), { ...berlin, locale: "pl" }).day).toBe("wtorek");
});

Deno.test("A lesson over midnight is said by its start", () => {
  expect(saySpan(at("2026-11-22T22:00:00Z"), at("2026-11-23T00:00:00Z"), berlin))
    .toBe("Today, 23:00");
});

Deno.test("A zone is said by its city", () => {
  expect(sayZone(berlin)).toBe("Berlin time");
  expect(sayZone({ ...berlin, timeZone: "America/New_York" })).toBe("New York time");
  expect(sayZone({ ...berlin, timeZone: "UTC" })).toBe("UTC");
});
