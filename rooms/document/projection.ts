/**
 * Writes the server-owned roots, and the end of a run whose page is gone. Only the server calls this, inside a transaction of its replica.
 *
 * The room's own state is the truth and the document shows it: a projection sets what differs and nothing else,
 * so it can be repeated at any time (after a rebuild from the log, for one).
 */
import * as Y from "yjs";
import { readRuns, type RunEntry } from "../contract/document/reading.ts";
import {
  type ChatMessage,
  chatOf,
  type MeetingFields,
  meetingOf,
  type ParticipantFields,
  participantsOf,
} from "../contract/document/schema.ts";

/** Makes the `meeting` root say these fields. */
export function projectMeeting(doc: Y.Doc, fields: MeetingFields): void {
  project(meetingOf(doc), fields);
}

/** Makes the entry of one participant say these fields. */
export function projectParticipant(doc: Y.Doc, id: string, fields: ParticipantFields): void {
  const participants = participantsOf(doc);
  let entry = participants.get(id);
  if (entry === undefined) {
    entry = new Y.Map<unknown>();
    participants.set(id, entry);
  }
  project(entry, fields);
}

/** Appends one message. */
export function appendChat(doc: Y.Doc, message: ChatMessage): void {
  chatOf(doc).push([new Y.Map<unknown>(Object.entries(message))]);
}

/** Marks the runs that nobody will end, because the page that they ran in is gone. */
export function interruptRuns(doc: Y.Doc, isGone: (run: RunEntry) => boolean): void {
  for (const run of readRuns(doc)) {
    if (run.exit === null && isGone(run)) run.map.set("exit", "interrupted");
  }
}

function project(map: Y.Map<unknown>, fields: object): void {
  for (const [key, value] of Object.entries(fields)) {
    if (!map.has(key) || !equal(map.get(key), value)) map.set(key, structuredClone(value));
  }
}

/** Equality of JSON values. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    Object.hasOwn(b, key) &&
    equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])
  );
}
