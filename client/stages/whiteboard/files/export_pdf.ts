/**
 * The whole board as one PDF. A page of the board is a page of the file, as large as what is on it; where pages of a
 * PDF were put on the board, each is a page of the file again, with what was written on it.
 */
import { PDFDocument } from "pdf-lib";
import type { Editor, TLPageId } from "tldraw";
import { sheetsOf } from "./sheets.ts";

const PIXEL_RATIO = 2;
/** CSS pixels are 96 to the inch, points 72. */
const POINTS_PER_PX = 72 / 96;

/** Null when nothing is on the board. */
export async function exportPdf(editor: Editor, title: string): Promise<Blob | null> {
  const file = await PDFDocument.create();
  file.setTitle(title);
  file.setCreator("Lectern");
  const returnTo = editor.getCurrentPageId();
  const camera = editor.getCamera();
  try {
    for (const page of editor.getPages()) await addPage(editor, page.id, file);
  } finally {
    editor.setCurrentPage(returnTo);
    editor.setCamera(camera, { force: true });
  }
  if (file.getPageCount() === 0) return null;
  return new Blob([new Uint8Array(await file.save())], { type: "application/pdf" });
}

async function addPage(editor: Editor, pageId: TLPageId, file: PDFDocument): Promise<void> {
  if (editor.getPageShapeIds(pageId).size === 0) return;
  // tldraw draws only what is on the page that it shows.
  editor.setCurrentPage(pageId);
  for (const { ids, bounds } of sheetsOf(editor)) {
    const { blob, width, height } = await editor.toImage([...ids], {
      format: "png",
      background: true,
      darkMode: false,
      pixelRatio: PIXEL_RATIO,
      bounds,
      padding: 0,
    });
    const image = await file.embedPng(await blob.arrayBuffer());
    const size = { width: width * POINTS_PER_PX, height: height * POINTS_PER_PX };
    file.addPage([size.width, size.height]).drawImage(image, { x: 0, y: 0, ...size });
  }
}
