/**
 * The rooms of this node: sockets come in here, and every open meeting is found here.
 *
 * One timer commits for all rooms at once, so that their groups share a transaction; one ticks them all.
 * Invariant: a meeting has at most one room, also while it is still loading or closing.
 */
import { identify } from "../../rooms/door.ts";
import { CLOSE, RoomError } from "../../rooms/errors.ts";
import type { Policy } from "../../rooms/document/schema.ts";
import { DEFAULT_ROOM_LIMITS } from "../../rooms/limits.ts";
import type { EndReason, MeetingRecord } from "../../rooms/ports.ts";
import { Room } from "../../rooms/room.ts";
import { guest } from "../../rooms/room_ports.ts";
import { Connection, type ConnectionPorts, type Entered, type Place } from "./connection.ts";
import { DEFAULT_SOCKET_LIMITS } from "./limits.ts";
import { MediaSession } from "./media.ts";
import type { Rooms, RoomsDeps } from "./ports.ts";
import { RoomRecording } from "./recording.ts";

/**
 * Commits keep this distance: a change that comes alone is committed at once, and where there are many they wait for
 * others to share a commit with.
 */
const GROUP_MS = 8;
const TICK_MS = 250;

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
  readonly #commitDue = new Set<Room>();
  #commitTimer: ReturnType<typeof setTimeout> | undefined;
  #committedAt = -Infinity;
  readonly #clock: () => number;
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

  upgrade(request: Request, remoteAddress: string): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return new Response("This address is for WebSockets", {
        status: 426,
        headers: { upgrade: "websocket" },
      });
    }
    if (!this.#isOwnPage(request)) return new Response("Wrong origin", { status: 403 });
    if (this.#draining || this.#connections.size >= this.#socketLimits.sockets) {
      return new Response("Come back soon", { status: 503, headers: { "retry-after": "2" } });
    }
    // Deno's own check sets a timer anew for each message, dearly: #tick looks instead.
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    const connection = new Connection(socket, remoteAddress, this.#connectionPorts);
    this.#connections.add(connection);
    connection.gone.then(() => this.#connections.delete(connection));
    this.#count("sockets_opened");
    return response;
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
    await place?.room.end(reason, by, this.deps.now());
  }

  async resume(meetingIds: readonly string[]): Promise<void> {
    for (const meetingId of meetingIds) {
      const meeting = await this.deps.store.find(meetingId);
      if (meeting?.status !== "active") continue;
      try {
        await this.#place(meeting);
      } catch (error) {
        this.deps.logger.error("Room not resumed", { meetingId, error });
      }
    }
  }

  async drain(): Promise<void> {
    this.#draining = true;
    const places = await Promise.allSettled(this.#places.values());
    await Promise.all(
      places.map((place) =>
        place.status === "fulfilled" ? place.value.room.drain(this.deps.now()) : undefined
      ),
    );
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
      waiting += room.reception.size;
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
    const visitor = await identify(hello, connection.address, now, { store, attempts });
    if (this.#draining) throw new RoomError("unavailable", "The server is restarting");
    const place = await this.#place(visitor.meeting);
    const { room } = place;
    if (!room.isOpen) {
      // It may have closed because nobody was in it; whether it is over is the store's to say.
      await room.over;
      return this.#enter(connection, hello);
    }
    const { clientId } = hello;
    if (room.mustWait(visitor.identity, visitor.session !== null)) {
      const ticket = room.reception.wait({
        name: hello.name ?? "Guest",
        clientId,
        peer: connection,
        onAdmitted: (member) => connection.seat(place, member),
      }, now);
      return { place, ticket, result: { status: "waiting", title: visitor.meeting.title } };
    }
    const known = visitor.identity ?? guest(hello.name ?? "Guest");
    const identity = { ...known, name: hello.name ?? known.name };
    const { session } = visitor;
    const { member, welcome } = await room.join(
      { identity, session, clientId, peer: connection },
      now,
    );
    return { place, member, result: { status: "joined", welcome } };
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
    const { store, log, clientIds, engine, logger, now } = this.deps;
    const { meetingId } = meeting;
    const recorder = meeting.isRecorded ? this.deps.recorder : undefined;
    const recording = recorder === undefined
      ? null
      : new RoomRecording(meetingId, { recorder, engine, logger, now });
    const media = new MediaSession(engine, logger, recording, now);
    const room = await Room.open(meeting, {
      store,
      log,
      clientIds,
      media,
      routerRtpCapabilities: engine.routerRtpCapabilities,
      limits: this.#roomLimits,
      commitDue: () => this.#scheduleCommit(meetingId),
      closed: () => {
        this.#places.delete(meetingId);
        this.#open.delete(meetingId);
        this.#commitDue.delete(room);
      },
      report: (level, message, fields) => logger[level](message, fields),
      clock: this.#clock,
      recorder: recording,
      envelopes: this.deps.envelopes ?? null,
    }, now());
    media.attach(room);
    const place = { room, media };
    this.#open.set(meetingId, place);
    // What opening wrote (who is reconnecting) had no room to be found by.
    this.#scheduleCommit(meetingId);
    return place;
  }

  #scheduleCommit(meetingId: string): void {
    const place = this.#open.get(meetingId);
    if (place === undefined) return;
    this.#commitDue.add(place.room);
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
    const now = this.deps.now();
    for (const room of due) void room.commit(now);
  }

  #tick(): void {
    const now = this.deps.now();
    for (const connection of this.#connections) connection.checkAlive();
    for (const { room, media } of this.#open.values()) {
      media.tick();
      room.tick(now).catch((error) =>
        this.deps.logger.error("Room tick failed", { meetingId: room.meetingId, error })
      );
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
