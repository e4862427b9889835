/** A recording in a database of its own, with the writer that keeps it, for tests. */
import { type Database, openDatabase } from "../../../db/database.ts";
import { SqlRecordingLibrary } from "../../store/recording_library.ts";
import { SqlRecordings } from "../../store/recordings.ts";
import { openTestStorage } from "../../../db/testing/storage.ts";
import type { RecordingTrouble } from "../../../rooms/contract/document/schema.ts";
import { Quarantine } from "../../../rooms/quarantine.ts";
import { BatchWriter } from "../../packet_batch.ts";
import { simulateSender } from "../../testing/simulated_sender.ts";
import { FLUSH_MS, RecordingWriter } from "../writer.ts";

export const START = 1_700_000_000_000;

export const QUIET = {
  kept: () => {},
  noted: () => {},
  keyFramesWanted: () => {},
  storing: () => {},
};

/** The monotonic clock stands where the sender's does. */
export const elapsed = { ms: 0 };
export const PORTS = {
  quarantine: new Quarantine({ failed() {}, released() {} }),
  clock: () => elapsed.ms,
  obstacle: () => Promise.resolve(null),
};

export interface Stage {
  database: Database;
  writer: RecordingWriter;
  library: SqlRecordingLibrary;
  recordingId: string;
  meetingId: string;
  storing: string[];
  /** A full disk, when set. */
  disk: { obstacle: string | null };
}

export async function onStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  await using storage = await openTestStorage();
  const { meeting } = await storage.meetings.create({
    title: "Algebra",
    tutor: { id: "t", name: "Mia" },
    students: [],
    scheduledStart: null,
    scheduledEnd: null,
    bookingId: null,
    timeZone: null,
    isRecorded: true,
    encryption: "e2ee",
    policy: {},
  });
  const database = await openDatabase({ kind: "file", path: storage.path, synchronous: "normal" });
  await using closing = new AsyncDisposableStack();
  closing.defer(() => database.close());
  const storing: string[] = [];
  const disk: Stage["disk"] = { obstacle: null };
  const events = {
    ...QUIET,
    storing: (trouble: RecordingTrouble | null, reason: string) =>
      void storing.push(trouble === null ? "works" : `${trouble}: ${reason}`),
  };
  const writer = new RecordingWriter(
    new SqlRecordings(database.query),
    events,
    { ...PORTS, obstacle: () => Promise.resolve(disk.obstacle) },
  );
  const { meetingId } = meeting;
  const open = await writer.begin(meetingId, { seq: 0, at: START });
  writer.openTrack(1, {
    recordingId: open!.recordingId,
    participantId: "mia",
    source: "video",
    kind: "video",
    aheadMs: START,
  });
  const library = new SqlRecordingLibrary(database.query);
  const { recordingId } = open!;
  await run({ database, writer, library, recordingId, meetingId, storing, disk });
}

/** Sends so much video from a moment on, flushing as the worker does. */
export async function send(
  writer: RecordingWriter,
  fromMs: number,
  durationMs: number,
  packetBytes = 200,
  track = 1,
  size = { width: 320, height: 240 },
): Promise<void> {
  const items = simulateSender(durationMs, {
    kind: "video",
    startAt: fromMs,
    sequence: 1000 + fromMs,
    timestamp: fromMs * 90,
    keyFrameEvery: 25,
    packetBytes,
    track,
    size,
  });
  const batch = new BatchWriter();
  let flushAt = fromMs + FLUSH_MS;
  for (const item of items) {
    while (item.at >= flushAt) {
      writer.receive(batch.take());
      elapsed.ms = flushAt;
      await writer.flush(flushAt);
      flushAt += FLUSH_MS;
    }
    if (item.type === "packet") batch.packet(item);
    else batch.report(item);
  }
  writer.receive(batch.take());
  elapsed.ms = flushAt;
  await writer.flush(flushAt);
}
