import { expect } from "@std/expect";
import { openDatabase } from "../../db/database.ts";
import { Meetings } from "../../db/meetings.ts";
import { deleteRecording } from "./recording_deletion.ts";
import { SqlRecordings } from "./recordings.ts";

Deno.test("a recording that is ready, and one that is deleted, are told once each", async () => {
  const directory = await Deno.makeTempDir({ prefix: "lectern-test-" });
  const path = `${directory}/lectern.db`;
  const database = await openDatabase({ kind: "file", path, synchronous: "normal" });
  const db = database.query;
  try {
    const { meeting } = await new Meetings(db, { joinEarlyMs: 0, endGraceMs: 0 }).create({
      title: "Algebra",
      tutor: { id: "t", name: "Mia" },
      students: [],
      scheduledStart: null,
      scheduledEnd: null,
      bookingId: "b-1",
      timeZone: null,
      isRecorded: true,
      encryption: "transport",
      policy: {},
    }, 1);
    const recordings = new SqlRecordings(db);
    const begun = await recordings.begin(meeting.meetingId, { at: 10, seq: 0 });
    const { recordingId } = begun!;
    await recordings.end(recordingId, { at: 20, seq: 0 });
    await recordings.end(recordingId, { at: 30, seq: 0 });
    expect(await deleteRecording(db, recordingId, 40)).toBe(true);
    expect(await deleteRecording(db, recordingId, 50)).toBe(false);
    const events = await db.selectFrom("events").select(["type", "at", "body"])
      .where("type", "like", "recording.%")
      .orderBy("id")
      .execute();
    expect(events.map(({ type, at }) => [type, at]))
      .toEqual([["recording.ready", 20], ["recording.deleted", 40]]);
    for (const { body } of events) {
      expect(JSON.parse(body).data).toMatchObject({ recordingId, bookingId: "b-1" });
    }
  } finally {
    await database.close();
    await Deno.remove(directory, { recursive: true });
  }
});
