/**
 * Keeps a meeting's document in the browser's IndexedDB, for as long as the browser lets it.
 *
 * Storage may be cleared, run full, or be closed by the system at any moment. y-indexeddb hears nothing of it and throws
 * inside the document's transaction from then on, so its writes are shielded here, and its database is watched.
 * Invariant: whatever IndexedDB does, the document goes on; that it isn't kept shows in `kept`, and is tried again.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { IndexeddbPersistence } from "y-indexeddb";
import type * as Y from "yjs";

/** A document that is being kept on this device. */
export interface KeptDocument {
  /** False from when the device can't keep it until it can again. */
  readonly kept: ReadonlySignal<boolean>;
  /** Resolves when what was kept is in the document; never rejects. */
  readonly loaded: Promise<void>;
  /** Stops keeping it; what is kept stays. Never rejects. */
  close(): Promise<void>;
  /** Stops keeping it and forgets what was kept. Never rejects. */
  clear(): Promise<void>;
}

/** Firefox's private windows and some settings have no IndexedDB, or one that never opens: nobody waits longer for it. */
const LOAD_TIMEOUT_MS = 2_000;
/** What hasn't loaded by then won't. */
const OPEN_TIMEOUT_MS = 10_000;
const REOPEN_MS = 10_000;
const PROBE = "lectern:probe";

/** Keeps a document under a name from now on. */
export function keepInIndexedDb(name: string, doc: Y.Doc): KeptDocument {
  return new IndexedDbDocument(name, doc);
}

/** Forgets what was kept under a name. */
export function deleteKept(name: string): void {
  try {
    indexedDB.deleteDatabase(name);
  } catch {
    // Forbidden: then there is nothing.
  }
}

class IndexedDbDocument implements KeptDocument {
  readonly kept = signal(true);
  readonly loaded: Promise<void>;
  #opening: Promise<void>;
  #persistence: IndexeddbPersistence | null = null;
  #closed = false;
  #reopenTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly name: string, private readonly doc: Y.Doc) {
    this.#opening = this.#open();
    this.loaded = within(this.#opening, LOAD_TIMEOUT_MS).then(() => {});
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reopenTimer);
    await within(this.#opening, LOAD_TIMEOUT_MS);
    const persistence = this.#persistence;
    this.#persistence = null;
    await persistence?.destroy().catch(() => {});
  }

  async clear(): Promise<void> {
    await this.close();
    deleteKept(this.name);
  }

  /** Never rejects. */
  async #open(): Promise<void> {
    let persistence: IndexeddbPersistence | null = null;
    try {
      if (!await indexedDbWorks()) throw new Error("IndexedDB doesn't open");
      if (this.#closed) return;
      persistence = this.#persistence = new IndexeddbPersistence(this.name, this.doc);
      this.#watch(persistence);
      const isLoaded = await within(persistence.whenSynced, OPEN_TIMEOUT_MS);
      if (!isLoaded && !this.#closed) throw new Error("The kept document doesn't load");
      if (this.#persistence === persistence) this.kept.value = true;
    } catch {
      this.#lose(persistence);
    }
  }

  /** What fails later fails in events of the database, or as it is called. */
  #watch(persistence: IndexeddbPersistence): void {
    const lose = () => this.#lose(persistence);
    const { _storeUpdate: store } = persistence;
    this.doc.off("update", store);
    persistence._storeUpdate = (update, origin) => {
      try {
        store(update, origin);
      } catch {
        lose();
      }
    };
    this.doc.on("update", persistence._storeUpdate);
    persistence._db.then((db) => {
      for (const event of ["close", "abort", "versionchange"]) db.addEventListener(event, lose);
    }, lose);
  }

  #lose(persistence: IndexeddbPersistence | null): void {
    if (this.#closed || this.#persistence !== persistence) return;
    this.#persistence = null;
    this.kept.value = false;
    persistence?.destroy().catch(() => {});
    clearTimeout(this.#reopenTimer);
    // What is written meanwhile is kept with the whole document then.
    this.#reopenTimer = setTimeout(() => this.#opening = this.#open(), REOPEN_MS);
  }
}

/** Whether the promise settled in time. Never rejects. */
function within(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settle, settle);
  });
}

async function indexedDbWorks(): Promise<boolean> {
  const opened = Promise.withResolvers<boolean>();
  try {
    const opening = indexedDB.open(PROBE);
    opening.onsuccess = () => {
      opening.result.close();
      deleteKept(PROBE);
      opened.resolve(true);
    };
    opening.onerror = () => opened.resolve(false);
  } catch {
    return false;
  }
  return await within(opened.promise, LOAD_TIMEOUT_MS) && await opened.promise;
}
