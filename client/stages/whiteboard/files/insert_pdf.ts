/**
 * The pages of a PDF as pictures on the board, one below the other and locked, to be written on. They are rendered
 * here in the browser; the server sees pictures only.
 *
 * Invariants:
 * - All pages come onto the board at once and in one step of undo, or none does.
 * - They cover nothing that is on the board already.
 */
import {
  getDocument,
  GlobalWorkerOptions,
  type PDFDocumentProxy,
  type RenderTask,
} from "pdfjs-dist";
import workerUrl from "pdfjs-dist/build/pdf.worker.min.mjs?url";
import {
  AssetRecordType,
  Box,
  createShapeId,
  type Editor,
  type TLAssetId,
  type TLImageAsset,
  type TLImageShape,
  type TLShapePartial,
  uniqueId,
} from "tldraw";
import type { LiveRoom } from "../../../connection/live_room.ts";
import { imageSource, uploadImage } from "./board_assets.ts";
import { SHEET } from "./sheets.ts";

export const MAX_PDF_BYTES = 100 * 1024 * 1024;
export const MAX_PAGES = 80;
const SHOWN_WIDTH = 800;
/** Sharp enough to write between the lines at twice the size. */
const RENDERED_WIDTH = 1600;
/** Bound of one rendered page: posters and endless strips are rendered coarser than others. */
const MAX_PIXELS = 16_000_000;
const GAP = 24;

GlobalWorkerOptions.workerSrc = workerUrl;

/** The file can't be shown, in words for the person. */
export class PdfError extends Error {
  override readonly name = "PdfError";
}

interface Picture {
  src: string;
  type: string;
  bytes: number;
  width: number;
  height: number;
}

/**
 * Answers how many pages were put on the board, and how many the file has.
 * @throws PdfError
 */
export async function insertPdf(
  editor: Editor,
  session: LiveRoom,
  file: File,
  onProgress: (done: number, of: number) => void,
): Promise<{ placed: number; pages: number }> {
  if (file.size > MAX_PDF_BYTES) {
    throw new PdfError(`It is larger than ${MAX_PDF_BYTES / 1024 / 1024} MB. Put in a part of it.`);
  }
  const boardPage = editor.getCurrentPageId();
  const task = getDocument({ data: await file.arrayBuffer(), isEvalSupported: false });
  try {
    const pdf = await task.promise.catch((error: unknown) => {
      throw new PdfError(unreadable(error));
    });
    const placed = Math.min(pdf.numPages, MAX_PAGES);
    const pictures: Picture[] = [];
    for (let number = 1; number <= placed; number++) {
      onProgress(number, placed);
      pictures.push(await uploaded(session, await renderPage(pdf, number)));
    }
    if (!editor.isDisposed && editor.getPage(boardPage) !== undefined) {
      editor.setCurrentPage(boardPage);
      placePages(editor, file.name, pictures);
    }
    return { placed, pages: pdf.numPages };
  } finally {
    await task.destroy();
  }
}

function unreadable(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  return name === "PasswordException"
    ? "It is locked with a password. Save a copy without one, and put that on the board."
    : "It is damaged, or not a PDF at all.";
}

async function uploaded(
  session: LiveRoom,
  { blob, width, height }: { blob: Blob; width: number; height: number },
): Promise<Picture> {
  const id = await uploadImage(session, blob).catch((error: unknown) => {
    throw new PdfError(
      error instanceof TypeError ? "The connection broke off." : String(
        error instanceof Error ? error.message : error,
      ),
    );
  });
  return { src: imageSource(id), type: blob.type, bytes: blob.size, width, height };
}

async function renderPage(
  pdf: PDFDocumentProxy,
  number: number,
): Promise<{ blob: Blob; width: number; height: number }> {
  const canvas = document.createElement("canvas");
  try {
    const page = await pdf.getPage(number);
    const { width, height } = page.getViewport({ scale: 1 });
    const scale = Math.min(RENDERED_WIDTH / width, Math.sqrt(MAX_PIXELS / (width * height)));
    const viewport = page.getViewport({ scale });
    canvas.width = Math.round(viewport.width);
    canvas.height = Math.round(viewport.height);
    const rendering: RenderTask = page.render({ canvas, viewport });
    await rendering.promise;
    page.cleanup();
  } catch {
    throw new PdfError(`Its page ${number} is damaged.`);
  }
  const blob = await new Promise<Blob | null>((resolve) =>
    canvas.toBlob(resolve, "image/webp", 0.9)
  );
  if (blob === null) throw new PdfError(`Its page ${number} is too large to be shown.`);
  return { blob, width: canvas.width, height: canvas.height };
}

/** In view where there is room, otherwise to the right of everything. The view turns to the first. */
function placePages(editor: Editor, name: string, pictures: readonly Picture[]): void {
  const heights = pictures.map(({ width, height }) => SHOWN_WIDTH * height / width);
  const total = heights.reduce((sum, height) => sum + height + GAP, -GAP);
  const view = editor.getViewportPageBounds();
  const column = new Box(view.center.x - SHOWN_WIDTH / 2, view.y + GAP, SHOWN_WIDTH, total);
  const taken = editor.getCurrentPageBounds();
  const isTaken = editor.getCurrentPageShapes().some((shape) => {
    const bounds = editor.getShapePageBounds(shape);
    return bounds !== undefined && column.collides(bounds);
  });
  if (isTaken && taken !== undefined) {
    column.x = taken.maxX + 2 * GAP;
    column.y = taken.y;
  }
  const first = new Box(column.x, column.y, SHOWN_WIDTH, heights[0] ?? 0);
  let top = column.y;
  const assets: TLImageAsset[] = [];
  const shapes: TLShapePartial<TLImageShape>[] = pictures.map((picture, index) => {
    const asset = assetOf(picture, `${name}, page ${index + 1}`);
    const h = heights[index] ?? 0;
    const y = top;
    assets.push(asset);
    top += h + GAP;
    return {
      id: createShapeId(),
      type: "image",
      x: column.x,
      y,
      isLocked: true,
      meta: SHEET,
      props: { assetId: asset.id as TLAssetId, w: SHOWN_WIDTH, h },
    };
  });
  editor.markHistoryStoppingPoint("insert pdf");
  editor.run(() => {
    editor.createAssets(assets);
    editor.createShapes<TLImageShape>(shapes);
    editor.sendToBack(shapes.map(({ id }) => id));
  }, { ignoreShapeLock: true });
  editor.zoomToBounds(first, { inset: 2 * GAP, targetZoom: 1, animation: { duration: 200 } });
}

function assetOf(picture: Picture, name: string): TLImageAsset {
  return {
    id: AssetRecordType.createId(uniqueId()),
    typeName: "asset",
    type: "image",
    props: {
      name,
      src: picture.src,
      w: picture.width,
      h: picture.height,
      mimeType: picture.type,
      isAnimated: false,
      fileSize: picture.bytes,
    },
    meta: {},
  };
}
