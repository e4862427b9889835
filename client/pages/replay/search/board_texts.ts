/** The words on a whiteboard, read from its records without tldraw: text, labels, formulas, names of pages. */
import * as Y from "yjs";
import { readRecords } from "../../../../rooms/contract/document/reading.ts";

export interface BoardText {
  /** The record's id. */
  id: string;
  text: string;
}

/** Properties that hold what people wrote, as plain text. */
const TEXT_PROPS = ["text", "tex", "name", "expression"] as const;
const MAX_DEPTH = 12;

export function boardTexts(board: Y.Map<unknown>): BoardText[] {
  const texts: BoardText[] = [];
  for (const [id, record] of readRecords(board)) {
    const props: unknown = record.get("props");
    const parts: string[] = [];
    if (id.startsWith("page:")) parts.push(textOf(record.get("name")));
    if (props instanceof Y.Map) {
      for (const name of TEXT_PROPS) parts.push(textOf(props.get(name)));
      parts.push(richText(props.get("richText"), 0));
    }
    const text = parts.filter((part) => part !== "").join(" ").replace(/\s+/g, " ").trim();
    if (text !== "") texts.push({ id, text });
  }
  return texts;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** tldraw's rich text is a tree of nodes whose leaves have `text`. */
function richText(node: unknown, depth: number): string {
  if (typeof node !== "object" || node === null || depth > MAX_DEPTH) return "";
  const { text, content } = node as { text?: unknown; content?: unknown };
  if (typeof text === "string") return text;
  if (!Array.isArray(content)) return "";
  return content.map((child) => richText(child, depth + 1)).join(depth === 0 ? " " : "");
}
