/** What a run gave, as rows to be drawn: lines of text, tables as text, pictures that programs made. */
import { displayAt, type RunEntry } from "../../../../rooms/contract/document/reading.ts";
import type { RunDisplay } from "../../../../rooms/contract/document/schema.ts";
import { DISPLAY_MARK } from "../../../stages/code/document/runs.ts";
import { readOutput } from "../../../stages/code/run/output_text.ts";
import type { Size } from "./canvas.ts";

export const LINE_PX = 22;
const MAX_OUTPUT_CHARS = 8000;
const MAX_TABLE_ROWS = 40;

export interface TextRow {
  height: number;
  pieces: { text: string; colour: string | null }[];
}

export interface PictureRow {
  height: number;
  width: number;
  picture: HTMLImageElement;
}

export type OutputRow = TextRow | PictureRow;

/** The end of a long output. No picture is larger than `room`. */
export async function outputRows(run: RunEntry, room: Size): Promise<OutputRow[]> {
  const text = run.output.toString();
  const from = Math.max(0, text.length - MAX_OUTPUT_CHARS);
  const before = text.slice(0, from).split(DISPLAY_MARK).length - 1;
  const rows: OutputRow[] = [];
  let line: TextRow | null = null;
  for (const piece of readOutput(text.slice(from), () => false, before)) {
    if (piece.kind === "display") {
      line = null;
      rows.push(...await displayRows(displayAt(run.map, piece.index), room));
      continue;
    }
    for (const [index, part] of piece.text.split("\n").entries()) {
      if (index > 0 || line === null) rows.push(line = { height: LINE_PX, pieces: [] });
      if (part !== "") line.pieces.push({ text: part, colour: piece.colour });
    }
  }
  const last = rows.at(-1);
  if (last !== undefined && "pieces" in last && last.pieces.length === 0) rows.pop();
  return rows;
}

async function displayRows(display: RunDisplay | undefined, room: Size): Promise<OutputRow[]> {
  if (display === undefined) return [];
  if (display.kind === "table") {
    return tableLines(display).map((text) => ({
      height: LINE_PX,
      pieces: [{ text, colour: null }],
    }));
  }
  const picture = await pictureOf(display);
  if (picture === null) return [];
  const { naturalWidth, naturalHeight } = picture;
  const scale = Math.min(1, room.width / naturalWidth, room.height / naturalHeight);
  return [{ width: naturalWidth * scale, height: naturalHeight * scale + 4, picture }];
}

/** Columns stand under each other. */
export function tableLines({ columns, rows }: { columns: string[]; rows: string[][] }): string[] {
  const shown = [columns, ...rows.slice(0, MAX_TABLE_ROWS)];
  const widths = columns.map((_, column) =>
    Math.max(...shown.map((row) => (row[column] ?? "").length))
  );
  return shown.map((row) =>
    widths.map((width, column) => (row[column] ?? "").padEnd(width)).join("  ").trimEnd()
  );
}

const pictures = new WeakMap<Uint8Array, Promise<HTMLImageElement | null>>();

/** Each picture is read once. Null when the browser can't. */
function pictureOf(
  { mime, bytes }: RunDisplay & { kind: "image" },
): Promise<HTMLImageElement | null> {
  let picture = pictures.get(bytes);
  if (picture === undefined) pictures.set(bytes, picture = readPicture(mime, bytes));
  return picture;
}

async function readPicture(mime: string, bytes: Uint8Array): Promise<HTMLImageElement | null> {
  const image = new Image();
  // A blob's address would taint the canvas in Chromium where an SVG holds HTML.
  image.src = `data:${mime};base64,${base64(bytes)}`;
  const isRead = await image.decode().then(() => image.naturalWidth > 0, () => false);
  return isRead ? image : null;
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
