/**
 * One WebSocket from open to close: requests with their answers, notices, binary frames.
 *
 * It decides when the peer is dead (quiet, then no answer to a ping); whoever opened it decides what to do then.
 * Every text frame is checked against the protocol's schemas, both ways out of here.
 * Invariant: after `onClose` nothing is delivered, and every request has settled.
 */
import { RoomError } from "../../rooms/contract/errors.ts";
import {
  answerEnvelope,
  type Method,
  METHODS,
  type Notice,
  type NoticeMethod,
  NOTICES,
  type ParamsOf,
  type ResultOf,
} from "../../rooms/contract/protocol/messages.ts";

/** No word from the server for this long is answered with a ping. */
export const QUIET_MS = 5_000;
/** A ping without an answer for this long means that the link is dead. */
export const PING_TIMEOUT_MS = 4_000;
/** After a hint that the network changed, the answer has to come sooner. */
export const HINT_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;
const OPEN_TIMEOUT_MS = 8_000;
/** RFC 6455 §7.4.1: what a browser reports when the connection broke without a close frame. */
export const ABNORMAL_CLOSURE = 1006;

export interface SocketEvents {
  onOpen(): void;
  onNotice(notice: Notice): void;
  onBinary(frame: Uint8Array): void;
  /** Once, at the end. `code` is the server's close code, or {@linkcode ABNORMAL_CLOSURE}. */
  onClose(code: number): void;
  /** A better guess of the server's clock minus ours, in milliseconds. */
  onClock(offsetMs: number): void;
}

interface Pending {
  method: Method;
  timer: ReturnType<typeof setTimeout>;
  resolve(result: unknown): void;
  reject(error: RoomError): void;
}

/** A connection that is opening or open. */
export class RoomSocket {
  readonly #socket: WebSocket;
  readonly #events: SocketEvents;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #closed = false;
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  #quietTimer: ReturnType<typeof setTimeout> | undefined;
  #probing = false;
  #bestRoundTripMs = Infinity;

  constructor(url: string, events: SocketEvents) {
    this.#events = events;
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#openTimer = setTimeout(() => this.#end(ABNORMAL_CLOSURE), OPEN_TIMEOUT_MS);
    this.#socket.onopen = () => {
      clearTimeout(this.#openTimer);
      this.#heard();
      this.#events.onOpen();
    };
    this.#socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (this.#closed) return;
      this.#heard();
      if (typeof event.data === "string") this.#readText(event.data);
      else this.#events.onBinary(new Uint8Array(event.data));
    };
    this.#socket.onclose = (event) => this.#end(event.code);
  }

  get open(): boolean {
    return !this.#closed && this.#socket.readyState === WebSocket.OPEN;
  }

  /** Rejects with the server's RoomError, or with `unavailable` when no answer can come. */
  request<M extends Method>(
    method: M,
    params: ParamsOf<M>,
    timeoutMs: number = REQUEST_TIMEOUT_MS,
  ): Promise<ResultOf<M>> {
    if (!this.open) {
      return Promise.reject(new RoomError("unavailable", "There is no connection right now"));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new RoomError("unavailable", "The server did not answer in time"));
      }, timeoutMs);
      this.#pending.set(id, {
        method,
        timer,
        resolve: resolve as (result: unknown) => void,
        reject,
      });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Drops the frame when the connection isn't open: what it carried comes with the next sync. */
  sendBinary(frame: Uint8Array): void {
    if (this.open) this.#socket.send(frame as Uint8Array<ArrayBuffer>);
  }

  /** Asks at once whether the server still answers; closes when it doesn't. */
  async probe(timeoutMs: number = HINT_TIMEOUT_MS): Promise<void> {
    if (!this.open || this.#probing) return;
    this.#probing = true;
    const sentAt = performance.now();
    try {
      const { now } = await this.request("ping", {}, timeoutMs);
      this.#noteClock(now, performance.now() - sentAt);
    } catch (error) {
      // A refusal is an answer too: only silence means that the link is dead.
      if (error instanceof RoomError && error.code !== "unavailable") return;
      this.#end(ABNORMAL_CLOSURE);
    } finally {
      this.#probing = false;
    }
  }

  /** Closes from our side; `onClose` follows at once, with `code`. */
  close(code: number): void {
    this.#end(code);
  }

  #readText(text: string): void {
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof frame !== "object" || frame === null) return;
    if ("id" in frame) this.#readAnswer(frame);
    else if ("method" in frame) this.#readNotice(frame as { method: unknown; params?: unknown });
  }

  #readAnswer(frame: object): void {
    const envelope = answerEnvelope.safeParse(frame);
    if (!envelope.success) return;
    const pending = this.#pending.get(envelope.data.id);
    if (pending === undefined) return;
    this.#pending.delete(envelope.data.id);
    clearTimeout(pending.timer);
    if ("error" in envelope.data) {
      const { code, message } = envelope.data.error;
      pending.reject(new RoomError(code, message));
      return;
    }
    const result = METHODS[pending.method].result.safeParse(envelope.data.result);
    if (result.success) pending.resolve(result.data);
    else pending.reject(new RoomError("protocol-version", "The server's answer makes no sense"));
  }

  #readNotice(frame: { method: unknown; params?: unknown }): void {
    // A newer server may say more than this page knows: what is unknown is skipped.
    if (typeof frame.method !== "string" || !Object.hasOwn(NOTICES, frame.method)) return;
    const method = frame.method as NoticeMethod;
    if (method === "ping") return void this.probe(PING_TIMEOUT_MS);
    const params = NOTICES[method].safeParse(frame.params);
    if (params.success) this.#events.onNotice({ method, params: params.data } as Notice);
  }

  #heard(): void {
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => void this.probe(PING_TIMEOUT_MS), QUIET_MS);
  }

  #noteClock(serverNow: number, roundTripMs: number): void {
    if (roundTripMs > this.#bestRoundTripMs) return;
    this.#bestRoundTripMs = roundTripMs;
    this.#events.onClock(serverNow + roundTripMs / 2 - Date.now());
  }

  #end(code: number): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#openTimer);
    clearTimeout(this.#quietTimer);
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      pending.reject(new RoomError("unavailable", "The connection broke before the answer"));
    }
    this.#pending.clear();
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    // Browsers let a page close with 1000 or 3000–4999 only.
    const ours = code === 1000 || (code >= 3000 && code <= 4999) ? code : 1000;
    if (this.#socket.readyState < WebSocket.CLOSING) this.#socket.close(ours);
    this.#events.onClose(code);
  }
}
