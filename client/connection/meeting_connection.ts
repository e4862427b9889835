/**
 * One person's connection to a meeting: hello, waiting, the room, and how it ended.
 *
 * It owns the socket's lives: what a close means, when to try again, what to say at the next hello. A socket that
 * breaks changes the link, never the phase: who was in the room still is.
 * Invariants: one socket at a time; after `ended`, `removed`, `replaced`, `refused`, `left`, `unencrypted` and `error`
 * nothing is tried until {@linkcode MeetingConnection.retry}; what was encrypted, or promised to be, never goes on unencrypted.
 */
import { computed, signal } from "@preact/signals";
import type * as Y from "yjs";
import { ShieldedDoc } from "../../rooms/contract/document/shielded.ts";
import { CLOSE, RoomError } from "../../rooms/contract/errors.ts";
import {
  type Method,
  type Notice,
  type NoticeParams,
  type ParamsOf,
  PROTOCOL_VERSION,
  type ResultOf,
  type Welcome,
} from "../../rooms/contract/protocol/messages.ts";
import type { Link, Participant } from "./live_room.ts";
import type { ConnectionOptions, MeetingConnection, Phase, Waiting } from "./interface.ts";
import { keptEdits } from "./kept.ts";
import { NoticeListeners } from "./notices.ts";
import { DocumentProvider } from "./provider.ts";
import { delayMs, type Ending, endingOf } from "./reconnect.ts";
import { type OpenRoom, openRoom } from "./room.ts";
import { ABNORMAL_CLOSURE, RoomSocket } from "./socket.ts";
import { browserMemory, type Memory } from "./storage.ts";

export type * from "./interface.ts";

/** What a connection takes from the page around it. */
export interface ConnectionEnvironment {
  /** The room's WebSocket. */
  url: string;
  memory: Memory;
  /** 0…1, for the jitter of retries. */
  random(): number;
}

/** A connection that lasted this long was a good one: the next retry is quick again. */
const STABLE_MS = 5_000;
/** Leaving doesn't wait longer for the server's word. */
const LEAVE_TIMEOUT_MS = 1_500;
const NONE: readonly Participant[] = [];

function pageEnvironment(): ConnectionEnvironment {
  const url = new URL("/api/socket", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return { url: url.href, memory: browserMemory, random: Math.random };
}

/** Opens the connection at once. */
export function openConnection(
  options: ConnectionOptions,
  environment: ConnectionEnvironment = pageEnvironment(),
): MeetingConnection {
  return new SocketConnection(options, environment);
}

class SocketConnection implements MeetingConnection {
  readonly phase = signal<Phase>({ phase: "connecting" });
  readonly link = signal<Link>("connecting");
  readonly welcome = signal<Welcome | null>(null);
  readonly waiting = signal<readonly Waiting[]>([]);
  readonly closing = signal<NoticeParams<"meeting.warning"> | null>(null);
  readonly participants = computed(() => {
    const phase = this.phase.value;
    return phase.phase === "in" ? phase.room.participants.value : NONE;
  });

  readonly #options: ConnectionOptions;
  readonly #environment: ConnectionEnvironment;
  readonly #listeners = new NoticeListeners();
  readonly on = this.#listeners.on.bind(this.#listeners);

  /** The document that the next hello speaks for. */
  #doc: Y.Doc = new ShieldedDoc();
  #socket: RoomSocket | null = null;
  #provider: DocumentProvider | null = null;
  #room: OpenRoom | null = null;
  /** A document whose edits were refused, until the fresh one can be compared with it. */
  #refused: { doc: Y.Doc; changes: number } | null = null;
  /** Storage that is being emptied: a new document must not be read from it. */
  #clearing: Promise<void> = Promise.resolve();
  /** By the link, or by an earlier welcome. */
  #isEncrypted: boolean;
  #finished = false;
  #attempt = 0;
  #restarting = false;
  #onlineSince = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #clockOffsetMs = 0;

  constructor(options: ConnectionOptions, environment: ConnectionEnvironment) {
    this.#options = options;
    this.#isEncrypted = options.isEncrypted === true;
    this.#environment = environment;
    this.#listenToPage(true);
    this.#connect();
  }

  request<M extends Method>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>> {
    if (this.#socket !== null) return this.#socket.request(method, params);
    return Promise.reject(new RoomError("unavailable", "There is no connection right now"));
  }

  async leave(): Promise<void> {
    if (this.#finished) return;
    // Without a connection there is nobody to tell: the server notices.
    await this.#socket?.request("meeting.leave", {}, LEAVE_TIMEOUT_MS).catch(() => {});
    this.#finish({ phase: "left" });
  }

  retry(): void {
    if (!this.#finished) return;
    this.#finished = false;
    this.#attempt = 0;
    this.#restarting = false;
    this.phase.value = { phase: "connecting" };
    this.link.value = "connecting";
    this.#listenToPage(true);
    this.#connect();
  }

  close(): void {
    this.#finish(this.phase.peek());
  }

  #connect(): void {
    clearTimeout(this.#retryTimer);
    void this.#clearing.then(() => {
      if (this.#finished || this.#socket !== null) return;
      const socket = new RoomSocket(this.#environment.url, {
        onOpen: () => void this.#greet(socket),
        onNotice: (notice) => this.#takeNotice(socket, notice),
        onBinary: (frame) => {
          if (this.#provider?.receive(frame) === false) socket.close(ABNORMAL_CLOSURE);
        },
        onClose: (code) => this.#takeClose(socket, code),
        onClock: (offsetMs) => this.#clockOffsetMs = offsetMs,
      });
      this.#socket = socket;
    });
  }

  async #greet(socket: RoomSocket): Promise<void> {
    const { meetingId, passcode, invite, name } = this.#options;
    const token = this.#environment.memory.token(this.#options);
    try {
      const result = await socket.request("hello", {
        protocol: PROTOCOL_VERSION,
        meetingId,
        passcode,
        clientId: this.#doc.clientID,
        ...(invite === undefined ? {} : { invite }),
        ...(token === null ? {} : { session: token }),
        ...(name === undefined ? {} : { name }),
      });
      if (result.status === "joined") return await this.#enter(socket, result.welcome);
      this.link.value = "online";
      this.phase.value = { phase: "waiting", title: result.title };
    } catch (error) {
      this.#takeRefusal(socket, error, token !== null);
    }
  }

  /** The hello was refused, or broke off. */
  #takeRefusal(socket: RoomSocket, error: unknown, hadToken: boolean): void {
    if (this.#finished || this.#socket !== socket) return;
    if (!(error instanceof RoomError)) throw error;
    switch (error.code) {
      case "unavailable":
        return socket.close(ABNORMAL_CLOSURE);
      case "conflict":
        // Somebody else holds this page's client id.
        return socket.close(CLOSE.updateRefused);
      case "unauthorized":
        // The token of an earlier visit may be the only thing that is wrong.
        if (hadToken) {
          this.#environment.memory.setToken(this.#options, null);
          return socket.close(ABNORMAL_CLOSURE);
        }
        break;
      case "removed":
        return this.#finish({ phase: "removed", by: null });
      case "over":
      case "cancelled":
        if (this.#room !== null) return this.#finish(endedUnseen());
        break;
    }
    this.#finish({ phase: "refused", code: error.code, message: error.message });
  }

  async #enter(socket: RoomSocket, welcome: Welcome): Promise<void> {
    const { memory } = this.#environment;
    const { meetingId } = this.#options;
    if (welcome.encryption === "e2ee") this.#isEncrypted = true;
    else if (this.#isEncrypted) return this.#finish({ phase: "unencrypted" });
    memory.setToken(this.#options, welcome.session);
    this.#clockOffsetMs = welcome.now - Date.now();
    if (this.#provider !== null && this.#provider.participantId !== welcome.participantId) {
      // Somebody else now, as when a guest had to wait anew: nothing of the earlier person may be mixed in.
      this.#dropDocument(false);
      return socket.close(ABNORMAL_CLOSURE);
    }
    const provider = this.#provider ??= new DocumentProvider({
      meetingId,
      participantId: welcome.participantId,
      doc: this.#doc,
      memory,
    });
    try {
      await provider.attach(socket);
    } catch (error) {
      if (this.#socket !== socket) return;
      // Edits kept on this device that the server won't take under this person's name.
      const refused = error instanceof RoomError && error.code !== "unavailable";
      return socket.close(refused ? CLOSE.updateRefused : ABNORMAL_CLOSURE);
    }
    if (this.#socket !== socket) return;
    this.#onlineSince = performance.now();
    this.#restarting = false;
    this.#showRoom(welcome, provider);
    this.link.value = "online";
    this.welcome.value = welcome;
  }

  #showRoom(welcome: Welcome, provider: DocumentProvider): void {
    if (this.#room?.room.doc === provider.doc) {
      // A guest who had to wait again comes back into the same room.
      if (this.phase.peek().phase !== "in") {
        this.phase.value = { phase: "in", room: this.#room.room };
      }
      return;
    }
    const refused = this.#refused;
    const kept = refused === null ? null : keptEdits(refused.doc, provider.doc, refused.changes);
    const earlier = this.#room;
    this.#room = openRoom({
      welcome,
      provider,
      link: this.link,
      kept,
      now: () => Date.now() + this.#clockOffsetMs,
      request: this.request.bind(this),
      on: this.on,
    });
    this.phase.value = { phase: "in", room: this.#room.room };
    earlier?.close();
    refused?.doc.destroy();
    this.#refused = null;
  }

  #takeNotice(socket: RoomSocket, notice: Notice): void {
    switch (notice.method) {
      case "admission.admitted":
        void this.#enter(socket, notice.params.welcome);
        break;
      case "admission.refused":
        this.#finish({ phase: "refused", code: "refused", message: "The host did not let you in" });
        break;
      case "admission.waiting":
        this.waiting.value = notice.params.waiting;
        break;
      case "meeting.warning":
        this.closing.value = notice.params;
        break;
      case "meeting.extended":
        this.closing.value = null;
        break;
      case "saved":
        this.#provider?.noteSaved(notice.params.clocks);
        break;
      case "meeting.ended":
        this.#listeners.emit(notice);
        return this.#finish({ phase: "ended", ...notice.params });
      case "participant.removed":
        this.#listeners.emit(notice);
        return this.#finish({ phase: "removed", by: notice.params.by });
      case "server.restarting":
        this.#restarting = true;
        break;
    }
    this.#listeners.emit(notice);
  }

  #takeClose(socket: RoomSocket, code: number): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#provider?.detach();
    this.waiting.value = [];
    if (this.#finished) return;
    const ending = endingOf(code);
    const final = this.#finalPhase(ending);
    if (final !== null) return this.#finish(final);
    if (ending === "afresh") this.#startAfresh();
    if (ending === "restarting") this.#restarting = true;
    if (this.#onlineSince > 0 && performance.now() - this.#onlineSince > STABLE_MS) {
      this.#attempt = 0;
    }
    this.#onlineSince = 0;
    if (this.link.peek() !== "connecting") {
      this.link.value = this.#restarting ? "restarting" : "offline";
    }
    // The server is well, and the person looks at a page that nobody else sees: the first time there is no wait.
    const atOnce = ending === "afresh" && this.#attempt === 0;
    const delay = delayMs(this.#attempt++, this.#restarting, this.#environment.random());
    const wait = atOnce ? 0 : delay;
    this.#retryTimer = setTimeout(() => this.#connect(), wait);
  }

  #finalPhase(ending: Ending): Phase | null {
    switch (ending) {
      case "ended":
        return endedUnseen();
      case "removed":
        return { phase: "removed", by: null };
      case "replaced":
        return { phase: "replaced" };
      case "unauthorized":
        return {
          phase: "refused",
          code: "unauthorized",
          message: "This link doesn't open the lesson",
        };
      case "fault":
        return { phase: "error", message: "The server didn't understand this page. Reload it." };
      default:
        return null;
    }
  }

  /** After a refused update: the old document stays on screen until the fresh one is there. */
  #startAfresh(): void {
    this.#doc = new ShieldedDoc();
    const provider = this.#provider;
    if (provider === null) return;
    const changes = provider.saved.peek().unsaved + (this.#refused?.changes ?? 0);
    // The first refused document is the one that the person worked in.
    this.#refused = { doc: this.#refused?.doc ?? provider.doc, changes };
    this.#provider = null;
    this.#clearing = provider.discard().catch(() => {});
  }

  /** Lets go of the document, and of its copy on this device if that is `over` and the server has everything. */
  #dropDocument(over: boolean): void {
    const provider = this.#provider;
    this.#provider = null;
    if (provider !== null) {
      const forget = over && provider.saved.peek().unsaved === 0;
      const done = forget ? provider.discard() : provider.close();
      this.#clearing = done.catch(() => {}).then(() => provider.doc.destroy());
    }
    this.#refused?.doc.destroy();
    this.#refused = null;
    this.#room?.close();
    this.#room = null;
    this.#doc = new ShieldedDoc();
  }

  #finish(phase: Phase): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#retryTimer);
    this.#listenToPage(false);
    const socket = this.#socket;
    this.#socket = null;
    this.link.value = "closed";
    this.welcome.value = null;
    this.waiting.value = [];
    this.phase.value = phase;
    socket?.close(CLOSE.normal);
    // After `replaced` the copy is the other tab's.
    this.#dropDocument(["ended", "removed", "left"].includes(phase.phase));
  }

  #listenToPage(listen: boolean): void {
    const change = listen ? globalThis.addEventListener : globalThis.removeEventListener;
    change("online", this.#onNetworkHint);
    change("offline", this.#onNetworkHint);
    if (typeof document === "undefined") return;
    if (listen) document.addEventListener("visibilitychange", this.#onNetworkHint);
    else document.removeEventListener("visibilitychange", this.#onNetworkHint);
  }

  /** The network may have changed, or the device woke up: look now instead of when a timer says. */
  readonly #onNetworkHint = (): void => {
    if (this.#socket !== null) void this.#socket.probe();
    else this.#connect();
  };
}

/** The meeting ended while this page could not hear why. */
function endedUnseen(): Phase {
  return { phase: "ended", reason: "ended", by: null, recordingUrl: null };
}
