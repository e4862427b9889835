/**
 * The board and the code of a lesson as files, as they stood at a time: made beside the lesson that is played, so that
 * the whole board is there whatever moment the page shows.
 */
import type { Manifest } from "../../../../rooms/contract/recording/manifest.ts";
import { fileTexts } from "../../../stages/code/document/files.ts";
import type { RecordingApi } from "../recording/api.ts";
import { RecordingLog } from "../recording/log.ts";
import { LessonWalk } from "../recording/walk_log.ts";
import { zipFiles } from "../../../design/zip.ts";

/** `board` is a PDF of all its pages, `code` a zip of all files. */
export type StageFile = "board" | "code";

export interface StageFileOrder {
  api: RecordingApi;
  manifest: Manifest;
  atMs: number;
}

/** Null when there was nothing to take along then. @throws RecordingProblem */
export async function stageFile(what: StageFile, order: StageFileOrder): Promise<Blob | null> {
  const { api, manifest, atMs } = order;
  const walk = new LessonWalk(new RecordingLog(api, manifest), () => manifest);
  try {
    await walk.to(atMs);
    const { doc } = walk.lesson;
    if (what === "code") {
      const texts = fileTexts(doc);
      return Object.keys(texts).length === 0 ? null : zipFiles(texts);
    }
    const { BoardPicture } = await import("../pictures/board_picture.tsx");
    const board = await BoardPicture.open(manifest.meetingId);
    try {
      return await board.pdf(doc, manifest.title);
    } finally {
      board.close();
    }
  } finally {
    walk.close();
  }
}
