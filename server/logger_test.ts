import { expect } from "@std/expect";
import { createLogger } from "./logger.ts";

function record(format: "json" | "text", level: "debug" | "info" = "info") {
  const lines: string[] = [];
  const logger = createLogger({
    level,
    format,
    write: (_, line) => lines.push(line),
    now: () => new Date("2026-01-02T03:04:05.678Z"),
  });
  return { lines, logger };
}

Deno.test("a JSON line carries its fields", () => {
  const { lines, logger } = record("json");
  logger.info("joined", { meetingId: "m", people: 2 });
  expect(JSON.parse(lines[0]!)).toEqual({
    at: "2026-01-02T03:04:05.678Z",
    level: "info",
    message: "joined",
    meetingId: "m",
    people: 2,
  });
});

Deno.test("a text line is read from left to right", () => {
  const { lines, logger } = record("text");
  logger.warn("slow", { path: "/api/join", note: "two words", ms: 3 });
  expect(lines).toEqual(['03:04:05.678 WARN  slow  path=/api/join  note="two words"  ms=3']);
});

Deno.test("fields that are named as secrets are never written", () => {
  const { lines, logger } = record("json");
  logger.info("hello", { token: "abc", passcode: "def", session: "ghi", meetingId: "m" });
  expect(lines[0]).not.toMatch(/abc|def|ghi/);
});

Deno.test("an error is written with its stack", () => {
  const { lines, logger } = record("json");
  logger.error("broke", { error: new TypeError("no such thing") });
  expect(JSON.parse(lines[0]!).error).toMatch(/^TypeError: no such thing\n\s+at /);
});

Deno.test("lines below the level are dropped", () => {
  const { lines, logger } = record("text");
  logger.debug("noise");
  expect(lines).toEqual([]);
});

/** What people and programs take for the end of a line, or what a terminal obeys. */
const BREAKING = [
  "\n",
  "\r",
  "\r\n",
  "\v",
  "\f",
  "\0",
  "\x1b[2K\x1b[1A",
  "\x7f",
  "\x85",
  "\x9b2J",
  "\u2028",
  "\u2029",
  "\u202e",
  "\u2066",
  "\ud800",
];

for (const format of ["text", "json"] as const) {
  Deno.test(`a ${format} line stays one line of visible text, whatever is in it`, () => {
    for (const mark of BREAKING) {
      const forged = `x${mark}00:00:00.000 ERROR forged`;
      const { lines, logger } = record(format);
      const error = new TypeError(forged);
      error.name = forged;
      error.stack = `TypeError: ${forged}\n    at f (file.ts:1:2)\n    at ${forged}`;
      logger.info(forged, {
        [forged]: forged,
        path: `/a${mark}b`,
        nested: { [forged]: [forged] },
        error,
        plain: mark,
      });
      expect(lines.length).toBe(1);
      expect(lines[0]).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u);
    }
  });
}

Deno.test("what was escaped in a JSON line is read as it was", () => {
  const { lines, logger } = record("json");
  const value = BREAKING.join("|");
  logger.info(value, { value });
  expect(JSON.parse(lines[0]!)).toMatchObject({ message: value, value });
});

Deno.test("a stack stands on one line of text", () => {
  const { lines, logger } = record("text");
  const error = new TypeError("no such thing");
  error.stack = "TypeError: no such thing\n    at f (a.ts:1:2)\n    at g (b.ts:3:4)";
  logger.error("broke", { error });
  expect(lines).toEqual([
    '03:04:05.678 ERROR broke  error="TypeError: no such thing | at f (a.ts:1:2) | at g (b.ts:3:4)"',
  ]);
});

Deno.test("what JSON doesn't know is logged all the same", () => {
  for (const format of ["text", "json"] as const) {
    const { lines, logger } = record(format);
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    logger.info("odd", { big: 10n, circle, run: () => {} });
    expect(lines.length).toBe(1);
    expect(lines[0]).toContain("10");
  }
});
