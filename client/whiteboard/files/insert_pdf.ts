/**
 * The pages of a PDF as pictures on the board, one below the other and locked, to be written on. They are rendered
 * here in the browser; the server sees pictures only.
 */
import { getDocument, GlobalWorkerOptions, type PDFDocumentProxy } from "pdfjs-dist";
import workerUrl from "pdfjs-dist/build/pdf.worker.min.mjs?url";
import {
  AssetRecordType,
  createShapeId,
  type Editor,
  type TLImageAsset,
  type TLImageShape,
  type TLShapePartial,
  uniqueId,
} from "tldraw";
import type { RoomSession } from "../../session.ts";
import { imageSource, uploadImage } from "./board_assets.ts";

const MAX_PAGES = 80;
const SHOWN_WIDTH = 800;
/** Sharp enough to write between the lines at twice the size. */
const RENDERED_WIDTH = 1600;
const GAP = 24;

GlobalWorkerOptions.workerSrc = workerUrl;

/** The file can't be shown, in words for the person. */
export class PdfError extends Error {
  override readonly name = "PdfError";
}

/**
 * Answers how many pages were put on the board.
 * @throws PdfError
 */
export async function insertPdf(
  editor: Editor,
  session: RoomSession,
  file: File,
  onProgress: (done: number, of: number) => void,
): Promise<number> {
  const task = getDocument({ data: await file.arrayBuffer(), isEvalSupported: false });
  try {
    const pdf = await task.promise.catch(() => {
      throw new PdfError("That PDF can't be read. It may be locked or damaged.");
    });
    const count = Math.min(pdf.numPages, MAX_PAGES);
    const center = editor.getViewportPageBounds().center;
    const left = center.x - SHOWN_WIDTH / 2;
    let top = editor.getViewportPageBounds().y + GAP;
    editor.markHistoryStoppingPoint("insert pdf");
    for (let number = 1; number <= count; number++) {
      const picture = await renderPage(pdf, number);
      const src = imageSource(await uploadImage(session, picture.blob));
      const height = SHOWN_WIDTH * picture.height / picture.width;
      placePage(editor, { ...picture, name: `${file.name}, page ${number}`, src }, {
        x: left,
        y: top,
        w: SHOWN_WIDTH,
        h: height,
      });
      top += height + GAP;
      onProgress(number, count);
    }
    return count;
  } finally {
    await task.destroy();
  }
}

interface Picture {
  blob: Blob;
  width: number;
  height: number;
}

async function renderPage(pdf: PDFDocumentProxy, number: number): Promise<Picture> {
  const page = await pdf.getPage(number);
  const scale = RENDERED_WIDTH / page.getViewport({ scale: 1 }).width;
  const viewport = page.getViewport({ scale });
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(viewport.width);
  canvas.height = Math.ceil(viewport.height);
  await page.render({ canvas, viewport }).promise;
  const blob = await new Promise<Blob | null>((resolve) =>
    canvas.toBlob(resolve, "image/webp", 0.9)
  );
  page.cleanup();
  if (blob === null) throw new PdfError("A page of that PDF is too large to be shown.");
  return { blob, width: canvas.width, height: canvas.height };
}

function placePage(
  editor: Editor,
  picture: Picture & { name: string; src: string },
  box: { x: number; y: number; w: number; h: number },
): void {
  const assetId = AssetRecordType.createId(uniqueId());
  const asset: TLImageAsset = {
    id: assetId,
    typeName: "asset",
    type: "image",
    props: {
      name: picture.name,
      src: picture.src,
      w: picture.width,
      h: picture.height,
      mimeType: picture.blob.type,
      isAnimated: false,
      fileSize: picture.blob.size,
    },
    meta: {},
  };
  const shape: TLShapePartial<TLImageShape> = {
    id: createShapeId(),
    type: "image",
    x: box.x,
    y: box.y,
    isLocked: true,
    props: { assetId, w: box.w, h: box.h },
  };
  editor.run(() => {
    editor.createAssets([asset]);
    editor.createShape<TLImageShape>(shape);
    editor.sendToBack([shape.id]);
  }, { ignoreShapeLock: true });
}
