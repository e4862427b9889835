/** What of the document the page shows, read from it whenever it has changed. */
import {
  type FileEntry,
  readChat,
  readFiles,
  readRuns,
  type RunEntry,
} from "../../../rooms/contract/document/reading.ts";
import type { ChatMessage } from "../../../rooms/contract/document/schema.ts";
import { useReplay } from "./model.ts";
import { type PersonAt, readPeople } from "./recording/people.ts";

export function useChat(): ChatMessage[] {
  const replay = useReplay();
  replay.version("chat").value;
  return readChat(replay.lesson.doc);
}

/** Who was in the room then, joined first first. */
export function usePeople(): PersonAt[] {
  const replay = useReplay();
  replay.version("participants").value;
  return readPeople(replay.lesson.doc);
}

export function useFiles(): FileEntry[] {
  const replay = useReplay();
  replay.version("files").value;
  return readFiles(replay.lesson.doc);
}

export function useRuns(): RunEntry[] {
  const replay = useReplay();
  replay.version("runs").value;
  return readRuns(replay.lesson.doc);
}
