/** What of the document the page shows, read from it whenever it has changed. */
import { type FileEntry, readFiles } from "../code/document/files.ts";
import { readRuns, type RunEntry } from "../code/document/runs.ts";
import {
  type ChatMessage,
  chatOf,
  type ParticipantFields,
  participantsOf,
  readParticipant,
} from "../../rooms/document/schema.ts";
import { useReplay } from "./model.ts";

export interface PersonAt extends ParticipantFields {
  id: string;
}

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
  const people: PersonAt[] = [];
  participantsOf(replay.lesson.doc).forEach((map, id) => {
    const person = readParticipant(map);
    if (person.connection !== "left") people.push({ ...person, id });
  });
  return people.sort((one, other) => one.joinedAt - other.joinedAt || (one.id < other.id ? -1 : 1));
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
