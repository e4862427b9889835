import { expect } from "@std/expect";
import { sql } from "kysely";
import { type Database, openDatabase } from "../../db/database.ts";
import { SqlRecordingLibrary } from "../store/recording_library.ts";
import { SqlRecordings } from "../store/recordings.ts";
import { openTestStorage } from "../../db/testing/storage.ts";
import type { RecordingTrouble } from "../../rooms/contract/document/schema.ts";
import { Quarantine } from "../../rooms/quarantine.ts";
import { BatchWriter } from "../packet_batch.ts";
import { simulateSender } from "../testing/simulated_sender.ts";
import { FLUSH_MS, MAX_HELD_BYTES, RecordingWriter } from "./writer.ts";

const START = 1_700_000_000_000;

const QUIET = { kept: () => {}, noted: () => {}, keyFramesWanted: () => {}, storing: () => {} };

/** The monotonic clock stands where the sender's does. */
let elapsedMs = 0;
const PORTS = {
  quarantine: new Quarantine({ failed() {}, released() {} }),
  clock: () => elapsedMs,
  obstacle: () => Promise.resolve(null),
};

interface Stage {
  database: Database;
  writer: RecordingWriter;
  library: SqlRecordingLibrary;
  recordingId: string;
  meetingId: string;
  storing: string[];
  /** A full disk, when set. */
  disk: { obstacle: string | null };
}

async function onStage(run: (stage: Stage) => Promise<void>): Promise<void> {
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
  });
  const library = new SqlRecordingLibrary(database.query);
  const { recordingId } = open!;
  await run({ database, writer, library, recordingId, meetingId, storing, disk });
}

/** Sends so much video from a moment on, flushing as the worker does. */
async function send(
  writer: RecordingWriter,
  fromMs: number,
  durationMs: number,
  packetBytes = 200,
  track = 1,
): Promise<void> {
  const items = simulateSender(durationMs, {
    kind: "video",
    startAt: START + fromMs,
    sequence: 1000 + fromMs,
    timestamp: fromMs * 90,
    keyFrameEvery: 25,
    packetBytes,
    track,
  });
  const batch = new BatchWriter();
  let flushAt = START + fromMs + FLUSH_MS;
  for (const item of items) {
    while (item.at >= flushAt) {
      writer.receive(batch.take(0));
      elapsedMs = flushAt - START;
      await writer.flush(flushAt);
      flushAt += FLUSH_MS;
    }
    if (item.type === "packet") batch.packet(item);
    else batch.report(item);
  }
  writer.receive(batch.take(0));
  elapsedMs = flushAt - START;
  await writer.flush(flushAt);
}

Deno.test("a full database is told once, loses nothing earlier, and what comes when there is room again is kept", async () => {
  await onStage(async ({ database, writer, library, recordingId, storing }) => {
    await send(writer, 0, 3000);
    const before = (await library.manifest(recordingId))!.tracks[0]!;
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(database.query);
    await sql.raw(`pragma max_page_count = ${rows[0]!.page_count + 5}`).execute(database.query);
    await send(writer, 3000, 4000, 1200);
    expect(storing.length).toBe(1);
    expect(storing[0]).toMatch(/^disk-full: .*full/);
    const during = (await library.manifest(recordingId))!.tracks[0]!;
    expect(during.durationMs).toBeGreaterThanOrEqual(before.durationMs);

    await sql.raw("pragma max_page_count = 1000000").execute(database.query);
    await send(writer, 12_000, 3000);
    expect(storing.at(-1)).toBe("works");
    await writer.end(recordingId, { seq: 0, at: START + 15_000 });
    const after = (await library.manifest(recordingId))!.tracks[0]!;
    expect(after.spans.length).toBe(2);
    expect(after.spans[1]!.toMs).toBeGreaterThan(14_900);
    const file = await library.file(recordingId, after.trackId, 0, after.bytes);
    expect(file!.length).toBe(after.bytes);
    // No hole: each cluster begins right where the one before ends.
    const chunks = await database.query.selectFrom("media_chunks")
      .select(["start_byte", "bytes"]).orderBy("from_ms").execute();
    let at = 0;
    for (const { start_byte, bytes } of chunks) {
      expect(start_byte).toBe(at);
      at += bytes;
    }
  });
});

Deno.test("below the free space that is to be left nothing is stored, and it goes on above", async () => {
  await onStage(async ({ writer, library, recordingId, storing, disk }) => {
    disk.obstacle = "the disk has 3 bytes left";
    await send(writer, 0, 2000);
    expect((await library.manifest(recordingId))!.tracks).toEqual([]);
    disk.obstacle = null;
    await send(writer, 10_000, 2000);
    expect(storing).toEqual(["disk-full: the disk has 3 bytes left", "works"]);
    expect((await library.manifest(recordingId))!.tracks.length).toBe(1);
  });
});

Deno.test("what still comes once a pause was asked for isn't kept, however long it takes to be stored", async () => {
  await onStage(async ({ writer, library, recordingId }) => {
    await send(writer, 0, 3000);
    const pausing = writer.pause(recordingId, { seq: 0, at: START + 3000 });
    await send(writer, 3000, 1000);
    await pausing;
    const [track] = (await library.manifest(recordingId))!.tracks;
    expect(track!.spans.length).toBe(1);
    expect(track!.spans[0]!.toMs).toBeGreaterThan(2900);
    expect(track!.spans[0]!.toMs).toBeLessThan(3100);
  });
});

Deno.test("what was sent before a pause ended isn't kept, though it comes later: pictures begin with a key frame", async () => {
  await onStage(async ({ writer, library, recordingId }) => {
    await send(writer, 0, 1000);
    await writer.pause(recordingId, { seq: 0, at: START + 1000 });
    await writer.resume(recordingId, { seq: 0, at: START + 3500 });
    writer.openTrack(2, { recordingId, participantId: "mia", source: "video", kind: "video" });
    // A picture on its way at the pause's end, and what builds on it.
    await send(writer, 3000, 3000, 200, 2);
    await writer.end(recordingId, { seq: 0, at: START + 6000 });
    const [, track] = (await library.manifest(recordingId))!.tracks;
    expect(track!.startMs).toBeGreaterThanOrEqual(3500);
    expect(track!.startMs).toBeLessThan(4600);
    expect(track!.spans.at(-1)!.toMs).toBeGreaterThan(5900);
  });
});

Deno.test("while the database is slow a bounded amount of media waits, and what comes later is kept again", async () => {
  await onStage(async ({ database, recordingId, library }) => {
    const storing: string[] = [];
    const gate = Promise.withResolvers<void>();
    const store = new SqlRecordings(database.query);
    const keep = store.keep.bind(store);
    store.keep = async (kept) => {
      await gate.promise;
      await keep(kept);
    };
    const events = { ...QUIET, storing: (trouble: unknown) => void storing.push(`${trouble}`) };
    const writer = new RecordingWriter(store, events, PORTS);
    await writer.begin((await library.manifest(recordingId))!.meetingId, { seq: 0, at: START });
    writer.openTrack(1, { recordingId, participantId: "mia", source: "video", kind: "video" });
    const flushed: Promise<void>[] = [];
    for (let second = 0; second < 5; second++) {
      const from = { startAt: START + 1000 * second, timestamp: 90_000 * second };
      const items = simulateSender(1000, {
        ...from,
        kind: "video",
        sequence: 75 * second,
        keyFrameEvery: 25,
        packetBytes: MAX_HELD_BYTES / 4 / 75,
      });
      for (const item of items) {
        if (item.type === "report") continue;
        const batch = new BatchWriter();
        batch.packet(item);
        writer.receive(batch.take(0));
        flushed.push(writer.flush(item.at));
      }
    }
    // However many flushes are asked for, one runs and one waits.
    expect(new Set(flushed).size).toBeLessThan(5);
    expect(storing).toEqual(["storage"]);
    const dropped = writer.counters["recordingBatchesDropped"];
    expect(dropped).toBeGreaterThan(75);
    gate.resolve();
    await Promise.all(flushed);
    await send(writer, 10_000, 2000);
    expect(storing).toEqual(["storage", "null"]);
    expect(writer.counters["recordingBatchesDropped"]).toBe(dropped);
    await writer.end(recordingId, { seq: 0, at: START + 13_000 });
    const { tracks: [track] } = (await library.manifest(recordingId))!;
    expect(track!.startMs + track!.durationMs).toBeGreaterThan(11_900);
  });
});

Deno.test("a recording whose meeting is over is completed at the next start, once", async () => {
  await onStage(async ({ database, writer, library, recordingId, meetingId }) => {
    await send(writer, 0, 3000);
    await database.query.updateTable("video_meetings")
      .set({ status: "completed", actual_end: START + 3000 })
      .where("meeting_id", "=", meetingId)
      .execute();
    const next = new RecordingWriter(
      new SqlRecordings(database.query),
      QUIET,
      PORTS,
    );
    expect(await next.recover(START + 4000)).toBe(1);
    expect(await next.recover(START + 4000)).toBe(0);
    const manifest = await library.manifest(recordingId);
    expect(manifest).toMatchObject({ state: "ready", durationMs: 3000 });
    const meeting = await database.query.selectFrom("video_meetings").select("recording_url")
      .executeTakeFirst();
    expect(meeting?.recording_url).toBe(`/recordings/${recordingId}`);
    expect(await next.begin(meetingId, { seq: 9, at: START + 5000 })).toBeNull();
  });
});

Deno.test("an end that failed is completed by the next sweep", async () => {
  await onStage(async ({ database, writer, library, recordingId }) => {
    await send(writer, 0, 3000);
    await database.query.updateTable("video_meetings")
      .set({ status: "completed", actual_end: START + 3000 })
      .execute();
    await sql.raw(
      "create trigger broken before update on recordings begin " +
        "select raise(abort, 'the disk has a bad day'); end",
    ).execute(database.query);
    const point = { seq: 0, at: START + 3000 };
    await expect(writer.end(recordingId, point)).rejects.toThrow("bad day");
    await sql.raw("drop trigger broken").execute(database.query);
    expect(await writer.recover(START + 4000)).toBe(1);
    const manifest = (await library.manifest(recordingId))!;
    expect(manifest).toMatchObject({ state: "ready", durationMs: 3000 });
    expect(manifest.tracks[0]!.durationMs).toBeGreaterThan(2900);
  });
});

Deno.test("a track that can't be completed doesn't keep its recording from being ended, and is completed later", async () => {
  await onStage(async ({ database, writer, library, recordingId }) => {
    await send(writer, 0, 3000);
    await sql.raw(
      "create trigger broken before update on recording_tracks begin " +
        "select raise(abort, 'the disk has a bad day'); end",
    ).execute(database.query);
    await writer.end(recordingId, { seq: 0, at: START + 3000 });
    const unfinished = (await library.manifest(recordingId))!;
    expect(unfinished.state).toBe("ready");
    expect(PORTS.quarantine.setAside(elapsedMs)).toEqual(new Map([["track", 1]]));
    await sql.raw("drop trigger broken").execute(database.query);
    elapsedMs += 3_600_000;
    expect(await writer.recover(START + 4000)).toBe(0);
    expect(PORTS.quarantine.setAside(elapsedMs).size).toBe(0);
    const { bytes } = (await library.manifest(recordingId))!.tracks[0]!;
    // With the index that players seek by.
    expect(bytes).toBeGreaterThan(unfinished.tracks[0]!.bytes);
  });
});

Deno.test("what can't be stored of one recording costs no other, and is tried again", async () => {
  await onStage(async ({ database, writer, library, recordingId, storing }) => {
    await database.query.insertInto("video_meetings")
      .columns([
        "meeting_id",
        "passcode",
        "booking_id",
        "tutor_id",
        "student_id",
        "created_at",
        "scheduled_start",
        "scheduled_end",
        "actual_start",
        "actual_end",
        "status",
        "recording_url",
        "is_recorded",
      ])
      .expression(
        database.query.selectFrom("video_meetings").select([
          sql<string>`'other'`.as("meeting_id"),
          "passcode",
          "booking_id",
          "tutor_id",
          "student_id",
          "created_at",
          "scheduled_start",
          "scheduled_end",
          "actual_start",
          "actual_end",
          "status",
          "recording_url",
          "is_recorded",
        ]),
      )
      .execute();
    const other = (await writer.begin("other", { seq: 0, at: START }))!.recordingId;
    writer.openTrack(2, {
      recordingId: other,
      participantId: "ben",
      source: "video",
      kind: "video",
    });
    // Its row is gone: every row of its media would have no parent.
    await database.query.deleteFrom("recordings").where("recording_id", "=", other).execute();
    for (const track of [1, 2]) {
      for (let second = 0; second < 4; second++) {
        await send(writer, second * 1000, 1000, 200, track);
      }
    }
    expect(storing).toEqual([]);
    expect(PORTS.quarantine.setAside(elapsedMs)).toEqual(new Map([["recorded", 1]]));
    await writer.end(recordingId, { seq: 0, at: START + 5000 });
    const { tracks } = (await library.manifest(recordingId))!;
    expect(tracks.length).toBe(1);
    expect(tracks[0]!.durationMs).toBeGreaterThan(3900);
    PORTS.quarantine.clear();
  });
});

Deno.test("a cluster range begins at a key frame, and the next one right behind it", async () => {
  await onStage(async ({ writer, library, recordingId }) => {
    await send(writer, 500, 8000);
    await writer.end(recordingId, { seq: 0, at: START + 9000 });
    const { trackId } = (await library.manifest(recordingId))!.tracks[0]!;
    const range = { fromMs: 3700, toMs: 5000, goesOn: false };
    const first = (await library.clusters(recordingId, trackId, range))!;
    expect(first.fromMs).toBeLessThanOrEqual(3700);
    expect(first.fromMs).toBeGreaterThan(2600);
    const rest = (await library.clusters(recordingId, trackId, {
      fromMs: first.toMs,
      toMs: 60_000,
      goesOn: true,
    }))!;
    const bytes = (await library.fileBytes(recordingId, trackId))!;
    const file = (await library.file(recordingId, trackId, 0, bytes))!;
    const both = new Uint8Array([...first.data, ...rest.data]);
    expect(indexOf(file, both)).toBeGreaterThan(0);
    const past = { fromMs: 20_000, toMs: 30_000, goesOn: false };
    expect(await library.clusters(recordingId, trackId, past)).toBeNull();
  });
});

function indexOf(haystack: Uint8Array, needle: Uint8Array): number {
  for (let at = 0; at + needle.length <= haystack.length; at++) {
    if (needle.every((byte, n) => haystack[at + n] === byte)) return at;
  }
  return -1;
}
