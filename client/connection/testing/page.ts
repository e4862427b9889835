/** What a page has around it, for tests: a device's memory that outlives the page, and patience. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import * as Y from "yjs";
import type { ConnectionOptions, JoinedRoom, MeetingConnection } from "../interface.ts";
import { openConnection } from "../meeting_connection.ts";
import type { KeptDocument } from "../indexed_db.ts";
import type { Memory } from "../storage.ts";
import type { PersonalLink } from "../tab.ts";

/** A test that waits longer than this has failed. */
const PATIENCE_MS = 40_000;

/** Resolves with the first value for which `holds`. */
export function when<T, U extends T>(
  value: ReadonlySignal<T>,
  holds: (value: T) => value is U,
): Promise<U>;
export function when<T>(value: ReadonlySignal<T>, holds: (value: T) => boolean): Promise<T>;
export function when<T>(value: ReadonlySignal<T>, holds: (value: T) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      queueMicrotask(() => stop());
      reject(new Error(`Still ${Deno.inspect(value.peek(), { depth: 1 })}`));
    }, PATIENCE_MS);
    const stop = effect(() => {
      if (!holds(value.value)) return;
      clearTimeout(timer);
      queueMicrotask(() => stop());
      resolve(value.value);
    });
  });
}

const keyOf = ({ meetingId, invite = "" }: PersonalLink) => `${meetingId} ${invite}`;

/** One device with one tab: what it remembers stays when a page is closed. */
export class DeviceMemory implements Memory {
  readonly documents = new Map<string, Uint8Array>();
  readonly #tokens = new Map<string, string>();
  readonly #clientIds = new Map<string, readonly number[]>();

  token(link: PersonalLink): string | null {
    return this.#tokens.get(keyOf(link)) ?? null;
  }

  setToken(link: PersonalLink, token: string | null): void {
    if (token === null) this.#tokens.delete(keyOf(link));
    else this.#tokens.set(keyOf(link), token);
  }

  clientIds(_meetingId: string, participantId: string): number[] {
    return [...this.#clientIds.get(participantId) ?? []];
  }

  setClientIds(_meetingId: string, participantId: string, ids: readonly number[]): void {
    this.#clientIds.set(participantId, ids);
  }

  keep(_meetingId: string, participantId: string, doc: Y.Doc): KeptDocument {
    const store = () => void this.documents.set(participantId, Y.encodeStateAsUpdate(doc));
    const loaded = Promise.resolve().then(() => {
      const kept = this.documents.get(participantId);
      if (kept !== undefined) Y.applyUpdate(doc, kept, this);
      doc.on("update", store);
    });
    const close = () => {
      doc.off("update", store);
      return Promise.resolve();
    };
    return {
      kept: signal(true),
      loaded,
      close,
      clear: () => {
        this.documents.delete(participantId);
        return close();
      },
    };
  }
}

export interface PageOptions {
  memory?: DeviceMemory;
  /** Asked at each try, so that a server may move. */
  url: () => string;
}

/** A page with a connection that is closed with it. */
export class TestPage implements Disposable {
  readonly memory: DeviceMemory;
  readonly connection: MeetingConnection;

  constructor(options: ConnectionOptions, { url, memory = new DeviceMemory() }: PageOptions) {
    this.memory = memory;
    this.connection = openConnection(options, {
      get url() {
        return url();
      },
      memory,
      random: () => 0,
    });
  }

  phase<P extends ReturnType<MeetingConnection["phase"]["peek"]>["phase"]>(wanted: P) {
    type Reached = Extract<ReturnType<MeetingConnection["phase"]["peek"]>, { phase: P }>;
    return when(this.connection.phase, (phase): phase is Reached => phase.phase === wanted);
  }

  async room(): Promise<JoinedRoom> {
    return (await this.phase("in")).room;
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}
