import { expect } from "@std/expect";
import { calendarText, contentLines } from "./content_lines.ts";

/** What one reader or another takes for the end of a line. */
const BREAKS = ["\r", "\n", "\r\n", "\n\r", "\v", "\f", "\x85", "\u2028", "\u2029"];

/** As readers differ: one that splits at every kind of break. */
const linesOf = (file: string) => file.split(/\r\n|[\r\n\v\f\x85\u2028\u2029]/).slice(0, -1);

Deno.test("calendarText turns every kind of break into the two characters of one", () => {
  for (const mark of BREAKS) {
    expect(calendarText(`a${mark}b`)).toBe(mark === "\n\r" ? "a\\n\\nb" : "a\\nb");
  }
  expect(calendarText("a\\b;c,d")).toBe("a\\\\b\\;c\\,d");
});

Deno.test("contentLines writes as many lines as it was given, whatever is in them", () => {
  for (const mark of [...BREAKS, "\0", "\x1b"]) {
    const file = contentLines([`SUMMARY:a${mark}ATTENDEE:mailto:b@example.org`, "END:VEVENT"]);
    expect(linesOf(file)).toEqual([
      "SUMMARY:a" + " ".repeat(mark.length) + "ATTENDEE:mailto:b@example.org",
      "END:VEVENT",
    ]);
  }
});

Deno.test("contentLines folds at 75 bytes, never inside a letter", () => {
  const line = `SUMMARY:${"数学🙂".repeat(40)}`;
  const file = contentLines([line]);
  for (const part of file.split("\r\n")) {
    expect(new TextEncoder().encode(part).length).toBeLessThanOrEqual(75);
    expect(part.isWellFormed()).toBe(true);
  }
  expect(file.replaceAll("\r\n ", "")).toBe(`${line}\r\n`);
});
