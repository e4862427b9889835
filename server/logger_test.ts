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

Deno.test("a JSON line carries its fields and those of its logger", () => {
  const { lines, logger } = record("json");
  logger.with({ meetingId: "m" }).info("joined", { people: 2 });
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
