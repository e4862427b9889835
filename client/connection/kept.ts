/**
 * What can be saved for a person whose edits the server refused: the text of code files as they last saw it.
 *
 * Whiteboard shapes are not kept: they refer to others that the refused document may hold alone.
 */
import type * as Y from "yjs";
import { readFiles } from "../../rooms/contract/document/reading.ts";
import type { KeptEdits } from "./interface.ts";

function textsOf(doc: Y.Doc): Map<string, { name: string; text: string }> {
  const texts = new Map<string, { name: string; text: string }>();
  for (const { id, name, text } of readFiles(doc)) texts.set(id, { name, text: text.toString() });
  return texts;
}

/** Files of the refused document whose text differs from the fresh one's, or null when there is nothing to keep. */
export function keptEdits(refused: Y.Doc, fresh: Y.Doc, changes: number): KeptEdits | null {
  if (changes === 0) return null;
  const now = textsOf(fresh);
  const files = new Map<string, string>();
  for (const [id, { name, text }] of textsOf(refused)) {
    if (text !== "" && now.get(id)?.text !== text) files.set(name, text);
  }
  return { files, changes };
}
