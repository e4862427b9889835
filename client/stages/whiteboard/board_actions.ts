/** What the board's menus do beyond tldraw's own: insert, export, save, open. Failures are told in words. */
import {
  Box,
  createShapeId,
  type Editor,
  type TLShapePartial,
  type TLUiToastsContextType,
} from "tldraw";
import type { MathShape, PlotShape } from "./board_schema.ts";
import { BoardFileError, openBoardFile, saveBoardFile } from "./files/board_file.ts";
import { chooseFile, saveFile } from "../../design/save_file.ts";
import type { LiveRoom } from "../../connection/live_room.ts";

const FORM_ROOM = 80;
/** The height of the bars above and below, in the screen's pixels. */
const BAR_PIXELS = 64;
/** Around a new shape, in the board's units. */
const INSERT_GAP = 24;
/** Places in a row and in a column that are looked at. */
const PLACES = 24;

export interface ActionContext {
  editor: Editor;
  session: LiveRoom;
  toasts: Pick<TLUiToastsContextType, "addToast" | "removeToast">;
}

/** Puts a new formula or graph where there is room near the middle of what is seen, open to be written. */
export function insertShape(editor: Editor, type: "math" | "plot"): void {
  const { center } = editor.getViewportPageBounds();
  const id = createShapeId();
  editor.markHistoryStoppingPoint(`insert ${type}`);
  const { w, h } = editor.getShapeUtil(type).getDefaultProps() as { w: number; h: number };
  // A little above the middle: the form of a graph stands below it.
  const place = new Box(center.x - w / 2, center.y - h / 2 - FORM_ROOM, w, h);
  const { x, y } = freePlace(editor, place);
  const shape: TLShapePartial<MathShape | PlotShape> = { id, type, x, y };
  editor.createShape(shape);
  editor.select(id);
  editor.setEditingShape(id);
  editor.setCurrentTool("select.editing_shape", { target: "shape", shape: editor.getShape(id) });
}

/** What is seen of the page between the bars, with room for a graph's form below a shape. */
function clearView(editor: Editor): Box {
  const { x, y, w, h } = editor.getViewportPageBounds();
  const zoom = editor.getZoomLevel();
  const top = BAR_PIXELS / zoom;
  return new Box(x, y + top, w, Math.max(0, h - 2 * top - FORM_ROOM));
}

/** The place nearest to `wish` in sight that covers nothing; a little beside it when there is none. */
function freePlace(editor: Editor, wish: Box): Box {
  const view = clearView(editor);
  // What is locked is the paper beneath, as the pages of a PDF are.
  const taken = editor.getCurrentPageShapes()
    .filter((shape) => !shape.isLocked)
    .map((shape) => editor.getShapePageBounds(shape))
    .filter((bounds) => bounds?.collides(view) === true) as Box[];
  const places = [wish];
  for (let column = 0; column < PLACES; column++) {
    for (let row = 0; row < PLACES; row++) {
      const x = view.x + (view.w - wish.w) * column / (PLACES - 1);
      const y = view.y + (view.h - wish.h) * row / (PLACES - 1);
      if (view.w > wish.w && view.h > wish.h) places.push(new Box(x, y, wish.w, wish.h));
    }
  }
  const distance = (place: Box) => Math.hypot(place.x - wish.x, place.y - wish.y);
  places.sort((a, b) => distance(a) - distance(b));
  const free = places.find((place) => {
    const around = place.clone().expandBy(INSERT_GAP);
    return !taken.some((bounds) => bounds.collides(around));
  });
  if (free !== undefined) return free;
  const beside = wish.clone();
  while (taken.some(({ x, y }) => x === beside.x && y === beside.y)) {
    beside.translate({ x: INSERT_GAP, y: INSERT_GAP });
  }
  return beside;
}

export async function saveAsPdf({ editor, session, toasts }: ActionContext): Promise<void> {
  await telling(toasts, "The PDF couldn't be made.", async () => {
    const { exportPdf } = await import("./files/export_pdf.ts");
    const name = fileName(session);
    const blob = await exportPdf(editor, name);
    if (blob === null) toasts.addToast({ title: "There is nothing on this board yet." });
    else saveFile(blob, `${name}.pdf`);
  });
}

export async function saveAsFile({ editor, session, toasts }: ActionContext): Promise<void> {
  await telling(toasts, "The board couldn't be saved.", async () => {
    saveFile(await saveBoardFile(editor, session), `${fileName(session)}.lectern-board`);
  });
}

export async function openFile({ editor, session, toasts }: ActionContext): Promise<void> {
  const file = await chooseFile(".lectern-board");
  if (file === null) return;
  await telling(
    toasts,
    "The board couldn't be opened.",
    () => openBoardFile(editor, session, file),
  );
}

export async function choosePdf(context: ActionContext): Promise<void> {
  const file = await chooseFile("application/pdf");
  if (file !== null) await putPdf(context, file);
}

export async function putPdf(
  { editor, session, toasts }: ActionContext,
  file: File,
): Promise<void> {
  const id = "pdf-progress";
  const tell = (title: string) => toasts.addToast({ id, title, keepOpen: true });
  tell(`${file.name} is being put on the board`);
  await telling(toasts, `${file.name} couldn't be put on the board.`, async () => {
    const { insertPdf } = await import("./files/insert_pdf.ts");
    const { placed, pages } = await insertPdf(editor, session, file, (number, of) => {
      tell(`${file.name}: page ${number} of ${of}`);
    });
    if (placed === pages) return;
    toasts.addToast({
      title: `The first ${placed} of ${pages} pages are on the board.`,
      description: "A board takes no more from one file. Put in the rest as a file of its own.",
      severity: "warning",
    });
  });
  toasts.removeToast(id);
}

/** Does it, and says in words when it fails. */
export async function telling(
  toasts: ActionContext["toasts"],
  title: string,
  action: () => Promise<unknown>,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    const known = error instanceof BoardFileError || error instanceof Error &&
        error.name === "PdfError";
    toasts.addToast({
      title,
      description: known ? error.message : "Nothing was changed. Try again.",
      severity: "error",
    });
  }
}

function fileName({ meeting, now }: LiveRoom): string {
  const title = meeting.value.title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, " ").trim() || "Board";
  return `${title} ${new Date(now()).toISOString().slice(0, 10)}`;
}
