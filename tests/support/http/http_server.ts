/** The HTTP side over a real database and a real client folder, for tests; rooms only remember what was asked. */
import type { Policy } from "../../../rooms/contract/document/schema.ts";
import { ATTEMPT_RULES, Attempts } from "../../../server/attempts.ts";
import { createApp } from "../../../server/http/app.ts";
import type { HttpDeps } from "../../../server/http/context.ts";
import { createLogger } from "../../../server/logger.ts";
import { Metrics } from "../../../server/metrics.ts";
import { Outbound } from "../../../server/notify/outbound.ts";
import type { Rooms } from "../../../server/socket/ports.ts";
import { openDatabase } from "../../../db/database.ts";
import { openTestStorage, type TestStorage } from "../../../db/testing/storage.ts";
import { SqlRecordingLibrary } from "../../../recorder/store/recording_library.ts";
import { SqlRecordings } from "../../../recorder/store/recordings.ts";

export interface HttpServer extends AsyncDisposable {
  storage: TestStorage;
  /** Every finished log line. */
  log: string[];
  ended: { meetingId: string; reason: string }[];
  present: Map<string, string[]>;
  /** What hosts allow in open rooms. */
  policies: Map<string, Policy>;
  clientDir: string;
  clock: { now: number };
  /** Keeps an empty recording of a meeting, and answers its id. */
  record(meetingId: string): Promise<string>;
  /** Sends a request with the API key. */
  api(method: string, path: string, body?: unknown): Promise<Response>;
  /** Sends a request without credentials. */
  send(path: string, init?: RequestInit, remoteAddress?: string): Promise<Response>;
}

export const LESSON = {
  title: "Algebra with Mia",
  tutor: { id: "t-1", name: "Mia" },
  students: [{ id: "s-1", name: "Ada" }],
};

export async function startHttp(change: Partial<HttpDeps> = {}): Promise<HttpServer> {
  const clock = { now: Date.now() };
  const storage = await openTestStorage(() => clock.now);
  const database = await openDatabase({
    kind: "file",
    path: storage.path,
    synchronous: "normal",
  });
  const clientDir = await Deno.makeTempDir({ prefix: "lectern-client-" });
  const log: string[] = [];
  const ended: HttpServer["ended"] = [];
  const present: HttpServer["present"] = new Map();
  const policies: HttpServer["policies"] = new Map();
  const key = await storage.apiKeys.create("test", clock.now);
  const app = createApp({
    meetings: storage.meetings,
    apiKeys: storage.apiKeys,
    idempotency: storage.idempotency,
    keyEnvelopes: storage.keyEnvelopes,
    lessonsLinks: storage.lessonsLinks,
    webhooks: storage.webhooks,
    outbound: new Outbound({ allowPrivate: true }),
    assets: storage.assets,
    earlier: storage.earlier,
    thumbnails: storage.thumbnails,
    library: new SqlRecordingLibrary(database.query),
    rooms: rememberingRooms(ended, present, policies),
    attempts: new Attempts(ATTEMPT_RULES, () => clock.now),
    logger: createLogger({ level: "debug", format: "json", write: (_, line) => log.push(line) }),
    metrics: new Metrics(),
    now: () => clock.now,
    clock: () => clock.now,
    retentionMs: null,
    ready: () => storage.ping().then(() => []),
    publicUrl: "https://lessons.example.org",
    tryIt: true,
    trustProxy: false,
    apiRequestsPerMinute: 100_000,
    version: "0.0.0",
    clientDir,
    ...change,
  });
  const send: HttpServer["send"] = async (path, init, remoteAddress = "192.0.2.1") =>
    await app.request(path, init, { remoteAddress });
  return {
    storage,
    log,
    ended,
    present,
    policies,
    clientDir,
    clock,
    send,
    async record(meetingId) {
      const recordings = new SqlRecordings(database.query);
      const { recordingId } = (await recordings.begin(meetingId, { at: clock.now, seq: 0 }))!;
      await recordings.end(recordingId, { at: clock.now, seq: 0 });
      return recordingId;
    },
    api: (method, path, body) =>
      send(`/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async [Symbol.asyncDispose]() {
      await database.close();
      await storage[Symbol.asyncDispose]();
      await Deno.remove(clientDir, { recursive: true });
    },
  };
}

function rememberingRooms(
  ended: HttpServer["ended"],
  present: HttpServer["present"],
  policies: HttpServer["policies"],
): Rooms {
  return {
    policy: (meetingId) => policies.get(meetingId) ?? null,
    present: (meetingId) => present.get(meetingId) ?? [],
    end(meetingId, reason) {
      ended.push({ meetingId, reason });
      return Promise.resolve();
    },
    upgrade: () => new Response(null, { status: 426 }),
    resume: () => Promise.resolve(),
    drain: () => Promise.resolve(),
    counters: () => ({}),
  };
}
