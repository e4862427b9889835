/** Draws the files as they stood at a time: the one that was worked in, with cursors, and what the last run gave. */
import {
  type FileEntry,
  readFiles,
  readRuns,
  type RunEntry,
} from "../../../../rooms/contract/document/reading.ts";
import { languageOf } from "../../../stages/code/document/languages.ts";
import { personColor } from "../../../stages/whiteboard/presence/person_color.ts";
import type { LessonDocument } from "../recording/lesson_document.ts";
import { highlight, type TokenKind } from "../stages/highlight.ts";
import { indexIn, type PlaceInCode, placesAt } from "../stages/places.ts";
import type { Box, Context } from "./canvas.ts";
import { LINE_PX, type OutputRow, outputRows } from "./output_rows.ts";
import type { Palette } from "./palette.ts";

const TAB_PX = 34;
const NUMBERS_PX = 52;
const OUTPUT_PART = 0.32;
const TAB_SPACES = "    ";

interface Caret {
  line: number;
  column: number;
  by: string;
}

export async function drawCode(
  context: Context,
  box: Box,
  { lesson, atMs, palette }: { lesson: LessonDocument; atMs: number; palette: Palette },
): Promise<void> {
  context.fillStyle = palette.raised;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.textBaseline = "middle";
  const files = readFiles(lesson.doc);
  const places = placesAt(lesson.presence, atMs);
  const file = files.find(({ id }) => id === places[0]?.fileId) ?? files[0];
  drawTabs(context, box, { files, file, palette });
  const run = readRuns(lesson.doc).at(-1);
  const outputHeight = run === undefined ? 0 : Math.round(box.height * OUTPUT_PART);
  if (file !== undefined) {
    const height = box.height - TAB_PX - outputHeight;
    drawFile(context, { ...box, y: box.y + TAB_PX, height }, { file, places, palette });
  }
  if (run !== undefined) {
    const y = box.y + box.height - outputHeight;
    await drawOutput(context, { ...box, y, height: outputHeight }, { run, palette });
  }
}

interface Tabs {
  files: readonly FileEntry[];
  file: FileEntry | undefined;
  palette: Palette;
}

function drawTabs(context: Context, box: Box, { files, file, palette }: Tabs): void {
  clipped(context, { ...box, height: TAB_PX }, () => {
    let x = box.x + 16;
    for (const { id, name } of files) {
      const chosen = id === file?.id;
      context.font = `${chosen ? 600 : 400} 14px ${palette.sans}`;
      context.fillStyle = chosen ? palette.ink : palette.inkSoft;
      context.fillText(name, x, box.y + TAB_PX / 2);
      const { width } = context.measureText(name);
      context.fillStyle = palette.accent;
      if (chosen) context.fillRect(x - 4, box.y + TAB_PX - 3, width + 8, 3);
      x += width + 28;
    }
  });
  context.fillStyle = palette.line;
  context.fillRect(box.x, box.y + TAB_PX - 1, box.width, 1);
}

interface Shown {
  file: FileEntry;
  places: readonly PlaceInCode[];
  palette: Palette;
}

function drawFile(context: Context, box: Box, { file, places, palette }: Shown): void {
  const text = file.text.toString();
  const lines = highlight(text, languageOf(file.name).id);
  const carets = caretsIn(file, text, places);
  const rows = Math.max(1, Math.floor((box.height - 12) / LINE_PX));
  const first = firstRow(lines.length, rows, carets[0]?.line);
  const colours = tokenColours(palette);
  clipped(context, box, () => {
    context.font = `14px ${palette.mono}`;
    const letter = context.measureText("m").width;
    for (const [row, tokens] of lines.slice(first, first + rows).entries()) {
      const y = box.y + 8 + row * LINE_PX + LINE_PX / 2;
      context.fillStyle = palette.inkSoft;
      context.textAlign = "right";
      context.fillText(String(first + row + 1), box.x + NUMBERS_PX - 14, y);
      context.textAlign = "left";
      let x = box.x + NUMBERS_PX;
      for (const token of tokens) {
        const words = token.text.replaceAll("\t", TAB_SPACES);
        context.fillStyle = colours[token.kind];
        context.fillText(words, x, y);
        x += context.measureText(words).width;
      }
    }
    for (const { line, column, by } of carets) {
      context.fillStyle = personColor(by);
      const y = box.y + 8 + (line - first) * LINE_PX;
      context.fillRect(box.x + NUMBERS_PX + column * letter, y + 2, 2, LINE_PX - 4);
    }
  });
}

/** The line that somebody is at stays in sight. */
export function firstRow(lines: number, rows: number, caret: number | undefined): number {
  const last = Math.max(0, lines - rows);
  if (caret === undefined) return 0;
  return Math.max(0, Math.min(last, caret - Math.floor(rows / 2)));
}

function caretsIn(file: FileEntry, text: string, places: readonly PlaceInCode[]): Caret[] {
  const carets: Caret[] = [];
  for (const { by, fileId, head } of places) {
    const at = fileId === file.id ? indexIn(file.text, head) : null;
    if (at === null) continue;
    const before = text.slice(0, at).split("\n");
    const column = before.at(-1)!.replaceAll("\t", TAB_SPACES).length;
    carets.push({ line: before.length - 1, column, by });
  }
  return carets;
}

async function drawOutput(
  context: Context,
  box: Box,
  { run, palette }: { run: RunEntry; palette: Palette },
): Promise<void> {
  context.fillStyle = palette.line;
  context.fillRect(box.x, box.y, box.width, 1);
  const rows = await outputRows(run, { width: box.width - 32, height: box.height - 24 });
  let shown = rows.length;
  let height = 0;
  while (shown > 0 && height + rows[shown - 1]!.height <= box.height - 16) {
    height += rows[--shown]!.height;
  }
  clipped(context, box, () => {
    context.font = `13px ${palette.mono}`;
    let y = box.y + 8;
    for (const row of rows.slice(shown)) {
      drawRow(context, { x: box.x + 16, y }, row, palette);
      y += row.height;
    }
  });
}

function drawRow(
  context: Context,
  { x, y }: { x: number; y: number },
  row: OutputRow,
  palette: Palette,
): void {
  if ("picture" in row) {
    context.fillStyle = "white";
    context.fillRect(x, y + 2, row.width, row.height - 4);
    context.drawImage(row.picture, x, y + 2, row.width, row.height - 4);
    return;
  }
  let at = x;
  for (const { text, colour } of row.pieces) {
    context.fillStyle = outputColour(colour, palette);
    context.fillText(text, at, y + LINE_PX / 2);
    at += context.measureText(text).width;
  }
}

function tokenColours(palette: Palette): Record<TokenKind, string> {
  return {
    plain: palette.ink,
    comment: palette.inkSoft,
    string: palette.good,
    number: palette.warn,
    keyword: palette.accent,
  };
}

function outputColour(colour: string | null, palette: Palette): string {
  if (colour === "red") return palette.signal;
  if (colour === "green") return palette.good;
  if (colour === "yellow") return palette.warn;
  return colour === null ? palette.ink : palette.accent;
}

function clipped(context: Context, box: Box, draw: () => void): void {
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width, box.height);
  context.clip();
  draw();
  context.restore();
}
