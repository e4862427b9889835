/** Media that moves from the database to an S3 store, which a double stands in for. */
import { expect } from "@std/expect";
import { type Database, openDatabase } from "../../db/database.ts";
import { SqlMediaRows } from "../../recorder/store/media_objects.ts";
import { openTestStorage } from "../../db/testing/storage.ts";
import { SqlRecordingLibrary } from "../../recorder/store/recording_library.ts";
import { MediaMover } from "../../recorder/io/media_mover.ts";
import { Recorder } from "../../recorder/io/recorder.ts";
import { S3Objects } from "../../recorder/io/s3_objects.ts";
import type { RecordingLibrary } from "../../recorder/library.ts";
import { Quarantine } from "../../rooms/quarantine.ts";
import { QUIET } from "../support/quiet_logger.ts";
import { keepRecording } from "../support/recording/kept_recording.ts";
import { S3Double } from "../support/recording/s3_double.ts";
import { until } from "../support/until.ts";

const START = 1_700_000_000_000;
const OBJECT_BYTES = 60_000;
const HOUR_MS = 3_600_000;

let elapsedMs = 0;
const PORTS = {
  quarantine: new Quarantine({ failed() {}, released() {} }),
  clock: () => elapsedMs,
};

function runLater(mover: MediaMover): Promise<void> {
  elapsedMs += HOUR_MS;
  return mover.run(START + HOUR_MS);
}

interface Stage {
  database: Database;
  /** The lesson ends. */
  end(): Promise<void>;
  store: S3Double;
  path: string;
  rows: SqlMediaRows;
  mover: MediaMover;
  /** With the store, and as if none were configured. */
  library: SqlRecordingLibrary;
  bare: SqlRecordingLibrary;
  recordingId: string;
  told: string[];
}

/** A camera of about 150,000 bytes in the database, being recorded. */
async function onStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  await using storage = await openTestStorage();
  await using store = new S3Double();
  const { meeting } = await storage.meetings.create({
    title: "Algebra",
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
  const database = await openDatabase({ kind: "file", path: storage.path, synchronous: "normal" });
  await using closing = new AsyncDisposableStack();
  closing.defer(() => database.close());
  const { recordingId, end } = await keepRecording(database, meeting.meetingId, {
    startAt: START,
    durationMs: 10_000,
  });
  const rows = new SqlMediaRows(database.query);
  const told: string[] = [];
  const objects = new S3Objects(store.location);
  await run({
    database,
    end,
    store,
    path: storage.path,
    rows,
    mover: new MediaMover(rows, objects, {
      objectBytes: OBJECT_BYTES,
      ...PORTS,
      told: (works, reason) => told.push(works ? "works" : reason),
    }),
    library: new SqlRecordingLibrary(database.query, objects),
    bare: new SqlRecordingLibrary(database.query),
    recordingId,
    told,
  });
}

/** The whole file of the recording's only track. */
async function fileOf(
  { library, recordingId }: { library: RecordingLibrary; recordingId: string },
): Promise<Uint8Array> {
  const { trackId, bytes } = (await library.manifest(recordingId))!.tracks[0]!;
  return (await library.file(recordingId, trackId, 0, bytes))!;
}

/** What the database itself still holds of clusters. */
async function bytesInRows({ database }: Stage): Promise<number> {
  const rows = await database.query.selectFrom("media_chunks").select("data").execute();
  return rows.reduce((sum, { data }) => sum + data.length, 0);
}

Deno.test("while a lesson runs full pieces move to the store, the rest when it has ended, and files stay the same", async () => {
  await onStage(async (stage) => {
    const { store, mover, library, recordingId } = stage;
    const before = await fileOf(stage);
    await mover.run(START);
    expect(store.objects.size).toBe(2);
    expect(await bytesInRows(stage)).toBeGreaterThan(0);
    expect(await fileOf(stage)).toEqual(before);

    await stage.end();
    const finished = await fileOf(stage);
    await mover.run(START);
    expect(store.objects.size).toBe(3);
    expect(await bytesInRows(stage)).toBe(0);
    expect(await fileOf(stage)).toEqual(finished);
    const { trackId, durationMs } = (await library.manifest(recordingId))!.tracks[0]!;
    for (const [from, to] of [[0, 10], [59_000, 121_000], [100_001, 100_002]] as const) {
      expect(await library.file(recordingId, trackId, from, to)).toEqual(finished.slice(from, to));
    }
    const range = { fromMs: 3000, toMs: 7000, goesOn: false };
    const clusters = (await library.clusters(recordingId, trackId, range))!;
    expect(clusters.fromMs).toBeLessThanOrEqual(3000);
    expect(clusters.data.length).toBeGreaterThan(finished.length * 4000 / durationMs * 0.9);
    // Nothing is left to do.
    const asked = store.asked.length;
    await mover.run(START);
    expect(store.asked.length).toBe(asked);
  });
});

Deno.test("with a recording its objects go, later when the store is down at that moment", async () => {
  await onStage(async (stage) => {
    const { store, mover, library, recordingId, told } = stage;
    await stage.end();
    await mover.run(START);
    expect(store.objects.size).toBe(3);
    store.down = true;
    expect(await library.delete(recordingId)).toBe(true);
    await mover.run(START);
    expect(store.objects.size).toBe(3);
    expect(told.length).toBe(1);
    store.down = false;
    await runLater(mover);
    expect(store.objects.size).toBe(0);
    expect(told.at(-1)).toBe("works");
    const left = await stage.database.query.selectFrom("media_objects").selectAll().execute();
    expect(left).toEqual([]);
  });
});

Deno.test("while the store is down or refuses the key, media stays in the database and is watched from there", async () => {
  await onStage(async (stage) => {
    const { store, mover, rows, told, bare, recordingId } = stage;
    await stage.end();
    const before = await fileOf(stage);
    store.down = true;
    await mover.run(START);
    expect(told[0]).toMatch(/^PUT .*: 503/);
    expect(await fileOf(stage)).toEqual(before);

    store.down = false;
    const stranger = new S3Objects({ ...store.location, secretAccessKey: "guessed" });
    const reasons: string[] = [];
    const refused = new MediaMover(rows, stranger, {
      objectBytes: OBJECT_BYTES,
      ...PORTS,
      told: (_, reason) => reasons.push(reason),
    });
    await refused.run(START);
    expect(reasons[0]).toMatch(/403 .*SignatureDoesNotMatch/);
    expect(await fileOf({ library: bare, recordingId })).toEqual(before);

    await runLater(mover);
    expect(await bytesInRows(stage)).toBe(0);
    expect(await fileOf(stage)).toEqual(before);
    await expect(fileOf({ library: bare, recordingId })).rejects.toThrow(/object store/);
  });
});

Deno.test("an object whose writer was killed, or whose recording was deleted meanwhile, is removed again", async () => {
  await onStage(async (stage) => {
    const { store, mover, rows, library, recordingId } = stage;
    const objects = new S3Objects(store.location);
    const begin = async (key: string) => {
      const [trackId] = await rows.tracks([]);
      const piece = (await rows.nextPiece(trackId!, OBJECT_BYTES))!;
      await rows.beginObject(key, piece, START);
      await objects.put(key, piece.data);
    };
    await begin("killed/1");
    await mover.run(START);
    // It might still be written by another node.
    expect([...store.objects.keys()]).toContain("killed/1");
    await runLater(mover);
    expect([...store.objects.keys()]).not.toContain("killed/1");

    await stage.end();
    await begin("deleted/1");
    expect(await library.delete(recordingId)).toBe(true);
    expect(await rows.finishObject("deleted/1", START)).toBe(false);
    await runLater(mover);
    expect(store.objects.size).toBe(0);
  });
});

Deno.test("of two nodes that move the same piece one wins, and the other's object is removed", async () => {
  await onStage(async (stage) => {
    const { store, rows, mover, told } = stage;
    await stage.end();
    const before = await fileOf(stage);
    const other = new MediaMover(
      new SqlMediaRows(stage.database.query),
      new S3Objects(store.location),
      {
        objectBytes: OBJECT_BYTES,
        ...PORTS,
        told: (_, reason) => told.push(reason),
      },
    );
    await Promise.all([mover.run(START), other.run(START)]);
    expect(told).toEqual([]);
    expect(store.objects.size).toBe(3);
    expect(await rows.unneededObjects(START)).toEqual([]);
    expect(await fileOf(stage)).toEqual(before);
  });
});

Deno.test("the recorder moves what it finds, reads it back, and removes it with the recording", async () => {
  await onStage(async (stage) => {
    const { store, path, recordingId } = stage;
    await stage.end();
    const before = await fileOf(stage);
    const recorder = await Recorder.start({
      database: { kind: "file", path, synchronous: "normal" },
      freeBytes: 0,
      dataDir: null,
      objects: store.location,
    }, QUIET);
    try {
      await until(async () => await bytesInRows(stage) === 0, { what: "all is moved" });
      expect(store.objects.size).toBe(1);
      expect(await fileOf({ library: recorder.library, recordingId })).toEqual(before);
      expect(await recorder.library.delete(recordingId)).toBe(true);
      await until(() => store.objects.size === 0, { what: "the object is gone" });
    } finally {
      await recorder.close();
    }
  });
});
