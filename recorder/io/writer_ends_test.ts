import { expect } from "@std/expect";
import { sql } from "kysely";
import { SqlRecordings } from "../store/recordings.ts";
import { elapsed, onStage, PORTS, QUIET, send, START } from "./testing/writer_stage.ts";
import { RecordingWriter } from "./writer.ts";

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
    expect(PORTS.quarantine.setAside(elapsed.ms)).toEqual(new Map([["track", 1]]));
    await sql.raw("drop trigger broken").execute(database.query);
    elapsed.ms += 3_600_000;
    expect(await writer.recover(START + 4000)).toBe(0);
    expect(PORTS.quarantine.setAside(elapsed.ms).size).toBe(0);
    const { bytes } = (await library.manifest(recordingId))!.tracks[0]!;
    // With the index that players seek by.
    expect(bytes).toBeGreaterThan(unfinished.tracks[0]!.bytes);
  });
});

Deno.test("the pauses of a recording are forgotten a minute after its end, wherever the clock is set", async () => {
  await onStage(async ({ database, writer, recordingId }) => {
    await send(writer, 0, 1000);
    await writer.pause(recordingId, { seq: 0, at: START + 1000 });
    await writer.resume(recordingId, { seq: 1, at: START + 2000 });
    await writer.end(recordingId, { seq: 2, at: START + 3000 });
    const set = START - 30 * 60_000;
    const forgotten = () =>
      database.query.selectFrom("recordings").select("pauses_forgotten as forgotten")
        .executeTakeFirst();
    elapsed.ms += 59_000;
    await writer.recover(set);
    expect(await forgotten()).toEqual({ forgotten: 0 });
    elapsed.ms += 1000;
    await writer.recover(set);
    expect(await forgotten()).toEqual({ forgotten: 1 });
  });
});
