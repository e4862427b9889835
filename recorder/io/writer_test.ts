import { expect } from "@std/expect";
import { sql } from "kysely";
import { SqlRecordings } from "../store/recordings.ts";
import { BatchWriter } from "../packet_batch.ts";
import { simulateSender } from "../testing/simulated_sender.ts";
import { elapsed, onStage, PORTS, QUIET, send, START } from "./testing/writer_stage.ts";
import { MAX_HELD_BYTES, RecordingWriter } from "./writer.ts";

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

Deno.test("what was sent before a pause ended isn't kept, though it comes later: video begins with a key frame", async () => {
  await onStage(async ({ writer, library, recordingId }) => {
    await send(writer, 0, 1000);
    await writer.pause(recordingId, { seq: 0, at: START + 1000 });
    await writer.resume(recordingId, { seq: 0, at: START + 3500 });
    writer.openTrack(2, {
      recordingId,
      participantId: "mia",
      source: "video",
      kind: "video",
      aheadMs: START,
    });
    // A frame on its way at the pause's end, and what builds on it.
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
    writer.openTrack(1, {
      recordingId,
      participantId: "mia",
      source: "video",
      kind: "video",
      aheadMs: START,
    });
    const flushed: Promise<void>[] = [];
    for (let second = 0; second < 5; second++) {
      const from = { startAt: 1000 * second, timestamp: 90_000 * second };
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
        writer.receive(batch.take());
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
      aheadMs: START,
    });
    // Its row is gone: every row of its media would have no parent.
    await database.query.deleteFrom("recordings").where("recording_id", "=", other).execute();
    for (const track of [1, 2]) {
      for (let second = 0; second < 4; second++) {
        await send(writer, second * 1000, 1000, 200, track);
      }
    }
    expect(storing).toEqual([]);
    expect(PORTS.quarantine.setAside(elapsed.ms)).toEqual(new Map([["recorded", 1]]));
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

Deno.test("a track's header tells of its largest pictures, while it grows and when it is complete", async () => {
  await onStage(async ({ writer, library, recordingId }) => {
    const sizes: (string | undefined)[] = [];
    const look = async () => {
      const { tracks: [track] } = (await library.manifest(recordingId))!;
      const header = (await library.header(recordingId, track!.trackId))!;
      sizes.push(`${sizeIn(header)} of ${header.length}`);
    };
    let from = 0;
    for (const [width, height] of [[160, 90], [640, 360], [320, 180]] as const) {
      await send(writer, from, 1000, 200, 1, { width, height });
      await look();
      from += 1000;
    }
    await writer.end(recordingId, { seq: 0, at: START + from });
    await look();
    const [length] = sizes.map((size) => size!.split(" ").at(-1));
    expect(sizes).toEqual(
      ["160×90", "640×360", "640×360", "640×360"].map((size) => `${size} of ${length}`),
    );
  });
});

/** PixelWidth (B0) and PixelHeight (BA), which have two bytes each here. */
function sizeIn(header: Uint8Array): string {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const at = header.findIndex((byte, index) =>
    byte === 0xb0 && header[index + 1] === 0x82 && header[index + 4] === 0xba
  );
  return `${view.getUint16(at + 2)}×${view.getUint16(at + 6)}`;
}
