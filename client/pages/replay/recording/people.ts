/** Who was in the room, read from the document. */
import type * as Y from "yjs";
import { participantEntries } from "../../../../rooms/contract/document/reading.ts";
import {
  type ParticipantFields,
  readParticipant,
} from "../../../../rooms/contract/document/schema.ts";

export interface PersonAt extends ParticipantFields {
  id: string;
}

/** Joined first first. */
export function readPeople(doc: Y.Doc): PersonAt[] {
  const people: PersonAt[] = [];
  for (const [id, map] of participantEntries(doc)) {
    const person = readParticipant(map);
    if (person.connection !== "left") people.push({ ...person, id });
  }
  return people.sort((one, other) => one.joinedAt - other.joinedAt || (one.id < other.id ? -1 : 1));
}
