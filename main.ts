/**
 * Lectern, put together: configuration, database, media process, rooms, HTTP; and taken apart again in order.
 *
 * Run directly it serves until SIGTERM or SIGINT; `deno task start` prepares everything and calls {@linkcode serve}.
 */
import { fileURLToPath } from "node:url";
import { openStorage, type Storage } from "./db/storage.ts";
import { Recorder } from "./recorder/io/recorder.ts";
import type { MonotonicMs, UnixMs } from "./rooms/clocks.ts";
import type { Logger } from "./rooms/contract/logger.ts";
import { Quarantine, reportsTo } from "./rooms/quarantine.ts";
import { ATTEMPT_RULES, Attempts } from "./server/attempts.ts";
import { type Config, configWarnings, loadConfig, VERSION } from "./server/config.ts";
import { prepareDataFolder } from "./server/data_folder.ts";
import { lockData } from "./server/data_lock.ts";
import { createApp } from "./server/http/app.ts";
import { createLogger } from "./server/logger.ts";
import { Metrics } from "./server/metrics.ts";
import { startMails } from "./server/notify/mails.ts";
import { Outbound } from "./server/notify/outbound.ts";
import { startReminding } from "./server/notify/reminders.ts";
import { startWebhooks } from "./server/notify/webhooks.ts";
import type { MediaEngine } from "./server/sfu/media_engine.ts";
import { startMediaPool } from "./server/sfu/io/media_pool.ts";
import { startServing } from "./server/front/serving.ts";
import { createRooms } from "./server/socket/rooms.ts";
import { explainStartFault } from "./server/start_fault.ts";
import { startSweeping } from "./server/sweep.ts";

/** What a drain may take before the process ends anyway. */
const DRAIN_MS = 10_000;
/** Longer than this, and the database or the media process doesn't answer. */
const READY_MS = 2_000;
const CLOSE_FRAMES_MS = 50;
/** Answers that are still on their way after the rooms are closed. */
const SHUTDOWN_MS = 2_000;

/** A serving Lectern. */
export interface Running {
  storage: Storage;
  /** Where it listens. */
  address: string;
  /** Rejects when nothing can be served any more. Never resolves. */
  ended: Promise<never>;
  /** Tells everyone, stores everything, ends. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts everything; rejects, with what was started ended, when a part can't start. */
export async function serve(config: Config, logger: Logger): Promise<Running> {
  await using started = new AsyncDisposableStack();
  if (config.database.kind === "file") {
    for (const told of await prepareDataFolder(config.dataDir)) logger.warn(told);
    started.use(await lockData(config.dataDir));
  }
  const clock = (): MonotonicMs => performance.now();
  const now = (): UnixMs => Date.now();
  const quarantine = new Quarantine(reportsTo(logger));
  const storage = await openStorage({
    location: config.database,
    ...config.lessons,
    damaged: (task, id, error) => quarantine.failed(task, id, error, clock()),
  });
  started.defer(() => storage.close());
  if (storage.migrated.length > 0) logger.info("database migrated", { applied: storage.migrated });

  if (config.apiKey !== null) {
    const works = await storage.apiKeys.setFirst(config.apiKey, "from the environment", Date.now());
    if (!works) {
      logger.warn(
        "API_KEY was not taken: it sets the first key, and this instance has keys already. " +
          "Make another with `deno task key`, or by the API.",
      );
    }
  }

  const recorder = await Recorder.start({
    database: config.database,
    freeBytes: config.recordings.freeBytes,
    dataDir: config.database.kind === "file" ? config.dataDir : null,
    objects: config.recordings.objects,
  }, logger);
  started.defer(() => recorder.close());
  // What can't be done now the sweep does.
  await quarantine.attempt("walk", "recordings", clock(), () => recorder.recover(Date.now()));

  const engine = await startMediaPool({
    ...config.media,
    logger,
    onRecorded: (batch) => recorder.receive(batch),
  });
  started.defer(() => engine.close());

  const attempts = new Attempts(ATTEMPT_RULES, clock);
  const rooms = createRooms({
    store: storage.meetings,
    log: storage.log,
    clientIds: storage.clientIds,
    engine,
    recorder,
    envelopes: storage.keyEnvelopes,
    attempts,
    now,
    clock,
    quarantine,
    logger,
    limits: {
      room: {
        emptyMs: config.lessons.emptyMs,
        extendMs: config.lessons.extendMs,
        reconnectMs: config.lessons.reconnectMs,
      },
    },
    ...(config.publicUrlGiven ? { publicHost: new URL(config.publicUrl).host } : {}),
  });
  await rooms.resume(await storage.meetings.active());

  const outbound = new Outbound({ allowPrivate: config.webhookPrivate });
  started.defer(startWebhooks({
    store: storage.webhooks,
    outbound,
    quarantine,
    logger,
    now,
    clock,
    version: VERSION,
  }));
  if (config.mail !== null) {
    started.defer(
      await startMails({
        store: storage.mails,
        meetings: storage.meetings,
        smtp: config.mail,
        publicUrl: config.publicUrl,
        joinEarlyMs: config.lessons.joinEarlyMs,
        quarantine,
        logger,
        now,
        clock,
      }),
    );
  }
  started.defer(startReminding({
    meetings: storage.meetings,
    beforeMs: config.lessons.reminderMs,
    quarantine,
    now,
    clock,
  }));

  const metrics = new Metrics();
  metrics.collect(() => rooms.counters());
  metrics.collect(() => engine.counters());
  metrics.collect(() => recorder.counters());
  metrics.collect(() => quarantineNumbers([quarantine, recorder.quarantine]));
  metrics.collect(processNumbers);

  const app = createApp({
    meetings: storage.meetings,
    apiKeys: storage.apiKeys,
    idempotency: storage.idempotency,
    keyEnvelopes: storage.keyEnvelopes,
    lessonsLinks: storage.lessonsLinks,
    webhooks: storage.webhooks,
    outbound,
    assets: storage.assets,
    earlier: storage.earlier,
    thumbnails: storage.thumbnails,
    library: recorder.library,
    rooms,
    attempts,
    logger,
    metrics,
    now,
    retentionMs: config.recordings.retentionMs,
    ready: () => ready(storage, engine, recorder, quarantine),
    publicUrl: config.publicUrl,
    tryIt: config.tryIt,
    trustProxy: config.trustProxy,
    clock,
    apiRequestsPerMinute: config.apiRequestsPerMinute,
    version: VERSION,
    clientDir: fileURLToPath(new URL("client/dist", import.meta.url)),
  });
  const serving = startServing({
    hostname: config.host,
    port: config.port,
    logger,
    handle: (request, peer, table) =>
      app.fetch(request, {
        remoteAddress: peer.hostname,
        connection: table && { peer, table },
      }),
  });
  started.defer(() => serving.stop(SHUTDOWN_MS));
  metrics.collect(() => ({
    connections_idle_ended: serving.idleEnded,
    serving_restarts: serving.restarts,
  }));
  // Ends before the server does, so that the pages are told over their sockets.
  started.defer(async () => {
    await within(DRAIN_MS, rooms.drain());
    // Deno forgets a close frame that was handed over just before its server is shut down.
    await new Promise((resolve) => setTimeout(resolve, CLOSE_FRAMES_MS));
  });
  started.defer(startSweeping({
    meetings: storage.meetings,
    rooms,
    recorder,
    prune: storage.prune,
    retentionMs: config.recordings.retentionMs,
    quarantine,
    logger,
    now,
    clock,
  }));

  logger.info("serving", { url: config.publicUrl, host: config.host, port: config.port });
  for (const warning of configWarnings(config)) logger.warn(warning);
  const parts = started.move();
  let stopping: Promise<void> | null = null;
  return {
    storage,
    address: config.publicUrl,
    ended: serving.ended,
    stop: () => stopping ??= parts.disposeAsync(),
  };
}

/**
 * Serves until a signal comes; then drains and ends the process. A second signal ends it at once. When nothing can be
 * served any more it ends with a fault, so that whoever watches over it starts it again.
 */
export function stopOnSignals(running: Pick<Running, "stop" | "ended">, logger: Logger): void {
  let stopping = false;
  const end = async (code: number) => {
    stopping = true;
    try {
      await running.stop();
      logger.info("stopped");
      Deno.exit(code);
    } catch (error) {
      logger.error("stopped with an error", { error });
      Deno.exit(1);
    }
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => {
      if (stopping) Deno.exit(1);
      logger.info("stopping", { signal });
      void end(0);
    });
  }
  running.ended.catch((error) => {
    if (stopping) return;
    logger.error("Nothing can be served any more; stopping", { error });
    void end(1);
  });
}

/** A fault that nothing caught is logged; other people's lessons go on. */
export function logUncaught(logger: Logger): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    logger.error("unhandled rejection", { error: event.reason });
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    logger.error("uncaught error", { error: event.error });
  });
}

/** The media process answers only when it lives; while it is being replaced, calls to it wait. */
async function ready(
  storage: Storage,
  engine: MediaEngine,
  recorder: Recorder,
  quarantine: Quarantine,
): Promise<string[]> {
  await within(READY_MS, Promise.all([storage.ping(), engine.counters()]));
  const { trouble } = recorder;
  const aside = [quarantine, recorder.quarantine]
    .flatMap((part) => [...part.setAside(performance.now())])
    .map(([task, count]) => `${task} ${count}`);
  return [
    ...trouble === null ? [] : [`recordings are not kept: ${trouble.reason}`],
    ...aside.length === 0 ? [] : [`set aside after a fault, see the log: ${aside.join(", ")}`],
  ];
}

function quarantineNumbers(parts: readonly Quarantine[]): Record<string, number> {
  let setAside = 0;
  let total = 0;
  for (const part of parts) {
    for (const count of part.setAside(performance.now()).values()) setAside += count;
    total += part.total;
  }
  return { set_aside: setAside, set_aside_total: total };
}

function processNumbers(): Record<string, number> {
  const { rss, heapUsed } = Deno.memoryUsage();
  return {
    process_resident_memory_bytes: rss,
    process_heap_bytes: heapUsed,
    process_uptime_seconds: Math.round(performance.now() / 1000),
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not done after ${ms} ms`)), ms);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

if (import.meta.main) {
  try {
    const config = loadConfig();
    const logger = createLogger(config.log);
    stopOnSignals(await serve(config, logger), logger);
    logUncaught(logger);
  } catch (error) {
    const logger = createLogger({ level: "error", format: "text" });
    const reason = explainStartFault(error);
    if (reason === null) logger.error("Lectern can't start", { error });
    else logger.error(reason);
    Deno.exit(1);
  }
}
