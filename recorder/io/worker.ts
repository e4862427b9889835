/**
 * The recorder's thread: its own connection to the database, where large reads and writes hold up no room.
 *
 * Started by recorder_thread.ts, which talks to it in the messages of calls.ts.
 */
import { statfs } from "node:fs/promises";
import { type Database, openDatabase } from "../../db/database.ts";
import { giveSpaceBack } from "../../db/free_space.ts";
import { SqlMediaRows } from "../store/media_objects.ts";
import { SqlRecordingLibrary } from "../store/recording_library.ts";
import { SqlRecordings } from "../store/recordings.ts";
import { Quarantine } from "../../rooms/quarantine.ts";
import {
  type FromWorker,
  LIBRARY_CALLS,
  type LibraryCall,
  type RecorderStart,
  type ToWorker,
  WRITER_CALLS,
  type WriterCall,
} from "./calls.ts";
import { PeerClock } from "../peer_clock.ts";
import { MediaMover } from "./media_mover.ts";
import { S3Objects } from "./s3_objects.ts";
import { FLUSH_MS, RecordingWriter } from "./writer.ts";

/** How often the disk is looked at. */
const DISK_MS = 2000;
/** How often it is looked for media to move. */
const MOVE_MS = 5000;
/** How often space that is free inside the database file is looked for. */
const SPACE_MS = 60_000;

/** What of the worker's global scope is used; the DOM's types name the window's. */
interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  close(): void;
}

interface Serving {
  writer: RecordingWriter;
  library: SqlRecordingLibrary;
  /** Null when media stays in the database. */
  mover: MediaMover | null;
  stop(): Promise<void>;
}

const scope = globalThis as unknown as Scope;
let serving: Serving | null = null;
/** Media carries its times. */
const mainClock = new PeerClock();

function say(message: FromWorker, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}

scope.onmessage = ({ data }) => {
  receive(data).catch((error) => say({ type: "fault", message: textOf(error) }));
};

async function receive(message: ToWorker): Promise<void> {
  if ("at" in message) mainClock.hear(message.at, performance.now());
  if (message.type === "start") {
    try {
      serving = await start(message.start);
      say({ type: "ready" });
    } catch (error) {
      say({ type: "failed", message: textOf(error) });
    }
    return;
  }
  if (message.type === "ping") return say({ type: "alive" });
  if (serving === null) return;
  const { writer } = serving;
  switch (message.type) {
    case "packets":
      writer.receive(message.batch);
      return say({ type: "taken", bytes: message.batch.length });
    case "openTrack":
      return writer.openTrack(message.track, message.source);
    case "interruptTrack":
      return writer.interruptTrack(message.track);
    case "closeTracks":
      return await writer.closeTracks(message.tracks);
    case "entry":
      return writer.entry(message.entry);
    case "mark":
      return writer.mark(message.recordingId, message.when, message.happening);
    case "call":
      return await answer(serving, message);
    case "stop":
      await serving.stop();
      say({ type: "stopped" });
      scope.close();
  }
}

async function start({ database, freeBytes, dataDir, objects }: RecorderStart): Promise<Serving> {
  const opened = await openDatabase(database);
  const clock = () => performance.now();
  const quarantine = new Quarantine({
    failed: (task, id, error) => say({ type: "setAside", task, id, reason: textOf(error) }),
    released: (task, id) => say({ type: "setAside", task, id, reason: null }),
  });
  const writer = new RecordingWriter(
    new SqlRecordings(opened.query),
    {
      kept: (tracks) => say({ type: "kept", tracks }),
      noted: (count) => say({ type: "noted", count }),
      keyFramesWanted: (tracks) => say({ type: "keyFramesWanted", tracks }),
      storing: (trouble, reason) => say({ type: "storing", trouble, reason }),
    },
    { quarantine, clock, obstacle: watchDisk(dataDir, freeBytes) },
  );
  const flush = () => writer.flush(mainClock.at(performance.now()));
  const timer = setInterval(() => void flush(), FLUSH_MS);
  const store = objects === null ? null : new S3Objects(objects);
  const mover = store === null ? null : new MediaMover(new SqlMediaRows(opened.query), store, {
    quarantine,
    clock,
    told: (works, reason) => say({ type: "moving", works, reason }),
  });
  const stopMoving = mover === null ? null : startMoving(mover);
  const stopShrinking = database.kind === "file" ? startShrinking(opened) : null;
  return {
    writer,
    library: new SqlRecordingLibrary(opened.query, store),
    mover,
    async stop() {
      clearInterval(timer);
      await flush();
      await Promise.all([stopMoving?.(), stopShrinking?.()]);
      await opened.close();
    },
  };
}

function startShrinking(database: Database): () => Promise<void> {
  const ending = new AbortController();
  let running: Promise<void> | null = null;
  const shrink = async () => {
    try {
      await giveSpaceBack(database, ending.signal);
    } catch (error) {
      say({ type: "fault", message: textOf(error) });
    }
    running = null;
  };
  const timer = setInterval(() => running ??= shrink(), SPACE_MS);
  return async () => {
    clearInterval(timer);
    ending.abort();
    await running;
  };
}

function startMoving(mover: MediaMover): () => Promise<void> {
  void mover.run(Date.now());
  const timer = setInterval(() => void mover.run(Date.now()), MOVE_MS);
  return async () => {
    clearInterval(timer);
    await mover.close();
  };
}

function watchDisk(dataDir: string | null, freeBytes: number): () => Promise<string | null> {
  let lookAt = 0;
  let obstacle: string | null = null;
  return async () => {
    if (dataDir === null || freeBytes === 0) return null;
    const now = performance.now();
    if (now < lookAt) return obstacle;
    lookAt = now + DISK_MS;
    const { bavail, bsize } = await statfs(dataDir);
    const free = bavail * bsize;
    obstacle = free < freeBytes ? `the disk has ${free} bytes left, less than ${freeBytes}` : null;
    return obstacle;
  };
}

async function answer(
  { writer, library, mover }: Serving,
  { id, target, method, args }: Extract<ToWorker, { type: "call" }>,
): Promise<void> {
  try {
    const value = target === "writer"
      ? await callOf(writer, WRITER_CALLS, method as WriterCall, args)
      : await callOf(library, LIBRARY_CALLS, method as LibraryCall, args);
    say({ type: "result", id, value }, buffersOf(value));
    // Its objects go at once.
    if (target === "library" && method === "delete") void mover?.run(Date.now());
  } catch (error) {
    say({ type: "error", id, message: textOf(error) });
  }
}

function callOf<K extends string>(
  target: Record<K, (...args: never[]) => Promise<unknown>>,
  names: readonly K[],
  method: K,
  args: unknown[],
): Promise<unknown> {
  if (!names.includes(method)) throw new TypeError(`no method ${method}`);
  return target[method](...args as never[]);
}

/** What can be handed over instead of copied. */
function buffersOf(value: unknown): Transferable[] {
  if (value instanceof Uint8Array) return [value.buffer as ArrayBuffer];
  if (typeof value === "object" && value !== null && "data" in value) return buffersOf(value.data);
  return [];
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : `${error}`;
}
