/**
 * What this device remembers of a meeting: the tab's place in it, the document, the client ids it was written under.
 *
 * The tab's token is tab.ts's; the document lives in IndexedDB and the client ids in localStorage, by meeting and
 * participant, so that nobody's edits are claimed by somebody else.
 * Invariant: a browser that forbids storage loses the memory, never the lesson.
 */
import { signal } from "@preact/signals";
import type * as Y from "yjs";
import { deleteKept, keepInIndexedDb, type KeptDocument } from "./indexed_db.ts";
import { type PersonalLink, setTabToken, tabToken } from "./tab.ts";

/** As many ids as one `document.claim` may carry. */
const MAX_CLIENT_IDS = 64;

/** Where a connection remembers things. Tests hand in their own. */
export interface Memory {
  token(link: PersonalLink): string | null;
  setToken(link: PersonalLink, token: string | null): void;
  /** Client ids that this person wrote under on this device, oldest first. */
  clientIds(meetingId: string, participantId: string): number[];
  setClientIds(meetingId: string, participantId: string, ids: readonly number[]): void;
  keep(meetingId: string, participantId: string, doc: Y.Doc): KeptDocument;
}

const DOCUMENT_PREFIX = "lectern:document:";
const CLIENTS_PREFIX = "lectern:clients:";
const documentKey = (meetingId: string, participantId: string) =>
  `${DOCUMENT_PREFIX}${meetingId}:${participantId}`;
const clientIdsKey = (meetingId: string, participantId: string) =>
  `${CLIENTS_PREFIX}${meetingId}:${participantId}`;

/** Even to name the storage throws where it is forbidden. */
function readItem(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function writeItem(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Forbidden or full.
  }
}

function readIds(text: string | null): number[] {
  try {
    const ids: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(ids)
      ? ids.filter((id) => Number.isInteger(id) && id >= 0 && id <= 0xffffffff)
      : [];
  } catch {
    return [];
  }
}

/** A document that nobody came back for in this time is forgotten, unsaved edits included. */
const FORGET_AFTER_MS = 30 * 24 * 3_600_000;
const KEPT_KEY = "lectern:documents";

/** Documents on this device, name → Unix ms of the last visit, without those that are too old. */
export function splitByAge(
  visits: Readonly<Record<string, unknown>>,
  nowMs: number,
): { fresh: Record<string, number>; old: string[] } {
  const fresh: Record<string, number> = {};
  const old: string[] = [];
  for (const [name, visitedAt] of Object.entries(visits)) {
    const age = typeof visitedAt === "number" ? nowMs - visitedAt : Infinity;
    if (age < FORGET_AFTER_MS) fresh[name] = nowMs - age;
    else old.push(name);
  }
  return { fresh, old };
}

function readVisits(): Record<string, unknown> {
  try {
    const visits: unknown = JSON.parse(readItem(KEPT_KEY) ?? "{}");
    return typeof visits === "object" && visits !== null ? { ...visits } : {};
  } catch {
    return {};
  }
}

/** Remembers a visit, or that the document is gone; forgets documents of long ago. */
function noteVisit(name: string, visitedAt: number | null): void {
  const { [name]: _earlier, ...others } = readVisits();
  const { fresh, old } = splitByAge(others, Date.now());
  for (const forgotten of old) {
    deleteKept(forgotten);
    writeItem(forgotten.replace(DOCUMENT_PREFIX, CLIENTS_PREFIX), null);
  }
  const visits = visitedAt === null ? fresh : { ...fresh, [name]: visitedAt };
  writeItem(KEPT_KEY, JSON.stringify(visits));
}

const NOT_KEPT: KeptDocument = {
  kept: signal(false),
  loaded: Promise.resolve(),
  close: () => Promise.resolve(),
  clear: () => Promise.resolve(),
};

/** Keeps a document in IndexedDB from now on. */
function keepVisited(name: string, doc: Y.Doc): KeptDocument {
  noteVisit(name, Date.now());
  const kept = keepInIndexedDb(name, doc);
  return {
    kept: kept.kept,
    loaded: kept.loaded,
    close: () => kept.close(),
    clear: () => {
      noteVisit(name, null);
      return kept.clear();
    },
  };
}

/** The browser's own storage. */
export const browserMemory: Memory = {
  token: tabToken,
  setToken: setTabToken,
  clientIds: (meetingId, participantId) =>
    readIds(readItem(clientIdsKey(meetingId, participantId))),
  setClientIds: (meetingId, participantId, ids) =>
    writeItem(
      clientIdsKey(meetingId, participantId),
      ids.length === 0 ? null : JSON.stringify(ids.slice(-MAX_CLIENT_IDS)),
    ),
  keep: (meetingId, participantId, doc) =>
    typeof indexedDB === "undefined"
      ? NOT_KEPT
      : keepVisited(documentKey(meetingId, participantId), doc),
};
