/** Draws the board or the code of a lesson at a time. Owns a board out of sight, from the first one on; close it. */
import type { Manifest } from "../../../../rooms/contract/recording/manifest.ts";
import type { LessonDocument } from "../recording/lesson_document.ts";
import type { BoardPicture } from "./board_picture.tsx";
import type { Box, Context } from "./canvas.ts";
import { drawCode } from "./code_picture.ts";
import type { Palette } from "./palette.ts";

export interface StageScene {
  shown: "board" | "code";
  lesson: LessonDocument;
  atMs: number;
  palette: Palette;
}

export class StagePicture {
  #board: Promise<BoardPicture> | null = null;
  #closed = false;

  constructor(private readonly manifest: () => Pick<Manifest, "meetingId" | "people">) {}

  async draw(context: Context, box: Box, { shown, ...scene }: StageScene): Promise<void> {
    if (shown === "code") return await drawCode(context, box, scene);
    const { meetingId, people } = this.manifest();
    const board = await (this.#board ??= openBoard(meetingId));
    if (!this.#closed) await board.draw(context, box, { ...scene, people });
  }

  close(): void {
    this.#closed = true;
    this.#board?.then((board) => board.close(), () => undefined);
    this.#board = null;
  }
}

async function openBoard(meetingId: string): Promise<BoardPicture> {
  const { BoardPicture } = await import("./board_picture.tsx");
  return await BoardPicture.open(meetingId);
}
