import { expect } from "@std/expect";
import { isOpen, type Lesson, sayCountdown, sortLessons } from "./lessons.ts";

const HOUR_MS = 3_600_000;

const lesson = (meetingId: string, start: number | null, change: Partial<Lesson> = {}): Lesson => ({
  meetingId,
  title: "Algebra",
  status: "pending",
  with: ["Mia"],
  start,
  end: start === null ? null : start + HOUR_MS,
  opensAt: start === null ? null : start - HOUR_MS / 4,
  closesAt: start === null ? null : start + 1.25 * HOUR_MS,
  hasRecording: false,
  hasAnalytics: false,
  hasFiles: false,
  hasThumbnail: false,
  ...change,
});

Deno.test("what is to come stands soonest first, what was latest first", () => {
  const now = 10 * HOUR_MS;
  const { next, earlier } = sortLessons([
    lesson("later", 20 * HOUR_MS),
    lesson("soon", 11 * HOUR_MS),
    lesson("open", null),
    lesson("running", 9.5 * HOUR_MS, { status: "active" }),
    lesson("old", 1 * HOUR_MS, { status: "completed" }),
    lesson("recent", 8 * HOUR_MS),
    lesson("called off", 2 * HOUR_MS, { status: "cancelled" }),
    lesson("called off, to come", 30 * HOUR_MS, { status: "cancelled" }),
  ], now);
  expect(next.map(({ meetingId }) => meetingId))
    .toEqual(["running", "open", "soon", "later", "called off, to come"]);
  expect(earlier.map(({ meetingId }) => meetingId)).toEqual(["recent", "called off", "old"]);
});

Deno.test("a lesson is open from its opening until it closes, unless it was called off", () => {
  const soon = lesson("soon", HOUR_MS);
  expect(isOpen(soon, HOUR_MS * 0.75 - 1)).toBe(false);
  expect(isOpen(soon, HOUR_MS * 0.75)).toBe(true);
  expect(isOpen(soon, HOUR_MS * 2.25)).toBe(false);
  expect(isOpen({ ...soon, status: "cancelled" }, HOUR_MS)).toBe(false);
  expect(isOpen(lesson("always", null), 0)).toBe(true);
});

Deno.test("a countdown says what a person would say", () => {
  const says = (seconds: number) => sayCountdown(seconds * 1000, 0);
  expect([0, 9, 70, 660, 7500, 90_000, 200_000].map(says)).toEqual([
    "now",
    "in 9 s",
    "in 1 min 10 s",
    "in 11 min",
    "in 2 h 5 min",
    "in 25 h 0 min",
    "in 2 days",
  ]);
});
