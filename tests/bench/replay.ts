/**
 * What a recording costs to keep and to seek in: a made-up lesson of an hour with 86,000 updates and two tracks; and
 * what a server needs that records 20 rooms.
 *
 * `deno task bench replay [--minutes N] [--seeks N] [--rooms N] [--seconds N]`. The log is written as a room writes it,
 * media goes through the recorder's own writer, and a seek is what a player asks by HTTP: a segment, the document made
 * of it, clusters of each track. Bytes are those that are sent.
 */
import { gunzipSync } from "node:zlib";
import * as Y from "yjs";
import { openDatabase } from "../../db/database.ts";
import { SqlRecordingLibrary } from "../../recorder/store/recording_library.ts";
import { SqlRecordings } from "../../recorder/store/recordings.ts";
import { openTestStorage, type TestStorage } from "../../db/testing/storage.ts";
import { FLUSH_MS, RecordingWriter } from "../../recorder/io/writer.ts";
import { readEntries } from "../../rooms/contract/recording/log_entries.ts";
import { BatchWriter } from "../../recorder/packet_batch.ts";
import { documentAt } from "../../recorder/playback.ts";
import { simulateSender } from "../../recorder/testing/simulated_sender.ts";
import { openRoots, whiteboardOf } from "../../rooms/contract/document/schema.ts";
import { SnapshotSchedule } from "../../rooms/document/snapshot_schedule.ts";
import { DEFAULT_ROOM_LIMITS } from "../../rooms/limits.ts";
import { Quarantine } from "../../rooms/quarantine.ts";
import { recordingRoutes } from "../../server/http/meeting/recordings.ts";
import { seededChance } from "../support/room/lossy_socket.ts";
import { recordRooms } from "./replay/rooms.ts";
import { processCpuMs } from "./server_process.ts";

const UPDATES_PER_HOUR = 86_000;
const GROUP_ROWS = 50;
const MINUTE_MS = 60_000;
const START = 1_700_000_000_000;
/** What a player fetches of each track before it shows the first picture. */
const AHEAD_MS = 2000;

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const option = (name: string, fallback: number) =>
    Number(args[args.indexOf(`--${name}`) + 1] ?? NaN) || fallback;
  const minutes = option("minutes", 60);
  const seeks = option("seeks", 200);
  await using storage = await openTestStorage();
  const database = await openDatabase({ kind: "file", path: storage.path, synchronous: "normal" });
  const writer = new RecordingWriter(
    new SqlRecordings(database.query),
    { kept: () => {}, noted: () => {}, keyFramesWanted: () => {}, storing: () => {} },
    {
      quarantine: new Quarantine({ failed() {}, released() {} }),
      clock: () => 0,
      obstacle: () => Promise.resolve(null),
    },
  );
  const library = new SqlRecordingLibrary(database.query);
  const { meetingId, invite } = await book(storage);
  await storage.log.saveSnapshot(meetingId, { seq: 0, at: START, state: new Uint8Array([0, 0]) });
  const open = await writer.begin(meetingId, { seq: 0, at: START });
  const recordingId = open!.recordingId;

  const log = await writeLog(storage, meetingId, minutes);
  const media = await writeMedia(writer, recordingId, minutes);
  const ended = performance.now();
  await writer.end(recordingId, { seq: log.seq, at: START + minutes * MINUTE_MS });
  const manifest = await library.manifest(recordingId);
  const endToPlayableMs = performance.now() - ended;
  const routes = recordingRoutes({
    meetings: storage.meetings,
    keyEnvelopes: storage.keyEnvelopes,
    library,
    now: Date.now,
    logger: { info() {} },
  });
  const ask: Ask = async (path) => {
    const headers = { authorization: `Bearer ${invite}`, "accept-encoding": "gzip, br" };
    const address = { remoteAddress: "127.0.0.1" };
    const response = await routes.request(`/${recordingId}${path}`, { headers }, address);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    const sent = new Uint8Array(await response.arrayBuffer());
    const body = response.headers.get("content-encoding") === "gzip" ? gunzipSync(sent) : sent;
    return { sentBytes: sent.length, body };
  };
  const sought = await seek(ask, manifest!, seeks);
  await database.close();
  const rooms = option("rooms", 20);
  const recording = await recordRooms(rooms, option("seconds", 20) * 1000);
  return {
    minutes,
    updates: log.updates,
    endToPlayableMs: round(endToPlayableMs),
    seekP50Ms: round(percentile(sought.ms, 0.5)),
    seekP95Ms: round(percentile(sought.ms, 0.95)),
    logBytesPerSeekMedian: percentile(sought.logBytes, 0.5),
    logBytesPerSeekMost: percentile(sought.logBytes, 1),
    mediaBytesPerSeekMedian: percentile(sought.mediaBytes, 0.5),
    bytesPerSeekMost: percentile(sought.logBytes.map((n, i) => n + sought.mediaBytes[i]!), 1),
    logBytesPerHour: Math.round(log.logBytes * 60 / minutes),
    snapshotBytesPerHour: Math.round(log.snapshotBytes * 60 / minutes),
    recorderCpuPercentPerParticipant: round(media.cpuMs / (minutes * MINUTE_MS) * 100, 3),
    mediaBytes: media.bytes,
    writeAmplification: media.written === null ? null : round(media.written / media.bytes, 2),
    recording,
  };
}

async function book(storage: TestStorage): Promise<{ meetingId: string; invite: string }> {
  const { meeting, invites } = await storage.meetings.create({
    title: "A long lesson",
    tutor: { id: "t", name: "Mia" },
    students: [],
    scheduledStart: null,
    scheduledEnd: null,
    bookingId: null,
    timeZone: null,
    isRecorded: true,
    encryption: "transport",
    policy: {},
  });
  return { meetingId: meeting.meetingId, invite: invites[0]!.token };
}

/** Strokes of 50 updates each, some moved and some rubbed out again, with the room's snapshots. */
async function writeLog(storage: TestStorage, meetingId: string, minutes: number) {
  const doc = new Y.Doc();
  openRoots(doc);
  const updates = Math.round(UPDATES_PER_HOUR * minutes / 60);
  const everyMs = minutes * MINUTE_MS / updates;
  let waiting: { at: number; update: Uint8Array }[] = [];
  const totals = { updates, seq: 0, logBytes: 0, snapshotBytes: 0 };
  let at = START;
  const schedule = new SnapshotSchedule(DEFAULT_ROOM_LIMITS.snapshots, 0, START);
  doc.on("update", (update: Uint8Array) => {
    totals.logBytes += update.length;
    waiting.push({ at, update });
  });
  const chance = seededChance(1);
  let points = new Y.Array<Uint8Array>();
  for (let n = 0; n < updates; n++) {
    at = Math.round(START + n * everyMs);
    const stroke = Math.floor(n / 50);
    if (n % 50 === 0) {
      points = new Y.Array();
      const props = new Y.Map<unknown>([["segments", points]]);
      whiteboardOf(doc).set(`p:${stroke}`, new Y.Map<unknown>([["x", n], ["props", props]]));
      if (stroke % 10 === 9) whiteboardOf(doc).delete(`p:${stroke - 5}`);
    } else points.push([Uint8Array.from({ length: 6 }, () => chance() * 16)]);
    if (waiting.length < GROUP_ROWS && n < updates - 1) continue;
    totals.seq = await storage.log.append(meetingId, waiting);
    schedule.logged(waiting);
    waiting = [];
    if (!schedule.due(at)) continue;
    const state = Y.encodeStateAsUpdate(doc);
    schedule.taken(state.length, at);
    totals.snapshotBytes += state.length;
    await storage.log.saveSnapshot(meetingId, { seq: totals.seq, at, state });
  }
  doc.destroy();
  return totals;
}

/** One participant's microphone and camera, about half a Mbit a second, with a key frame every five seconds. */
async function writeMedia(writer: RecordingWriter, recordingId: string, minutes: number) {
  const source = { recordingId, participantId: "mia" };
  writer.openTrack(1, { ...source, source: "audio", kind: "audio", aheadMs: 0 });
  writer.openTrack(2, { ...source, source: "video", kind: "video", aheadMs: 0 });
  const before = writtenBytes();
  let cpuMs = 0;
  for (let minute = 0; minute < minutes; minute++) {
    const offsetMs = minute * MINUTE_MS;
    const startAt = START + offsetMs;
    const items = [
      ...simulateSender(MINUTE_MS, {
        kind: "audio",
        track: 1,
        startAt,
        sequence: minute * 3000,
        timestamp: offsetMs * 48 % 2 ** 32,
      }),
      ...simulateSender(MINUTE_MS, {
        kind: "video",
        track: 2,
        startAt,
        sequence: minute * 4500,
        timestamp: offsetMs * 90 % 2 ** 32,
        keyFrameEvery: 125,
        packetBytes: 800,
      }),
    ].sort((a, b) => a.at - b.at);
    const batch = new BatchWriter();
    let flushAt = startAt + FLUSH_MS;
    const began = processCpuMs(Deno.pid);
    for (const item of items) {
      if (item.at >= flushAt) {
        writer.receive(batch.take());
        await writer.flush(flushAt);
        flushAt += FLUSH_MS;
      }
      if (item.type === "packet") batch.packet(item);
      else batch.report(item);
    }
    writer.receive(batch.take());
    await writer.flush(startAt + MINUTE_MS);
    cpuMs += processCpuMs(Deno.pid) - began;
  }
  const after = writtenBytes();
  return {
    cpuMs,
    bytes: writer.counters["recordedBytes"] ?? 0,
    written: before === null || after === null ? null : after - before,
  };
}

/** Asks a route of the recording. */
type Ask = (path: string) => Promise<{ sentBytes: number; body: Uint8Array }>;

async function seek(
  ask: Ask,
  manifest: NonNullable<Awaited<ReturnType<SqlRecordingLibrary["manifest"]>>>,
  count: number,
) {
  const result = { ms: [] as number[], logBytes: [] as number[], mediaBytes: [] as number[] };
  for (let n = 0; n < count; n++) {
    // Spread over the lesson by the golden ratio: the same moments each time, and no pattern.
    const atMs = Math.floor((n * 0.618034 % 1) * (manifest.durationMs - 1));
    const began = performance.now();
    const { index } = manifest.segments.findLast(({ fromMs }) => fromMs <= atMs)!;
    const segment = await ask(`/segments/${index}`);
    documentAt(readEntries(segment.body)!, atMs).destroy();
    let mediaBytes = 0;
    for (const { trackId } of manifest.tracks) {
      const stretch = `from=${atMs}&to=${atMs + AHEAD_MS}`;
      mediaBytes += (await ask(`/tracks/${trackId}/clusters?${stretch}`)).sentBytes;
    }
    result.ms.push(performance.now() - began);
    result.logBytes.push(segment.sentBytes);
    result.mediaBytes.push(mediaBytes);
  }
  return result;
}

/** What this process has had written to disks, as Linux counts it. */
function writtenBytes(): number | null {
  try {
    const text = Deno.readTextFileSync("/proc/self/io");
    return Number(/^write_bytes: (\d+)$/m.exec(text)?.[1]);
  } catch {
    return null;
  }
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
