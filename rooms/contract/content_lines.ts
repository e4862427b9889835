/**
 * Content lines of iCalendar objects (RFC 5545 §3.1), for the mails of the server and for the lobby's download.
 *
 * Invariant: what is handed over as one line never becomes two, whatever it holds. Calendars differ in what they take
 * for the end of a line, so no control character and no other separator of lines stays in one.
 */
const MAX_LINE_BYTES = 75;
const encoder = new TextEncoder();

/** A whole object, made of its lines. */
export function contentLines(lines: readonly string[]): string {
  return lines.map(fold).join("\r\n") + "\r\n";
}

/** A value of type TEXT (RFC 5545 §3.3.11). A break of lines, of any kind, becomes the two characters `\n`. */
export function calendarText(value: string): string {
  return value.replace(/[\\;,]/g, (mark) => `\\${mark}`)
    .replace(/\r\n|[\r\n\v\f\x85\p{Zl}\p{Zp}]/gu, "\\n");
}

/** A time in UTC, from Unix ms. */
export function calendarTime(at: number): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** A line has at most 75 bytes, and goes on after a break and a space. */
function fold(line: string): string {
  const lines: string[] = [];
  let current = "";
  let bytes = 0;
  for (const letter of line.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")) {
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
