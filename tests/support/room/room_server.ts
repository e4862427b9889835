/** A node's rooms behind a real `Deno.serve` with a real database file, for integration tests. */
import { openStorage, type Storage } from "../../../db/storage.ts";
import type { Policy } from "../../../rooms/contract/document/schema.ts";
import type { RoomLimits } from "../../../rooms/limits.ts";
import type { MeetingStore, UpdateLog } from "../../../rooms/ports.ts";
import { Quarantine, reportsTo } from "../../../rooms/quarantine.ts";
import { ATTEMPT_RULES, Attempts } from "../../../server/attempts.ts";
import type { SocketLimits } from "../../../server/socket/limits.ts";
import type { Rooms } from "../../../server/socket/ports.ts";
import { type Serving, startServing } from "../../../server/front/serving.ts";
import { createRooms } from "../../../server/socket/rooms.ts";
import type { MediaEngine } from "../../../server/sfu/media_engine.ts";
import { type HelloOptions, TestClient } from "./client.ts";
import { QuietEngine } from "./quiet_engine.ts";

/** Answers that are still on their way. */
const GRACE_MS = 1000;

export interface ServerOptions {
  /** Wraps the log, to delay or fail its commits. */
  log?: (log: UpdateLog) => UpdateLog;
  /** Wraps the store of meetings, to delay its answers. */
  store?: (store: MeetingStore) => MeetingStore;
  engine?: MediaEngine;
  /** By which work is measured. */
  clock?: () => number;
  room?: Partial<RoomLimits>;
  socket?: Partial<SocketLimits>;
}

export interface LessonOptions {
  encryption?: "e2ee" | "transport";
  policy?: Partial<Policy>;
  scheduledStart?: number;
  scheduledEnd?: number;
}

/** A booked lesson with everybody's way in. */
export interface Lesson {
  meetingId: string;
  passcode: string;
  tutor: HelloOptions;
  student: HelloOptions;
  /** By the passcode alone. */
  guest: HelloOptions;
}

export class RoomServer implements AsyncDisposable {
  rooms!: Rooms;
  storage!: Storage;
  engine!: MediaEngine;
  readonly clients: TestClient[] = [];
  /** What the operator would read. */
  readonly logged: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  #serving!: Serving;
  #passedMs = 0;
  #setMs = 0;

  private constructor(private readonly folder: string, private readonly options: ServerOptions) {}

  static async start(options: ServerOptions = {}): Promise<RoomServer> {
    const server = new RoomServer(await Deno.makeTempDir({ prefix: "lectern-rooms-" }), options);
    await server.#listen();
    return server;
  }

  async #listen(): Promise<void> {
    this.storage = await openStorage({
      location: { kind: "file", path: `${this.folder}/lectern.db`, synchronous: "normal" },
      joinEarlyMs: 15 * 60_000,
      endGraceMs: 15 * 60_000,
    });
    this.engine = this.options.engine ?? new QuietEngine();
    const log = (level: string) => (message: string, fields: Record<string, unknown> = {}) => {
      this.logged.push({ level, message, fields });
    };
    const logger = {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
    };
    this.rooms = createRooms({
      store: this.options.store?.(this.storage.meetings) ?? this.storage.meetings,
      log: this.options.log?.(this.storage.log) ?? this.storage.log,
      clientIds: this.storage.clientIds,
      engine: this.engine,
      attempts: new Attempts(ATTEMPT_RULES, () => this.elapsed()),
      now: () => this.now(),
      clock: () => this.elapsed(),
      quarantine: new Quarantine(reportsTo(logger)),
      logger,
      limits: { room: this.options.room ?? {}, socket: this.options.socket ?? {} },
    });
    this.#serving = startServing({
      hostname: "127.0.0.1",
      port: 0,
      logger,
      handle: (request, peer, table) =>
        this.rooms.upgrade(request, {
          address: peer.hostname,
          connection: table && { peer, table },
        }),
    });
  }

  get port(): number {
    return this.#serving.port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#serving.port}/socket`;
  }

  now(): number {
    return Date.now() + this.#passedMs + this.#setMs;
  }

  /** On the monotonic clock. */
  elapsed(): number {
    return (this.options.clock ?? (() => performance.now()))() + this.#passedMs;
  }

  /** Lets time pass for the server; what is due follows with its next tick. */
  advance(ms: number): void {
    this.#passedMs += ms;
  }

  /** Sets the time of day, as an operator or NTP does: no time passes. */
  setTime(ms: number): void {
    this.#setMs += ms;
  }

  async book(options: LessonOptions = {}): Promise<Lesson> {
    const { meeting, invites } = await this.storage.meetings.create({
      title: "Fractions",
      tutor: { id: "t1", name: "Tara" },
      students: [{ id: "s1", name: "Sam" }],
      scheduledStart: options.scheduledStart ?? null,
      scheduledEnd: options.scheduledEnd ?? null,
      bookingId: null,
      timeZone: null,
      isRecorded: false,
      encryption: options.encryption ?? "transport",
      policy: options.policy ?? {},
    });
    const { meetingId, passcode } = meeting;
    const invite = (role: string) => invites.find((person) => person.role === role)?.token ?? "";
    return {
      meetingId,
      passcode,
      tutor: { meetingId, invite: invite("tutor") },
      student: { meetingId, invite: invite("student") },
      guest: { meetingId, passcode, name: "Gil" },
    };
  }

  connect(doc?: ConstructorParameters<typeof TestClient>[1]): TestClient {
    const client = new TestClient(this.url, doc);
    this.clients.push(client);
    return client;
  }

  join(options: HelloOptions, doc?: ConstructorParameters<typeof TestClient>[1]) {
    return this.connect(doc).join(options);
  }

  /** Drains and starts again on the same file. */
  async restart(): Promise<void> {
    await this.rooms.drain();
    await Promise.all(this.clients.map((client) => client.closed));
    await this.#serving.stop(GRACE_MS);
    await this.storage.close();
    await this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await this.rooms.drain();
    await this.#serving.stop(GRACE_MS);
    await this.storage.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}
