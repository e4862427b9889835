/** What the page asks of the worker that has read the whole log, and what it answers. */
import type { Stretch } from "../../../../rooms/contract/recording/manifest.ts";

/** A piece of a Yjs document, by its own id. */
export interface ItemId {
  client: number;
  clock: number;
}

export type FindKind = "chat" | "code" | "run" | "board";

/** Something that was written in the lesson. */
export interface Find {
  kind: FindKind;
  /** When it stood there. */
  atMs: number;
  /** One line. */
  text: string;
  /** Whose chat message, or in which file. */
  where: string;
}

export type IndexQuestion =
  & { id: number }
  & (
    | {
      type: "read";
      recordingId: string;
      token: string;
      durationMs: number;
      segments: number[];
      /** By participant. */
      names: Record<string, string>;
    }
    | { type: "search"; words: string }
    | { type: "silences" }
    | { type: "appeared"; items: ItemId[] }
  );

export type IndexAnswer =
  & { id: number }
  & (
    | { type: "reading"; part: number }
    | { type: "found"; finds: Find[] }
    | { type: "silences"; silences: Stretch[] }
    | { type: "appeared"; atMs: number | null }
    | { type: "failed" }
  );
