/**
 * The secrets of recordings that this browser holds: what makes the replay of a lesson just work where one took part in it.
 *
 * They are kept in IndexedDB of this origin and sent nowhere. Where nothing can be kept (private windows), they last as long
 * as the page.
 */
import { type Bytes, type Secret, secretOf } from "../../rooms/contract/encryption/secret.ts";
import type { RecordingSecrets } from "./recording_chain.ts";

const DATABASE = "lectern-recording-keys";
const STORE = "secrets";
/** How many secrets are kept of one meeting: the newest. */
const MAX_SECRETS = 64;

interface Row {
  meetingId: string;
  id: string;
  bytes: Bytes;
  /** Unix ms. */
  at: number;
}

export function keptSecrets(meetingId: string): RecordingSecrets {
  const inMemory = new Map<string, Secret>();
  return {
    async list() {
      const rows = await read(meetingId).catch(() => []);
      const stored = await Promise.all(
        rows.sort((a, b) => a.at - b.at).slice(-MAX_SECRETS).map(({ bytes }) => secretOf(bytes)),
      );
      const known = new Map([...stored, ...inMemory.values()].map((secret) => [secret.id, secret]));
      return [...known.values()];
    },
    async keep(secret) {
      if (inMemory.has(secret.id)) return;
      inMemory.set(secret.id, secret);
      const row = { meetingId, id: secret.id, bytes: secret.bytes, at: Date.now() };
      await write(row).catch(() => {});
    },
  };
}

/** The meetings that this browser holds a recording's secret of. */
export async function meetingsWithSecrets(): Promise<ReadonlySet<string>> {
  try {
    const database = await open();
    try {
      const store = database.transaction(STORE, "readonly").objectStore(STORE);
      const keys = await settled<IDBValidKey[]>(store.getAllKeys());
      return new Set(keys.flatMap((key) => Array.isArray(key) ? [String(key[0])] : []));
    } finally {
      database.close();
    }
  } catch {
    return new Set();
  }
}

async function read(meetingId: string): Promise<Row[]> {
  const database = await open();
  try {
    const store = database.transaction(STORE, "readonly").objectStore(STORE);
    const range = IDBKeyRange.bound([meetingId], [meetingId, "g"]);
    return await settled<Row[]>(store.getAll(range));
  } finally {
    database.close();
  }
}

async function write(row: Row): Promise<void> {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, "readwrite");
    const store = transaction.objectStore(STORE);
    if (await settled(store.getKey([row.meetingId, row.id])) !== undefined) return;
    await settled(store.put(row));
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE, { keyPath: ["meetingId", "id"] });
  };
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
