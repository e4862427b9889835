/**
 * The rooms of this node: sockets come in here, and every open meeting is found here.
 *
 * One timer commits for all rooms at once, so that their groups share a transaction; one ticks them all.
 * Invariant: a meeting has at most one room, also while it is still loading or closing.
 * Invariant: a meeting of which something can't be read is open to nobody, and costs no other meeting anything.
 */
import type { MonotonicMs } from "../../rooms/clocks.ts";
import { confirm, identify } from "../../rooms/door.ts";
import { CLOSE, RoomError, UNREADABLE } from "../../rooms/contract/errors.ts";
import type { Policy } from "../../rooms/contract/document/schema.ts";
import { DEFAULT_ROOM_LIMITS } from "../../rooms/limits.ts";
import { Overtaken } from "../../rooms/entrance.ts";
import type { EndReason, MeetingRecord } from "../../rooms/ports.ts";
import { LessonTime } from "../../rooms/lesson_time.ts";
import { Room } from "../../rooms/room.ts";
import { guest } from "../../rooms/member.ts";
import { Connection, type ConnectionPorts, type Entered, type Place } from "./connection.ts";
import { DEFAULT_SOCKET_LIMITS } from "./limits.ts";
import { MediaSession } from "./media.ts";
import type { Caller, Rooms, RoomsDeps } from "./ports.ts";
import { TcpEnd } from "./tcp_end.ts";
import { RecordingFeed } from "./recording_feed.ts";

/**
 * Commits keep this distance: a change that comes alone is committed at once, and where there are many they wait for
 * others to share a commit with.
 */
const GROUP_MS = 8;
const TICK_MS = 250;

const UNREAD = "The server can't read this lesson right now. Nothing of it is lost.";

/** Opens for business: rooms are loaded when somebody comes. Ends with {@linkcode Rooms.drain}. */
export function createRooms(deps: RoomsDeps): Rooms {
  return new NodeRooms(deps);
}

class NodeRooms implements Rooms {
  readonly #roomLimits;
  readonly #socketLimits;
  readonly #places = new Map<string, Promise<Place>>();
  readonly #open = new Map<string, Place>();
  readonly #connections = new Set<Connection>();
  readonly #counts = new Map<string, number>();
  readonly #commitDue = new Set<Place>();
  #commitTimer: ReturnType<typeof setTimeout> | undefined;
  #committedAt = -Infinity;
  /** Meetings that were running when the process ended, and can't be opened. */
  readonly #unresumed = new Set<string>();
  #resuming: Promise<void> | null = null;
  readonly #clock: () => MonotonicMs;
  readonly #tickTimer: ReturnType<typeof setInterval>;
  readonly #connectionPorts: ConnectionPorts;
  #draining = false;

  constructor(private readonly deps: RoomsDeps) {
    this.#clock = deps.clock ?? (() => performance.now());
    this.#roomLimits = { ...DEFAULT_ROOM_LIMITS, ...deps.limits?.room };
    this.#socketLimits = { ...DEFAULT_SOCKET_LIMITS, ...deps.limits?.socket };
    this.#connectionPorts = this.#makeConnectionPorts();
    this.#tickTimer = setInterval(() => this.#tick(), TICK_MS);
  }

  upgrade(request: Request, caller: Caller): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return new Response("This address is for WebSockets", {
        status: 426,
        headers: { upgrade: "websocket" },
      });
    }
    if (!this.#isOwnPage(request)) return new Response("Wrong origin", { status: 403 });
    const refused = this.#refuseUpgrade(caller.address);
    if (refused !== null) {
      return new Response("Come back soon", { status: refused, headers: { "retry-after": "2" } });
    }
    // Deno's own check sets a timer anew for each message, dearly: #tick looks instead.
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    const connection = new Connection(
      socket,
      caller.address,
      this.#connectionPorts,
      caller.connection && new TcpEnd(caller.connection),
    );
    this.#connections.add(connection);
    connection.gone.then(() => this.#connections.delete(connection));
    this.#count("sockets_opened");
    return response;
  }

  /** The status that says no to one more socket; null when there is room. */
  #refuseUpgrade(address: string): number | null {
    const { sockets, strangers, strangersPerAddress } = this.#socketLimits;
    if (this.#draining || this.#connections.size >= sockets) return 503;
    let all = 0;
    let fromHere = 0;
    for (const connection of this.#connections) {
      if (connection.welcomed) continue;
      all++;
      if (connection.address === address) fromHere++;
    }
    if (fromHere < strangersPerAddress && all < strangers) return null;
    this.#count("sockets_refused");
    return fromHere < strangersPerAddress ? 503 : 429;
  }

  present(meetingId: string): string[] {
    const place = this.#open.get(meetingId);
    if (place === undefined) return [];
    return place.room.people.present().map((person) => person.fields.name);
  }

  policy(meetingId: string): Policy | null {
    return this.#open.get(meetingId)?.room.meeting.policy ?? null;
  }

  async end(meetingId: string, reason: EndReason, by: string | null): Promise<void> {
    const place = await this.#places.get(meetingId);
    await place?.room.end(reason, by, place.time.now());
  }

  async resume(meetingIds: readonly string[]): Promise<void> {
    const { store, quarantine } = this.deps;
    for (const meetingId of meetingIds) {
      const resumed = await quarantine.attempt("room", meetingId, this.#clock(), async () => {
        const meeting = await store.find(meetingId);
        if (meeting === null) throw new Error("the meeting's settings are gone");
        if (meeting.status === "active") await this.#place(meeting);
      });
      if (resumed) this.#unresumed.delete(meetingId);
      else this.#unresumed.add(meetingId);
    }
  }

  async drain(): Promise<void> {
    this.#draining = true;
    await this.#resuming;
    const places = await Promise.allSettled(this.#places.values());
    await Promise.all(places.map(async (place) => {
      if (place.status === "rejected") return;
      const { room, time } = place.value;
      await room.drain(time.now()).catch((error) => {
        this.deps.logger.error("Room not drained", { meetingId: room.meetingId, error });
      });
    }));
    const connections = [...this.#connections];
    for (const connection of connections) connection.close(CLOSE.restarting, "restarting");
    await Promise.all(connections.map((connection) => connection.gone));
    clearInterval(this.#tickTimer);
    clearTimeout(this.#commitTimer);
  }

  counters(): Record<string, number> {
    let participants = 0;
    let waiting = 0;
    for (const { room } of this.#open.values()) {
      participants += room.audience.members.size;
      waiting += room.waitingRoom.size;
    }
    return {
      rooms: this.#open.size,
      participants,
      waiting,
      sockets: this.#connections.size,
      ...Object.fromEntries(this.#counts),
    };
  }

  #makeConnectionPorts(): ConnectionPorts {
    return {
      limits: this.#socketLimits,
      chatMessages: this.#roomLimits.chatMessages,
      now: this.deps.now,
      clock: this.#clock,
      logger: this.deps.logger,
      enter: (connection, hello) => this.#enter(connection, hello),
      count: (name) => this.#count(name),
    };
  }

  async #enter(
    connection: Connection,
    hello: Parameters<ConnectionPorts["enter"]>[1],
  ): Promise<Entered> {
    const { store, attempts } = this.deps;
    const now = this.deps.now();
    const since = this.#clock();
    const visitor = await this.#reading(
      hello.meetingId,
      () => identify(hello, connection.address, now, { store, attempts }),
    );
    if (this.#draining) throw new RoomError("unavailable", "The server is restarting");
    const { meetingId } = visitor.meeting;
    if (!this.#places.has(meetingId)) this.#checkReadable(meetingId);
    const place = await this.#reading(meetingId, () => this.#place(visitor.meeting));
    this.deps.quarantine.release("room", meetingId);
    const { room, time } = place;
    await room.nameGuests();
    if (!room.isOpen) {
      // It may have closed because nobody was in it; whether it is over is the store's to say.
      await room.over;
      return this.#enter(connection, hello);
    }
    const { clientId } = hello;
    const confirmed = () =>
      this.#reading(meetingId, () => confirm(hello, visitor, this.deps.now(), store));
    const mustWait = () => room.mustWait(visitor.identity, visitor.session !== null);
    if (mustWait()) {
      await confirmed();
      if (!mustWait()) return this.#enter(connection, hello);
      const ticket = room.waitingRoom.wait({
        name: hello.name ?? "Guest",
        clientId,
        peer: connection,
        onAdmitted: (member) => connection.seat(place, member),
      }, time.now());
      return { place, ticket, result: { status: "waiting", title: visitor.meeting.title } };
    }
    const known = visitor.identity ?? guest(hello.name ?? "Guest");
    const identity = { ...known, name: hello.name ?? known.name };
    const { session } = visitor;
    try {
      const { member, welcome } = await room.join({
        identity,
        session,
        clientId,
        peer: connection,
        by: visitor.identity === null ? "passcode" : "link",
        since,
        confirm: confirmed,
      }, time.now());
      return { place, member, result: { status: "joined", welcome } };
    } catch (error) {
      if (error instanceof Overtaken) return this.#enter(connection, hello);
      throw error;
    }
  }

  /**
   * What fails here is the meeting's own fault, or that of the database: everybody else comes in.
   * @throws RoomError `unavailable` the first time, then `unreadable`.
   */
  async #reading<T>(meetingId: string, work: () => Promise<T>): Promise<T> {
    const { quarantine } = this.deps;
    try {
      return await work();
    } catch (error) {
      if (error instanceof RoomError) throw error;
      quarantine.failed("room", meetingId, error, this.#clock());
      if (quarantine.faults("room", meetingId) > 1) throw new RoomError("unreadable", UNREADABLE);
      throw new RoomError("unavailable", UNREAD, { cause: error });
    }
  }

  /** A document that can't be opened isn't loaded again for everybody who asks. @throws RoomError */
  #checkReadable(meetingId: string): void {
    const { quarantine } = this.deps;
    if (!quarantine.holds("room", meetingId, this.#clock())) return;
    if (quarantine.faults("room", meetingId) > 1) throw new RoomError("unreadable", UNREADABLE);
    throw new RoomError("unavailable", UNREAD);
  }

  #place(meeting: MeetingRecord): Promise<Place> {
    const { meetingId } = meeting;
    let place = this.#places.get(meetingId);
    if (place === undefined) {
      place = this.#load(meeting);
      this.#places.set(meetingId, place);
      place.catch(() => this.#places.delete(meetingId));
    }
    return place;
  }

  async #load(meeting: MeetingRecord): Promise<Place> {
    const { store, log, clientIds, engine, quarantine, logger, now } = this.deps;
    const { meetingId } = meeting;
    const recorder = meeting.isRecorded ? this.deps.recorder : undefined;
    const time = new LessonTime({ now, clock: this.#clock });
    const recording = recorder === undefined
      ? null
      : new RecordingFeed(meetingId, { recorder, engine, logger, time, clock: this.#clock });
    const media = new MediaSession(engine, logger, recording, this.#clock);
    const room = await Room.open(meeting, {
      store,
      log,
      clientIds,
      media,
      routerRtpCapabilities: engine.routerRtpCapabilities,
      limits: this.#roomLimits,
      commitDue: () => this.#scheduleCommit(meetingId),
      closed: () => {
        quarantine.release("tick", meetingId);
        this.#places.delete(meetingId);
        this.#open.delete(meetingId);
        this.#commitDue.delete(place);
      },
      report: (level, message, fields) => logger[level](message, fields),
      clock: this.#clock,
      time,
      recorder: recording,
      envelopes: this.deps.envelopes ?? null,
    });
    media.attach(room);
    const place: Place = { room, media, time };
    this.#open.set(meetingId, place);
    // What opening wrote (who is reconnecting) had no room to be found by.
    this.#scheduleCommit(meetingId);
    return place;
  }

  #scheduleCommit(meetingId: string): void {
    const place = this.#open.get(meetingId);
    if (place === undefined) return;
    this.#commitDue.add(place);
    if (this.#commitTimer !== undefined) return;
    // Not at once even then: what arrives in the same turn of the event loop goes along.
    const waitMs = this.#committedAt + GROUP_MS - this.#clock();
    this.#commitTimer = setTimeout(() => this.#commit(), Math.max(0, waitMs));
  }

  #commit(): void {
    this.#commitTimer = undefined;
    this.#committedAt = this.#clock();
    const due = [...this.#commitDue];
    this.#commitDue.clear();
    for (const { room, time } of due) void room.commit(time.now());
  }

  #tick(): void {
    for (const connection of this.#connections) connection.check();
    if (this.#unresumed.size > 0 && !this.#draining) {
      this.#resuming ??= this.resume([...this.#unresumed]).finally(() => this.#resuming = null);
    }
    for (const place of this.#open.values()) void this.#tickRoom(place);
  }

  /** Goes on with the next tick whatever happens: a fault that lasts is told once. */
  async #tickRoom({ room, media, time }: Place): Promise<void> {
    const { quarantine } = this.deps;
    const { meetingId } = room;
    try {
      media.tick();
      await room.tick(time.now());
      quarantine.release("tick", meetingId);
    } catch (error) {
      quarantine.failed("tick", meetingId, error, this.#clock());
    }
  }

  /** A page of ours, or no page at all: programs send no origin. */
  #isOwnPage(request: Request): boolean {
    const origin = request.headers.get("origin");
    if (origin === null) return true;
    if (!URL.canParse(origin)) return false;
    const { host } = new URL(origin);
    return host === request.headers.get("host") || host === this.deps.publicHost;
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }
}
