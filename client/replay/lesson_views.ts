/** What of the document the page shows, read from it whenever it has changed. */
import { type FileEntry, readFiles } from "../code/document/files.ts";
import { readRuns, type RunEntry } from "../code/document/runs.ts";
import { type ChatMessage, chatOf } from "../../rooms/document/schema.ts";
import { useReplay } from "./model.ts";
import { type PersonAt, readPeople } from "./recording/people.ts";

export function useChat(): ChatMessage[] {
  const replay = useReplay();
  replay.version("chat").value;
  return chatOf(replay.lesson.doc).map((message) => ({
    id: String(message.get("id") ?? ""),
    from: String(message.get("from") ?? ""),
    name: String(message.get("name") ?? ""),
    text: String(message.get("text") ?? ""),
    at: Number(message.get("at") ?? 0),
  }));
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
