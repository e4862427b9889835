/**
 * What stands in the middle at a time: what the layout asks for, a shared screen, or whichever of board and code was
 * worked on last.
 *
 * Pure. Invariant: somebody may draw while another types: the stage doesn't jump to and fro between them.
 */
import type * as Y from "yjs";
import type { Marker } from "../../../../rooms/contract/recording/manifest.ts";
import { hasRecords, readFiles, readRuns } from "../../../../rooms/contract/document/reading.ts";
import type { Moved } from "../recording/lesson_document.ts";
import type { Layout } from "../view.ts";

export type Shown = "screen" | "board" | "code" | "nothing";

const RESTS_MS = 3000;
/** Whoever goes further at once has come in anew: what changed on the way says little of its end. */
const JUMP_MS = 2000;

/** Follows a lesson and says which of board and code was worked on last. */
export class WorkedOn {
  #stage: "board" | "code" = "board";
  #atMs = -Infinity;
  #followedMs = -Infinity;

  get stage(): "board" | "code" {
    return this.#stage;
  }

  /** `markers` say it where the lesson was entered anew. */
  follow({ replaced, changed }: Moved, atMs: number, markers: readonly Marker[]): void {
    const jumped = atMs - this.#followedMs > JUMP_MS;
    this.#followedMs = atMs;
    const board = changed.has("whiteboard");
    const code = changed.has("files") || changed.has("runs");
    if (replaced || (jumped && board && code)) {
      const last = markers.findLast(({ type, atMs: at }) =>
        at <= atMs && (type === "board" || type === "code" || type === "run")
      );
      if (last !== undefined) this.#stage = last.type === "board" ? "board" : "code";
      this.#atMs = atMs;
      return;
    }
    if (board === code) return;
    const stage = board ? "board" : "code";
    if (stage !== this.#stage && atMs - this.#atMs < RESTS_MS) return;
    this.#stage = stage;
    this.#atMs = atMs;
  }
}

export interface StageChoice {
  layout: Layout;
  worked: "board" | "code";
  screenShared: boolean;
}

export function shownStage(doc: Y.Doc, { layout, worked, screenShared }: StageChoice): Shown {
  if (layout === "board" || layout === "code") return layout;
  if (screenShared) return "screen";
  const hasBoard = hasRecords(doc);
  const hasCode = readFiles(doc).length > 0 || readRuns(doc).length > 0;
  if (hasBoard && hasCode) return worked;
  if (hasBoard) return "board";
  return hasCode ? "code" : "nothing";
}
