/**
 * Keeps this page's meeting document and the server's the same, through losses of the network.
 *
 * The connection owns the socket and says when it is there and when it is gone; what was edited meanwhile goes out
 * with the next sync, and stays on this device until then.
 *
 * Invariants: no edit is sent before the client ids that it was made under are claimed; no live update is sent before
 * the server has everything earlier (it refuses gaps); the id of this page is on record before its first edit.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import {
  applyAwarenessUpdate,
  type Awareness,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import * as Y from "yjs";
import { ShieldedAwareness } from "../../rooms/contract/document/shielded.ts";
import {
  type FrameMessage,
  readFrame,
  writePresenceFrame,
  writeSyncStep1,
  writeSyncStep2,
  writeUpdates,
} from "../../rooms/contract/protocol/frames.ts";
import type { SaveState } from "./live_room.ts";
import { UnsavedChanges } from "./saving.ts";
import type { RoomSocket } from "./socket.ts";
import type { KeptDocument } from "./indexed_db.ts";
import type { Memory } from "./storage.ts";

/** Pointers move more often than anyone can see: presence goes out at most this often. */
const PRESENCE_INTERVAL_MS = 40;

export interface ProviderOptions {
  meetingId: string;
  participantId: string;
  doc: Y.Doc;
  memory: Memory;
}

/** What the provider needs of a {@linkcode RoomSocket}. */
export type SyncSocket = Pick<RoomSocket, "request" | "sendBinary">;

export class DocumentProvider {
  readonly doc: Y.Doc;
  readonly participantId: string;
  readonly awareness: Awareness;
  readonly saved: ReadonlySignal<SaveState>;

  readonly #options: ProviderOptions;
  readonly #kept: KeptDocument;
  readonly #unsaved: UnsavedChanges;
  readonly #unsavedCount = signal(0);
  readonly #offline = signal(true);
  /** Ids of earlier pages whose edits the server may not have. */
  readonly #earlierIds: readonly number[];
  #socket: SyncSocket | null = null;
  /** Frames that came before the earlier ids were claimed; null once they are. */
  #early: Uint8Array[] | null = null;
  /** The server has been sent all that it lacked: from here on every change goes out by itself. */
  #live = false;
  #recorded = false;
  #synced: PromiseWithResolvers<void> | null = null;
  #presenceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ProviderOptions) {
    const { doc, memory, meetingId, participantId } = options;
    this.#options = options;
    this.doc = doc;
    this.participantId = participantId;
    this.awareness = new ShieldedAwareness(doc);
    this.#kept = memory.keep(meetingId, participantId, doc);
    this.saved = computed(() => ({
      unsaved: this.#unsavedCount.value,
      offline: this.#offline.value,
      kept: this.#kept.kept.value,
    }));
    this.#unsaved = new UnsavedChanges(doc.clientID);
    this.#earlierIds = memory.clientIds(meetingId, participantId)
      .filter((id) => id !== doc.clientID);
    // Edits made before the provider existed count too.
    const clock = Y.getState(doc.store, doc.clientID);
    if (clock > 0) this.#noteChange(clock);
    doc.on("afterTransaction", this.#onTransaction);
    doc.on("update", this.#onUpdate);
    this.awareness.on("update", this.#onPresence);
  }

  /** Syncs over a joined socket. Resolves when both sides have everything; rejects when the link goes first. */
  async attach(socket: SyncSocket): Promise<void> {
    this.#socket = socket;
    this.#early = [];
    this.#live = false;
    const synced = Promise.withResolvers<void>();
    this.#synced = synced;
    // `detach` may come while this function is still loading or claiming.
    synced.promise.catch(() => {});
    await this.#kept.loaded;
    this.#noteRestored();
    const present = this.#earlierIds.filter((id) => Y.getState(this.doc.store, id) > 0);
    if (present.length > 0) await socket.request("document.claim", { clientIds: present });
    if (this.#socket !== socket) return await synced.promise;
    const early = this.#early;
    this.#early = null;
    socket.sendBinary(writeSyncStep1(Y.encodeStateVector(this.doc)));
    for (const frame of early) this.receive(frame);
    this.#sendPresence();
    return await synced.promise;
  }

  /** The link is gone: other people's pointers go too, edits wait. */
  detach(): void {
    this.#socket = null;
    this.#early = null;
    this.#live = false;
    this.#offline.value = true;
    this.#synced?.reject(new Error("The link broke before the document was in step"));
    this.#synced = null;
    const others = [...this.awareness.getStates().keys()]
      .filter((id) => id !== this.awareness.clientID);
    removeAwarenessStates(this.awareness, others, this);
  }

  /** A binary frame from the server. False when it can't be understood. */
  receive(frame: Uint8Array): boolean {
    if (this.#early !== null) {
      this.#early.push(frame);
      return true;
    }
    const messages = readFrame(frame);
    if (messages === undefined) return false;
    for (const message of messages) {
      try {
        this.#take(message);
      } catch (error) {
        // A listener of ours failed after the document took the change: it must not cost the next message.
        reportError(error);
      }
    }
    return true;
  }

  /** The server's word on what it has stored. */
  noteSaved(clocks: readonly (readonly [number, number])[]): void {
    for (const [clientId, clock] of clocks) this.#unsaved.stored(clientId, clock);
    this.#showUnsaved();
  }

  /** Ends for good; what this device keeps stays for the next time. The document is the caller's to destroy. */
  async close(): Promise<void> {
    this.#release();
    await this.#kept.close();
  }

  /** Ends for good and forgets what this device kept. */
  async discard(): Promise<void> {
    const { memory, meetingId, participantId } = this.#options;
    memory.setClientIds(meetingId, participantId, []);
    this.#release();
    await this.#kept.clear();
  }

  #release(): void {
    this.detach();
    clearTimeout(this.#presenceTimer);
    this.doc.off("afterTransaction", this.#onTransaction);
    this.doc.off("update", this.#onUpdate);
    this.awareness.off("update", this.#onPresence);
    // Its interval would keep the page, or a test, alive.
    this.awareness.destroy();
  }

  #take(message: FrameMessage): void {
    switch (message.type) {
      case "syncStep1":
        this.#answerSync(message.stateVector);
        return;
      case "syncStep2":
        Y.applyUpdate(this.doc, message.update, this);
        this.#synced?.resolve();
        return;
      case "update":
        Y.applyUpdate(this.doc, message.update, this);
        return;
      case "presence":
        applyAwarenessUpdate(this.awareness, message.payload, this);
        return;
    }
  }

  #answerSync(stateVector: Uint8Array): void {
    this.#socket?.sendBinary(writeSyncStep2(Y.encodeStateAsUpdate(this.doc, stateVector)));
    this.#live = true;
    this.#offline.value = false;
    this.#forgetStoredIds(Y.decodeStateVector(stateVector));
  }

  /** An earlier page's edits that the server has need no claim any more. */
  #forgetStoredIds(stored: ReadonlyMap<number, number>): void {
    const { memory, meetingId, participantId } = this.#options;
    const before = memory.clientIds(meetingId, participantId);
    const after = before.filter((id) =>
      id === this.doc.clientID || Y.getState(this.doc.store, id) > (stored.get(id) ?? 0)
    );
    if (after.length < before.length) memory.setClientIds(meetingId, participantId, after);
  }

  #noteRestored(): void {
    for (const id of this.#earlierIds) {
      this.#unsaved.restored(id, Y.getState(this.doc.store, id));
    }
    this.#showUnsaved();
  }

  readonly #onTransaction = (transaction: Y.Transaction): void => {
    if (!transaction.local) return;
    const id = this.doc.clientID;
    const clock = transaction.afterState.get(id) ?? 0;
    const inserted = clock !== (transaction.beforeState.get(id) ?? 0);
    if (inserted || transaction.deleteSet.clients.size > 0) this.#noteChange(clock);
  };

  #noteChange(clock: number): void {
    this.#recordClientId();
    this.#unsaved.changed(clock);
    this.#showUnsaved();
  }

  #recordClientId(): void {
    if (this.#recorded) return;
    this.#recorded = true;
    const { memory, meetingId, participantId } = this.#options;
    const ids = memory.clientIds(meetingId, participantId);
    memory.setClientIds(meetingId, participantId, [...ids, this.doc.clientID]);
  }

  readonly #onUpdate = (
    update: Uint8Array,
    _origin: unknown,
    _doc: Y.Doc,
    transaction: Y.Transaction,
  ): void => {
    if (transaction.local && this.#live) this.#socket?.sendBinary(writeUpdates([update]));
  };

  readonly #onPresence = (_change: unknown, origin: unknown): void => {
    if (origin !== "local" || this.#presenceTimer !== undefined) return;
    this.#sendPresence();
    const sent = this.#presenceClock();
    this.#presenceTimer = setTimeout(() => {
      this.#presenceTimer = undefined;
      if (this.#presenceClock() !== sent) this.#sendPresence();
    }, PRESENCE_INTERVAL_MS);
  };

  #presenceClock(): number | undefined {
    return this.awareness.meta.get(this.awareness.clientID)?.clock;
  }

  #sendPresence(): void {
    // Before the claim is answered nothing goes out.
    if (this.#early !== null) return;
    const own = encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]);
    this.#socket?.sendBinary(writePresenceFrame(own));
  }

  #showUnsaved(): void {
    this.#unsavedCount.value = this.#unsaved.count;
  }
}
