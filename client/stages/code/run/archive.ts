/** Files in and out of the lesson: all of them as a zip, and from this device. */
import { strToU8, zipSync } from "fflate";
import { fileTexts, MAX_FILE_CHARS } from "../document/files.ts";
import type * as Y from "yjs";

/** Saves every file of the lesson as one zip on this device. */
export function downloadAll(doc: Y.Doc, title: string): void {
  const entries = Object.entries(fileTexts(doc))
    .map(([name, text]) => [name, strToU8(text)] as const);
  const bytes = zipSync(Object.fromEntries(entries)) as Uint8Array<ArrayBuffer>;
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/zip" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${title.replace(/[^\p{L}\p{N} _-]+/gu, "").trim() || "lesson"}.zip`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export interface Upload {
  name: string;
  text: string;
}

/** Lets somebody choose text files; what isn't text or is too large comes back as a name in `refused`. */
export function chooseFiles(): Promise<{ uploads: Upload[]; refused: string[] }> {
  return new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.oncancel = () => resolve({ uploads: [], refused: [] });
    input.onchange = async () => resolve(await readAll([...input.files ?? []]));
    input.click();
  });
}

export async function readAll(
  files: readonly File[],
): Promise<{ uploads: Upload[]; refused: string[] }> {
  const uploads: Upload[] = [];
  const refused: string[] = [];
  for (const file of files) {
    const text = file.size <= MAX_FILE_CHARS ? await readText(file) : null;
    if (text === null) refused.push(file.name);
    else uploads.push({ name: file.name.replace(/[^\w@+. -]+/g, "_").replace(/^\./, "_"), text });
  }
  return { uploads, refused };
}

async function readText(file: File): Promise<string | null> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
