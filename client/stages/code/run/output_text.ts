/**
 * Reads a run's output into lines that can be shown: colours, places of displays, and places in files.
 *
 * No markup is made here; what programs print stays text.
 */
import { DISPLAY_MARK } from "../document/runs.ts";

export type Colour = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | null;

export type Piece =
  | { kind: "text"; text: string; colour: Colour; bold: boolean }
  /** A file and a line that can be gone to. */
  | { kind: "place"; text: string; colour: Colour; file: string; line: number; column: number }
  /** The n-th display. */
  | { kind: "display"; index: number };

const COLOURS: Readonly<Record<number, Colour>> = {
  31: "red",
  32: "green",
  33: "yellow",
  34: "blue",
  35: "magenta",
  36: "cyan",
  39: null,
};

/** Escape sequences: colours are read, all others are dropped. */
// deno-lint-ignore no-control-regex -- terminals' sequences begin with a control character
const SEQUENCE = /\x1b\[([\d;]*)([A-Za-z])|\ufffc/g;

/** `File "name", line 3` as Python says it, or `name:3` and `name:3:14`. */
const PLACE = /File "([^"\n]+)", line (\d+)|([\w@+-][\w@+./-]*\.\w+):(\d+)(?::(\d+))?/g;

/** `firstDisplay` is the number of displays before this text. */
export function readOutput(
  text: string,
  isFile: (name: string) => boolean,
  firstDisplay = 0,
): Piece[] {
  const pieces: Piece[] = [];
  let colour: Colour = null;
  let bold = false;
  let at = 0;
  let displays = firstDisplay;
  const upTo = (end: number) => {
    if (end > at) pieces.push(...readPlaces(text.slice(at, end), colour, bold, isFile));
  };
  for (const match of text.matchAll(SEQUENCE)) {
    upTo(match.index);
    at = match.index + match[0].length;
    if (match[0] === DISPLAY_MARK) {
      pieces.push({ kind: "display", index: displays++ });
      continue;
    }
    if (match[2] !== "m") continue;
    for (const code of (match[1] ?? "").split(";").map(Number)) {
      if (code === 0) [colour, bold] = [null, false];
      else if (code === 1) bold = true;
      else if (code === 22) bold = false;
      else if (code in COLOURS) colour = COLOURS[code] ?? null;
    }
  }
  upTo(text.length);
  return pieces;
}

function readPlaces(
  text: string,
  colour: Colour,
  bold: boolean,
  isFile: (name: string) => boolean,
): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(PLACE)) {
    const file = match[1] ?? match[3] ?? "";
    if (!isFile(file)) continue;
    if (match.index > at) {
      pieces.push({ kind: "text", text: text.slice(at, match.index), colour, bold });
    }
    pieces.push({
      kind: "place",
      text: match[0],
      colour,
      file,
      line: Number(match[2] ?? match[4]),
      column: Number(match[5] ?? 1),
    });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push({ kind: "text", text: text.slice(at), colour, bold });
  return pieces;
}
