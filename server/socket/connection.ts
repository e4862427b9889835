/**
 * One WebSocket of one visitor: hello, perhaps a wait at the door, then the room.
 *
 * It bounds what the peer may send, how far it may lag and how long it may be silent, checks every text frame against the protocol, and turns
 * whatever is thrown into an answer or a close code.
 * Invariant: before a hello succeeded nothing but `hello` and `ping` is answered, and few bytes are taken.
 * Invariant: a connection counts until its TCP connection is gone, which is ended when the peer ignores our close frame.
 * Invariant: after {@linkcode Connection.close} nothing is sent, nothing that arrives is looked at.
 */
import type { MonotonicMs, UnixMs } from "../../rooms/clocks.ts";
import { runCommand } from "../../rooms/commands.ts";
import { CLOSE, RoomError, type RoomErrorCode } from "../../rooms/contract/errors.ts";
import type { Logger } from "../../rooms/contract/logger.ts";
import { encodeNotice, type Member, type Peer } from "../../rooms/member.ts";
import {
  type CheckedParamsOf,
  type Method,
  METHODS,
  PROTOCOL_VERSION,
  requestEnvelope,
  type ResultOf,
} from "../../rooms/contract/protocol/messages.ts";
import type { Hello } from "../../rooms/door.ts";
import type { LessonTime } from "../../rooms/lesson_time.ts";
import type { Room } from "../../rooms/room.ts";
import { TokenBucket } from "../../rooms/token_bucket.ts";
import { CLOSE_OF_FRAME, CLOSE_OF_HELLO } from "./close_codes.ts";
import type { SocketLimits } from "./limits.ts";
import type { MediaMethod, MediaSession } from "./media.ts";
import type { TcpEnd } from "./tcp_end.ts";

/** A room with its media: what a connection ends up in. */
export interface Place {
  room: Room;
  media: MediaSession;
  time: LessonTime;
}

export interface ConnectionPorts {
  limits: SocketLimits;
  chatMessages: number;
  now(): UnixMs;
  clock(): MonotonicMs;
  logger: Logger;
  /** Answers a hello. @throws RoomError */
  enter(connection: Connection, hello: Hello): Promise<Entered>;
  /** Counts something for /metrics. */
  count(name: string): void;
}

export type Entered =
  | { result: ResultOf<"hello">; place: Place; member: Member }
  | { result: ResultOf<"hello">; place: Place; ticket: string };

type Progress =
  | { at: "street" }
  | { at: "door" }
  | { at: "waiting"; place: Place; ticket: string }
  | { at: "seat"; place: Place; member: Member };

/**
 * Deno drops a socket whole when a frame arrives behind our close frame, and the peer may never see the code. So
 * the close waits until the peer was quiet for this long, or for the longer time at most.
 */
const QUIET_MS = 20;
const LINGER_MS = 1000;

/** The backlog is looked at after this much, a frame counting for some bytes more than it has. */
const CHECK_EVERY_BYTES = 16 * 1024;
const FRAME_COST_BYTES = 512;

const PING = encodeNotice("ping", {});

export class Connection implements Peer {
  /** Resolves once the TCP connection is gone. */
  readonly gone: Promise<void>;
  #heardAt: MonotonicMs;
  /** Asked for a sign of life, and not answered yet. */
  #askedAt: MonotonicMs | null = null;
  #resolveGone: () => void = () => {};
  #standing: Progress = { at: "street" };
  #closed = false;
  #welcomed = false;
  #strangerBytes = 0;
  /** Ends the TCP connection of a peer that ignores the close frame. */
  #endTimer: ReturnType<typeof setTimeout> | undefined;
  #inFlight = 0;
  #largestSent = 0;
  /** Sent since the backlog was looked at. */
  #unchecked = 0;
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #helloTimer: ReturnType<typeof setTimeout>;

  constructor(
    private readonly socket: WebSocket,
    readonly address: string,
    private readonly ports: ConnectionPorts,
    /** Null where the kernel can't be asked. */
    private readonly tcp: TcpEnd | null,
  ) {
    const { limits } = ports;
    const now = ports.clock();
    this.#heardAt = now;
    this.#messages = new TokenBucket(limits.messagesPerSecond, limits.messageBurst, now);
    this.#bytes = new TokenBucket(limits.bytesPerSecond, limits.byteBurst, now);
    this.#helloTimer = setTimeout(
      () => this.refuse(CLOSE.timeout, "bad-request", "No hello came"),
      limits.helloTimeoutMs,
    );
    this.gone = new Promise((resolve) => this.#resolveGone = resolve);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.#receive(event.data);
    socket.onclose = () => this.#end();
    socket.onerror = () => this.#end();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A hello has succeeded here. */
  get welcomed(): boolean {
    return this.#welcomed;
  }

  sendFrame(frame: Uint8Array): void {
    this.#send(frame as Uint8Array<ArrayBuffer>, frame.byteLength);
  }

  sendText(text: string): void {
    this.#send(text, text.length);
  }

  close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#leave();
    this.#hangUp(code, reason, this.ports.clock());
  }

  #hangUp(code: number, reason: string, since: MonotonicMs): void {
    setTimeout(() => {
      const now = this.ports.clock();
      if (now - this.#heardAt < QUIET_MS && now - since < LINGER_MS) {
        return this.#hangUp(code, reason, since);
      }
      try {
        this.socket.close(code, reason);
      } catch {
        // It never opened, or is closing already.
      }
      this.#endTimer = setTimeout(() => this.#endTcp(), this.ports.limits.closeMs);
    }, QUIET_MS);
  }

  /** Deno waits for ever for an answer to our close frame. */
  #endTcp(): void {
    if (this.tcp?.end()) this.ports.count("sockets_ended");
    else this.#resolveGone();
  }

  /** Ends what goes on for too long: silence, and a stranger's talk. Call it a few times a second. */
  check(): void {
    if (!this.#welcomed) this.#checkStranger();
    this.#checkAlive();
  }

  /** A message isn't seen before it is whole, and until then Deno keeps up to 64 MB of it. */
  #checkStranger(): void {
    const bytes = this.tcp?.receivedBytes ?? 0;
    if (bytes <= this.ports.limits.strangerBytes) return;
    this.refuse(CLOSE.tooLarge, "too-large", "Too much came before a hello");
    this.#endTcp();
  }

  /** Asks a quiet peer for a sign of life, and hangs up on one that gave none. */
  #checkAlive(): void {
    if (this.#closed || this.socket.readyState !== WebSocket.OPEN) return;
    const now = this.ports.clock();
    const patienceMs = this.ports.limits.silenceMs / 2;
    if (this.#askedAt !== null) {
      if (now - this.#askedAt < patienceMs) return;
      this.ports.count("sockets_silent");
      this.close(CLOSE.timeout, "no sign of life");
    } else if (now - this.#heardAt >= patienceMs) {
      this.#askedAt = now;
      this.sendText(PING);
    }
  }

  /** Says why, then closes. */
  refuse(closeCode: number, code: RoomErrorCode, message: string): void {
    this.sendText(encodeNotice("error", { code, message }));
    this.close(closeCode, code);
  }

  #send(data: string | Uint8Array<ArrayBuffer>, bytes: number): void {
    if (this.#closed || this.socket.readyState !== WebSocket.OPEN) return;
    if (this.#lagsBehind(bytes)) {
      this.ports.count("sockets_cut");
      this.close(CLOSE.overrun, "reader too slow");
      return;
    }
    this.socket.send(data);
  }

  /** Asking for the backlog costs as much as a short send does: once in a while is enough. */
  #lagsBehind(bytes: number): boolean {
    this.#unchecked += bytes + FRAME_COST_BYTES;
    if (this.#unchecked < CHECK_EVERY_BYTES) return false;
    this.#unchecked = 0;
    // One large answer (a joiner's whole document) is no sign of a slow reader.
    if (bytes > this.#largestSent) this.#largestSent = bytes;
    return this.socket.bufferedAmount > this.ports.limits.backlogBytes + this.#largestSent;
  }

  #receive(data: string | ArrayBuffer): void {
    const elapsed = this.ports.clock();
    this.#heardAt = elapsed;
    this.#askedAt = null;
    if (this.#closed) return;
    const now = "place" in this.#standing ? this.#standing.place.time.now() : this.ports.now();
    const text = typeof data === "string";
    const bytes = text ? data.length : data.byteLength;
    const { limits } = this.ports;
    if (!this.#welcomed && (this.#strangerBytes += bytes) > limits.strangerBytes) {
      return this.refuse(CLOSE.tooLarge, "too-large", "Too much came before a hello");
    }
    if (bytes > (text ? limits.textFrameBytes : limits.binaryFrameBytes)) {
      return this.refuse(CLOSE.tooLarge, "too-large", `A frame of ${bytes} bytes is too large`);
    }
    if (!this.#messages.take(1, elapsed) || !this.#bytes.take(bytes, elapsed)) {
      return this.refuse(CLOSE.overrun, "rate-limited", "Too many messages in a short time");
    }
    if (text) void this.#receiveText(data, now);
    else this.#receiveFrame(new Uint8Array(data), now);
  }

  #receiveFrame(frame: Uint8Array, now: number): void {
    const standing = this.#standing;
    if (standing.at !== "seat") {
      return this.refuse(CLOSE.badRequest, "bad-request", "Say hello first");
    }
    try {
      standing.place.room.receive(standing.member, frame, now);
    } catch (error) {
      if (!(error instanceof RoomError)) return this.#fault("frame", error);
      this.ports.count("frames_refused");
      this.ports.logger.warn("Frame refused", {
        meetingId: standing.place.room.meetingId,
        participantId: standing.member.person.id,
        reason: error.message,
      });
      const close = CLOSE_OF_FRAME[error.code] ?? CLOSE.badRequest;
      this.refuse(close, error.code, error.message);
    }
  }

  async #receiveText(text: string, now: number): Promise<void> {
    const request = parseRequest(text);
    if (request === undefined) {
      return this.refuse(CLOSE.badRequest, "bad-request", "Not a request of this protocol");
    }
    const { id, method } = request;
    if (this.#inFlight >= this.ports.limits.requestsInFlight) {
      return this.refuse(CLOSE.overrun, "rate-limited", "Too many requests at once");
    }
    this.#inFlight++;
    const afterwards: (() => void)[] = [];
    try {
      const params = METHODS[method].params.safeParse(request.params);
      if (!params.success) {
        const [issue] = params.error.issues;
        throw new RoomError("bad-request", `${issue?.path.join(".")}: ${issue?.message}`);
      }
      const result = await this.#run(method, params.data, now, afterwards);
      this.sendText(JSON.stringify({ id, result }));
      for (const step of afterwards) step();
    } catch (error) {
      if (!(error instanceof RoomError)) return this.#fault(method, error);
      const { code, message } = error;
      this.sendText(JSON.stringify({ id, error: { code, message } }));
      if (this.#standing.at === "street" && method === "hello") {
        this.close(CLOSE_OF_HELLO[code] ?? CLOSE.normal, code);
      }
    } finally {
      this.#inFlight--;
    }
  }

  async #run(
    method: Method,
    params: unknown,
    now: number,
    afterwards: (() => void)[],
  ): Promise<unknown> {
    if (method === "ping") return { now };
    if (method === "hello") return await this.#hello(params as Hello, afterwards);
    if (this.#standing.at !== "seat") throw new RoomError("unauthorized", "You are not in a room");
    const { place: { room, media }, member } = this.#standing;
    if (isMediaMethod(method)) {
      return await media.request(method, member, params as CheckedParamsOf<typeof method>);
    }
    return await runCommand(method, {
      room,
      member,
      params: params as CheckedParamsOf<typeof method>,
      now,
      elapsed: this.ports.clock(),
      chatMessages: this.ports.chatMessages,
      afterwards: (step) => afterwards.push(step),
    });
  }

  async #hello(hello: Hello, afterwards: (() => void)[]): Promise<ResultOf<"hello">> {
    if (this.#standing.at !== "street") {
      throw new RoomError("conflict", "This connection has said hello already");
    }
    if (hello.protocol !== PROTOCOL_VERSION) {
      throw new RoomError(
        "protocol-version",
        `This server speaks protocol ${PROTOCOL_VERSION}, not ${hello.protocol}: reload the page`,
      );
    }
    clearTimeout(this.#helloTimer);
    this.#standing = { at: "door" };
    try {
      const entered = await this.ports.enter(this, hello);
      this.#welcomed = true;
      const { place } = entered;
      if ("ticket" in entered) this.#waitsAs(place, entered.ticket);
      else {
        this.seat(place, entered.member);
        afterwards.push(() => place.room.greet(entered.member));
      }
      return entered.result;
    } catch (error) {
      this.#standing = { at: "street" };
      throw error;
    }
  }

  /** Let in: at hello, or by a host later. */
  seat(place: Place, member: Member): void {
    this.#standing = { at: "seat", place, member };
    if (this.#closed) this.#abandon();
  }

  #waitsAs(place: Place, ticket: string): void {
    // A host may have been quicker than this line.
    if (this.#standing.at === "seat") return;
    this.#standing = { at: "waiting", place, ticket };
    if (this.#closed) this.#abandon();
  }

  /** The socket is gone by itself. */
  #end(): void {
    if (!this.#closed) this.#leave();
    clearTimeout(this.#endTimer);
    this.#resolveGone();
  }

  #leave(): void {
    this.#closed = true;
    clearTimeout(this.#helloTimer);
    this.#abandon();
  }

  #abandon(): void {
    const standing = this.#standing;
    this.#standing = { at: "street" };
    if (standing.at === "waiting") standing.place.room.waitingRoom.giveUp(standing.ticket);
    if (standing.at === "seat") {
      standing.place.room.disconnected(standing.member, standing.place.time.now());
    }
  }

  /** Our bug: the operator reads about it, the peer doesn't. */
  #fault(what: string, error: unknown): void {
    this.ports.count("faults");
    this.ports.logger.error("Fault in a connection", { what, error });
    this.close(CLOSE.internal, "");
  }
}

function isMediaMethod(method: Method): method is MediaMethod {
  return method.startsWith("media.");
}

function parseRequest(text: string): { id: number; method: Method; params: unknown } | undefined {
  try {
    const request = requestEnvelope.safeParse(JSON.parse(text));
    return request.success ? request.data : undefined;
  } catch {
    return undefined;
  }
}
