/**
 * What the page, the sandbox frame and a runner say to each other.
 *
 * The page starts a run in the frame (opaque origin, `/sandbox/run.html`); the frame owns one worker a run and passes
 * the worker's events back. Everything that comes out of a worker is written by whoever wrote the program: the frame
 * counts it, and the page checks it with {@linkcode readEvent}.
 */

import {
  MAX_CELL_CHARS,
  MAX_IMAGE_BYTES,
  MAX_TABLE_COLUMNS,
  MAX_TABLE_ROWS,
} from "../../../../rooms/contract/document/schema_code.ts";
import type { RunDisplay } from "../../../../rooms/contract/document/schema.ts";

export const RUNNERS = ["javascript", "python", "sql", "lua", "c", "ruby"] as const;
export type RunnerName = (typeof RUNNERS)[number];

/** What one run may show before it is ended. Text counts in UTF-16 units. */
export const MAX_OUTPUT_CHARS = 1_000_000;
export const MAX_DISPLAYS = 40;

export interface Program {
  /** The file that is run. */
  entry: string;
  /** Every file of the lesson, by name. */
  files: Record<string, string>;
}

export interface RunRequest extends Program {
  runner: RunnerName;
  /** Lines that are typed before the program asks for them. */
  input: string[];
  /** Whether somebody can type more; otherwise input ends there. */
  interactive: boolean;
  timeLimitMs: number;
}

/** Something shown between the lines of the output. */
export type Display = RunDisplay;

export type RunEnd = number | "stopped" | "timeout" | "truncated";

export type RunnerEvent =
  /** Bytes of the language that have arrived; total 0 while unknown. */
  | { type: "progress"; loadedBytes: number; totalBytes: number }
  | { type: "started" }
  | { type: "stdout" | "stderr"; text: string }
  | { type: "display"; display: Display }
  /** The program waits for a line. */
  | { type: "ask" }
  | { type: "exit"; code: RunEnd };

/** Page to frame. A line of null is the end of the input. */
export type FrameCommand =
  | { type: "start"; run: string; request: RunRequest }
  | { type: "stdin"; run: string; line: string | null }
  | { type: "stop"; run: string };

/** Frame to page. */
export type FrameReport = { type: "ready" } | { type: "event"; run: string; event: RunnerEvent };

/** Frame to worker. */
export type WorkerCommand =
  | { type: "run"; request: RunRequest; token: string }
  | { type: "stdin"; line: string | null };

/** Worker to frame: `loaded` once it listens; `reusable` when it may run another program. */
export type WorkerReport =
  | { type: "loaded" }
  | { type: "event"; event: RunnerEvent }
  | { type: "done"; token: string; code: number; reusable: boolean };

/** Reads an event that came out of a program, or answers undefined. */
export function readEvent(value: unknown): RunnerEvent | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const event = value as Record<string, unknown>;
  switch (event.type) {
    case "progress": {
      const { loadedBytes, totalBytes } = event;
      if (!Number.isFinite(loadedBytes) || !Number.isFinite(totalBytes)) return undefined;
      return { type: "progress", loadedBytes: Number(loadedBytes), totalBytes: Number(totalBytes) };
    }
    case "started":
    case "ask":
      return { type: event.type };
    case "stdout":
    case "stderr":
      return typeof event.text === "string" ? { type: event.type, text: event.text } : undefined;
    case "display": {
      const display = readDisplay(event.display);
      return display && { type: "display", display };
    }
    case "exit":
      return isEnd(event.code) ? { type: "exit", code: event.code } : undefined;
    default:
      return undefined;
  }
}

function isEnd(code: unknown): code is RunEnd {
  return typeof code === "number" || code === "stopped" || code === "timeout" ||
    code === "truncated";
}

/** Reads a display that a program made, cut to what a person can look at. */
export function readDisplay(value: unknown): Display | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, columns, rows, mime, bytes } = value as Record<string, unknown>;
  if (kind === "image") {
    if (mime !== "image/png" && mime !== "image/svg+xml") return undefined;
    if (!(bytes instanceof Uint8Array) || bytes.byteLength > MAX_IMAGE_BYTES) return undefined;
    return { kind, mime, bytes };
  }
  if (kind !== "table" || !Array.isArray(columns) || !Array.isArray(rows)) return undefined;
  const cells = (row: unknown) =>
    Array.isArray(row) ? row.slice(0, MAX_TABLE_COLUMNS).map(cell) : [];
  return { kind, columns: cells(columns), rows: rows.slice(0, MAX_TABLE_ROWS).map(cells) };
}

const cell = (value: unknown): string => String(value).slice(0, MAX_CELL_CHARS);

/** How much of the output's allowance a display takes. */
export function displaySize(display: Display): number {
  if (display.kind === "image") return display.bytes.byteLength;
  return [display.columns, ...display.rows].flat().reduce((sum, text) => sum + text.length + 4, 0);
}

/** A table as text, for comparing with what a test expects: one line a row, cells parted by `|`. */
export function tableText(display: Display): string {
  if (display.kind !== "table") return "";
  return display.rows.map((row) => `${row.join("|")}\n`).join("");
}
