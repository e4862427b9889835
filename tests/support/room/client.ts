/**
 * A small honest client of the room's WebSocket, for tests and benchmarks.
 *
 * Every answer and notice is checked against the protocol's schemas. Nothing here sleeps: {@linkcode
 * TestClient.until} looks again whenever something arrives.
 */
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import {
  openRoots,
  type ParticipantFields,
  participantsOf,
  readParticipant,
} from "../../../rooms/contract/document/schema.ts";
import { RoomError } from "../../../rooms/contract/errors.ts";
import {
  readFrame,
  writePresenceFrame,
  writeSyncStep1,
  writeSyncStep2,
  writeUpdates,
} from "../../../rooms/contract/protocol/frames.ts";
import {
  answerEnvelope,
  type Method,
  METHODS,
  type NoticeMethod,
  type NoticeParams,
  NOTICES,
  type ParamsOf,
  PROTOCOL_VERSION,
  type ResultOf,
  type Welcome,
} from "../../../rooms/contract/protocol/messages.ts";

/** A test that waits longer than this has failed, on a slow machine too. */
const PATIENCE_MS = 30_000;

interface Received {
  method: string;
  params: unknown;
}

export interface HelloOptions {
  meetingId: string;
  passcode?: string;
  invite?: string;
  session?: string;
  name?: string;
  protocol?: number;
}

export class TestClient {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly notices: Received[] = [];
  /** The server's close code and reason, once there are any. */
  readonly closed: Promise<{ code: number; reason: string }>;
  welcome: Welcome | null = null;
  /** Whether the server has answered a sync. */
  synced = false;
  /** Off: local changes stay here, as on a broken network. */
  sending = true;
  /** On for a client that sends text of its own making: answers to it are passed over. */
  passesOverStrays = false;
  readonly #socket: WebSocket;
  /** The socket is open. */
  readonly opened: Promise<void>;
  readonly #pending = new Map<number, {
    method: Method;
    resolve(result: unknown): void;
    reject(error: unknown): void;
  }>();
  readonly #watchers = new Set<() => void>();
  #nextId = 1;

  constructor(url: string, doc: Y.Doc = new Y.Doc()) {
    this.doc = doc;
    openRoots(doc);
    this.awareness = new Awareness(doc);
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.opened = new Promise((resolve, reject) => {
      this.#socket.onopen = () => resolve();
      this.#socket.onerror = () => reject(new Error("the socket failed"));
    });
    // Whoever awaits nothing but the close shall not see it as unhandled.
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.#socket.onclose = ({ code, reason }) => {
        this.doc.off("update", this.#onLocalUpdate);
        this.awareness.destroy();
        for (const { reject } of this.#pending.values()) {
          reject(new RoomError("unavailable", `closed ${code} ${reason}`));
        }
        this.#pending.clear();
        resolve({ code, reason });
        this.#look();
      };
    });
    this.#socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (typeof event.data === "string") this.#receiveText(JSON.parse(event.data));
      else this.#receiveFrame(new Uint8Array(event.data));
      this.#look();
    };
    doc.on("update", this.#onLocalUpdate);
    this.awareness.on("update", this.#onLocalAwareness);
  }

  /** Says hello; the welcome, or null when the person has to wait. */
  async hello(options: HelloOptions): Promise<Welcome | null> {
    await this.opened;
    const result = await this.request("hello", {
      protocol: PROTOCOL_VERSION,
      passcode: "",
      clientId: this.doc.clientID,
      ...options,
    });
    this.welcome = result.status === "joined" ? result.welcome : null;
    return this.welcome;
  }

  /** Hello and first sync. */
  async join(options: HelloOptions): Promise<this> {
    if (await this.hello(options) === null) throw new Error("has to wait");
    return await this.sync();
  }

  /** Asks for the document and waits for it. */
  async sync(): Promise<this> {
    this.synced = false;
    this.sendFrame(writeSyncStep1(Y.encodeStateVector(this.doc)));
    await this.until(() => this.synced, "sync");
    return this;
  }

  get id(): string {
    if (this.welcome === null) throw new Error("not welcomed");
    return this.welcome.participantId;
  }

  request<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        method,
        resolve: (result) => resolve(result as ResultOf<M>),
        reject,
      });
      this.sendText(JSON.stringify({ id, method, params }));
    });
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  sendFrame(frame: Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(frame as Uint8Array<ArrayBuffer>);
    }
  }

  close(): Promise<{ code: number; reason: string }> {
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(1000);
    return this.closed;
  }

  /** What the document says of a participant. */
  participant(id: string = this.id): ParticipantFields | undefined {
    const entry = participantsOf(this.doc).get(id);
    return entry && readParticipant(entry);
  }

  /** The next notice of this method that fits, an earlier one included; it is taken off the list. */
  async notice<M extends NoticeMethod>(
    method: M,
    fits: (params: NoticeParams<M>) => boolean = () => true,
  ): Promise<NoticeParams<M>> {
    const find = () =>
      this.notices.findIndex((notice) =>
        notice.method === method && fits(notice.params as NoticeParams<M>)
      );
    await this.until(() => find() >= 0, `notice ${method}`);
    const [notice] = this.notices.splice(find(), 1);
    return notice?.params as NoticeParams<M>;
  }

  /** The server says that everything of this page is stored. */
  async stored(): Promise<void> {
    const clock = Y.getState(this.doc.store, this.doc.clientID);
    await this.notice(
      "saved",
      ({ clocks }) => clocks.some(([id, stored]) => id === this.doc.clientID && stored >= clock),
    );
  }

  /** Resolves as soon as the condition holds; looks again at each arrival. */
  until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        const heard = this.notices.map((notice) => notice.method).join(", ");
        reject(new Error(`waited ${PATIENCE_MS} ms for ${what}; heard: ${heard}`));
      }, PATIENCE_MS);
      const look = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
    });
  }

  #look(): void {
    for (const look of [...this.#watchers]) look();
  }

  readonly #onLocalUpdate = (update: Uint8Array, origin: unknown) => {
    if (origin !== this && this.sending) this.sendFrame(writeUpdates([update]));
  };

  readonly #onLocalAwareness = (
    changes: { added: number[]; updated: number[]; removed: number[] },
    origin: unknown,
  ) => {
    if (origin === this || !this.sending || this.welcome === null) return;
    const ids = [...changes.added, ...changes.updated, ...changes.removed];
    this.sendFrame(writePresenceFrame(encodeAwarenessUpdate(this.awareness, ids)));
  };

  #receiveText(frame: Record<string, unknown>): void {
    if (!("id" in frame)) {
      const schema = NOTICES[frame["method"] as NoticeMethod];
      const params = schema.parse(frame["params"]);
      if (frame["method"] === "ping") return void this.request("ping", {}).catch(() => {});
      this.notices.push({ method: frame["method"] as string, params });
      if (frame["method"] === "admission.admitted") {
        this.welcome = (params as { welcome: Welcome }).welcome;
      }
      return;
    }
    const answer = answerEnvelope.parse(frame);
    const pending = this.#pending.get(answer.id);
    if (pending === undefined) {
      if (this.passesOverStrays) return;
      throw new Error(`an answer to nothing: ${answer.id}`);
    }
    this.#pending.delete(answer.id);
    if ("error" in answer) pending.reject(new RoomError(answer.error.code, answer.error.message));
    else pending.resolve(METHODS[pending.method].result.parse(answer.result));
  }

  #receiveFrame(frame: Uint8Array): void {
    for (const message of readFrame(frame) ?? []) {
      switch (message.type) {
        case "syncStep1":
          if (this.sending) {
            const lacking = Y.encodeStateAsUpdate(this.doc, message.stateVector);
            this.sendFrame(writeSyncStep2(lacking));
          }
          break;
        case "syncStep2":
          Y.applyUpdate(this.doc, message.update, this);
          this.synced = true;
          break;
        case "update":
          Y.applyUpdate(this.doc, message.update, this);
          break;
        case "presence":
          applyAwarenessUpdate(this.awareness, message.payload, this);
      }
    }
  }
}
