/**
 * Structured logs: one line a message, JSON for machines or text for people. Warnings and errors go to stderr.
 *
 * Invariant: a field whose name says that it is a secret is never written.
 * Invariant: nothing in a message, a name or a value ends the line, moves a terminal's cursor or turns the direction of text.
 */
import type { LogFields, Logger } from "../rooms/contract/logger.ts";
import type { LogLevel } from "./settings.ts";

export interface LoggerOptions {
  level: LogLevel;
  format: "json" | "text";
  /** Where a finished line goes; stdout and stderr by default. */
  write?: (level: LogLevel, line: string) => void;
  now?: () => Date;
}

const LEVELS: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
const SECRET = /^(token|passcode|invite|session|authorization|password|secret|key|apiKey)$/i;
/**
 * Controls (C0, DEL, C1), line and paragraph separators, marks of direction, and halves of surrogate pairs: what ends a
 * line, commands a terminal or makes a line read as another.
 */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu;
const encoder = new TextEncoder();

export function createLogger(options: LoggerOptions): Logger {
  const { level: least, format, write = writeLine, now = () => new Date() } = options;
  const lineOf = format === "json" ? jsonLine : textLine;

  const log = (level: LogLevel) => (message: string, fields: LogFields = {}) => {
    if (LEVELS[level] < LEVELS[least]) return;
    write(level, lineOf(now(), level, message, writable(fields)));
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

/** Errors become their text, secrets a dash; everything else stays. */
function writable(fields: LogFields): LogFields {
  const result: LogFields = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (SECRET.test(name)) result[name] = "-";
    else if (value instanceof Error) {
      result[name] = value.stack ?? `${value.name}: ${value.message}`;
    } else result[name] = value;
  }
  return result;
}

function jsonLine(at: Date, level: LogLevel, message: string, fields: LogFields): string {
  const parts = Object.entries({ at: at.toISOString(), level, message, ...fields })
    .map(([name, value]) => `${jsonOf(name)}:${jsonOf(value)}`);
  return `{${parts.join(",")}}`;
}

function textLine(at: Date, level: LogLevel, message: string, fields: LogFields): string {
  const parts = Object.entries(fields).map(([name, value]) => `${bare(name)}=${textOf(value)}`);
  const time = at.toISOString().slice(11, 23);
  return [`${time} ${level.toUpperCase().padEnd(5)} ${visible(message)}`, ...parts].join("  ");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? bare(oneLine(value)) : jsonOf(value);
}

/** A stack stays readable: its lines stand side by side. */
function oneLine(text: string): string {
  return /\n\s+at /.test(text) ? text.replaceAll(/\s*[\r\n]+\s*/g, " | ") : text;
}

/** As it is where it can't be mistaken for something else, otherwise quoted. */
function bare(text: string): string {
  return /^[^\s"=]+$/.test(text) && visible(text) === text ? text : jsonOf(text);
}

/** JSON on one line, also of what JSON doesn't know. */
function jsonOf(value: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch {
    // A bigint, or something that contains itself: a log line throws at nobody.
  }
  return visible(json ?? JSON.stringify(String(value)));
}

function visible(text: string): string {
  return text.replaceAll(
    UNSEEN,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function writeLine(level: LogLevel, line: string): void {
  const stream = LEVELS[level] >= LEVELS.warn ? Deno.stderr : Deno.stdout;
  const bytes = encoder.encode(`${line}\n`);
  try {
    for (let sent = 0; sent < bytes.length;) sent += stream.writeSync(bytes.subarray(sent));
  } catch {
    // Whoever read our output is gone; a lesson doesn't end for that.
  }
}
