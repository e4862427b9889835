/**
 * Draws the board of a document that nobody looks at: tldraw renders it in a place out of sight, as it does for its
 * own exports.
 *
 * Invariant: what is seen moves only when something on the page lies outside of it, so that a row of pictures stands
 * still where the board does.
 */
import { getAssetUrlsByImport } from "@tldraw/assets/imports.vite";
import { render } from "preact";
import { Box as PageBox, createTLStore, type Editor, Tldraw, type TLPageId } from "tldraw";
import "tldraw/tldraw.css";
import type * as Y from "yjs";
import type { Manifest } from "../../../../rooms/contract/recording/manifest.ts";
import { whiteboardOf } from "../../../../rooms/contract/document/schema.ts";
import { BoardBinding } from "../../../stages/whiteboard/binding/board_binding.ts";
import { createBoardSchema } from "../../../stages/whiteboard/board_schema.ts";
import { boardAssets } from "../../../stages/whiteboard/files/board_assets.ts";
import { readPresence } from "../../../stages/whiteboard/presence/board_presence.ts";
import { personColor } from "../../../stages/whiteboard/presence/person_color.ts";
import { MathShapeUtil } from "../../../stages/whiteboard/shapes/math_shape.tsx";
import { PlotShapeUtil } from "../../../stages/whiteboard/shapes/plot_shape.tsx";
import type { LessonDocument } from "../recording/lesson_document.ts";
import type { Box, Context } from "./canvas.ts";
import type { Palette } from "./palette.ts";

const INSET = 40;
const POINTER_PX = 5;
const shapeUtils = [MathShapeUtil, PlotShapeUtil];

export interface BoardScene {
  lesson: LessonDocument;
  atMs: number;
  people: Manifest["people"];
  palette: Palette;
}

interface Pointer {
  page: string;
  x: number;
  y: number;
  person: Manifest["people"][number];
}

export class BoardPicture {
  #doc: Y.Doc | null = null;
  #binding: BoardBinding | null = null;
  #view: { page: string; box: PageBox } | null = null;
  #picture: { image: HTMLImageElement; key: string } | null = null;

  private constructor(
    private readonly editor: Editor,
    private readonly place: HTMLElement,
  ) {}

  /** Resolves when tldraw stands ready. */
  static open(meetingId: string): Promise<BoardPicture> {
    const place = document.createElement("div");
    place.inert = true;
    place.setAttribute("aria-hidden", "true");
    place.style.cssText = "position:fixed;left:-9999px;top:0;width:1280px;height:720px";
    document.body.append(place);
    const store = createTLStore({
      schema: createBoardSchema(),
      assets: boardAssets({ meetingId, credential: "" }),
    });
    return new Promise((resolve) => {
      const onMount = (editor: Editor) => {
        editor.updateInstanceState({ isReadonly: true });
        resolve(new BoardPicture(editor, place));
      };
      render(
        <Tldraw
          store={store}
          assetUrls={getAssetUrlsByImport()}
          shapeUtils={shapeUtils}
          hideUi
          autoFocus={false}
          embeds={[]}
          onMount={onMount}
        />,
        place,
      );
    });
  }

  /** Draws the board of the lesson as it stands now, with everybody's pointers. */
  async draw(context: Context, box: Box, scene: BoardScene): Promise<void> {
    const { lesson, atMs, people, palette } = scene;
    this.#bind(lesson.doc);
    const pointers = pointersAt(lesson, atMs, people);
    const shown = pointers.find(({ person }) => person.role === "tutor") ?? pointers[0];
    // tldraw can't be asked for no page.
    const page = shown && this.editor.getPage(shown.page as TLPageId);
    if (page !== undefined) this.editor.setCurrentPage(page.id);
    context.fillStyle = palette.raised;
    context.fillRect(box.x, box.y, box.width, box.height);
    const view = this.#viewFor(box);
    if (view === null) return;
    const image = await this.#render(view, palette.dark);
    if (image === null) return;
    context.drawImage(image, box.x, box.y, box.width, box.height);
    const scale = box.width / view.w;
    for (const { page, x, y, person } of pointers) {
      if (page !== this.editor.getCurrentPageId()) continue;
      const at = { x: box.x + (x - view.x) * scale, y: box.y + (y - view.y) * scale };
      if (at.x > box.x && at.x < box.x + box.width && at.y > box.y && at.y < box.y + box.height) {
        drawPointer(context, at, person, palette);
      }
    }
  }

  /** All pages of the board of a document. Null when nothing is on any. */
  async pdf(doc: Y.Doc, title: string): Promise<Blob | null> {
    this.#bind(doc);
    const { exportPdf } = await import("../../../stages/whiteboard/files/export_pdf.ts");
    return await exportPdf(this.editor, title);
  }

  close(): void {
    this.#binding?.destroy();
    render(null, this.place);
    this.place.remove();
  }

  #bind(doc: Y.Doc): void {
    if (this.#doc === doc) return;
    this.#binding?.destroy();
    this.#binding = new BoardBinding({
      store: this.editor.store,
      root: whiteboardOf(doc),
      writable: false,
      onRefused: () => {},
      onNewer: () => {},
    });
    this.#doc = doc;
  }

  /** What of the page is seen; null when nothing is on it. */
  #viewFor(size: { width: number; height: number }): PageBox | null {
    const bounds = this.editor.getCurrentPageBounds();
    if (bounds === undefined) return null;
    const page = this.editor.getCurrentPageId();
    const held = this.#view;
    const fits = held?.page === page && held.box.contains(bounds) &&
      Math.abs(held.box.w / held.box.h - size.width / size.height) < 0.01;
    if (held !== null && fits) return held.box;
    const scale = Math.max(
      1,
      (bounds.w + 2 * INSET) / size.width,
      (bounds.h + 2 * INSET) / size.height,
    );
    const [w, h] = [size.width * scale, size.height * scale];
    const box = new PageBox(bounds.center.x - w / 2, bounds.center.y - h / 2, w, h);
    this.#view = { page, box };
    return box;
  }

  /** The shapes that lie in a part of the page; the last picture again while nothing has changed. */
  async #render(view: PageBox, dark: boolean): Promise<HTMLImageElement | null> {
    const shapes = [...this.editor.getCurrentPageShapeIds()];
    const answer = await this.editor.getSvgString(shapes, {
      bounds: view.clone(),
      padding: 0,
      background: false,
      darkMode: dark,
      pixelRatio: 1,
    });
    if (answer === undefined) return null;
    if (this.#picture?.key === answer.svg) return this.#picture.image;
    const image = new Image();
    // A blob's address would taint the canvas in Chromium as soon as a shape holds HTML.
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(answer.svg)}`;
    await image.decode();
    this.#picture = { image, key: answer.svg };
    return image;
  }
}

function pointersAt(lesson: LessonDocument, atMs: number, people: Manifest["people"]): Pointer[] {
  return lesson.presence.at(atMs).flatMap(({ state }) => {
    const presence = readPresence(state);
    const person = people.find(({ participantId }) => participantId === presence?.by);
    const { currentPageId: page, cursor } = presence?.state ?? {};
    if (person === undefined || typeof page !== "string" || !cursor) return [];
    const { x, y } = cursor;
    return Number.isFinite(x) && Number.isFinite(y) ? [{ page, x, y, person }] : [];
  });
}

function drawPointer(
  context: Context,
  { x, y }: { x: number; y: number },
  { participantId, name }: Manifest["people"][number],
  palette: Palette,
): void {
  context.fillStyle = personColor(participantId);
  context.beginPath();
  context.arc(x, y, POINTER_PX, 0, 2 * Math.PI);
  context.fill();
  context.font = `500 12px ${palette.sans}`;
  context.textBaseline = "middle";
  context.fillText(name, x + 2 * POINTER_PX, y + 2 * POINTER_PX);
}
