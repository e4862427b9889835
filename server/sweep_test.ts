import { expect } from "@std/expect";
import { openDatabase } from "../db/database.ts";
import { openTestStorage, TEST_WINDOW } from "../db/testing/storage.ts";
import { Recorder } from "../recorder/io/recorder.ts";
import { SqlRecordings } from "../recorder/store/recordings.ts";
import { Quarantine, reportsTo } from "../rooms/quarantine.ts";
import { createLogger } from "./logger.ts";
import { sweep } from "./sweep.ts";

Deno.test("a meeting whose time passed while nobody was in it is completed, once", async () => {
  await using storage = await openTestStorage();
  const { meeting } = await storage.meetings.create({
    title: "Algebra",
    tutor: { id: "t", name: "Mia" },
    students: [],
    scheduledStart: 0,
    scheduledEnd: 1000,
    bookingId: null,
    timeZone: null,
    isRecorded: false,
    encryption: "e2ee",
    policy: {},
  });
  const logger = createLogger({ level: "error", format: "text" });
  const recorder = await Recorder.start({
    database: { kind: "file", path: storage.path, synchronous: "normal" },
    freeBytes: 0,
    dataDir: null,
    objects: null,
  }, logger);
  await using closing = new AsyncDisposableStack();
  closing.defer(() => recorder.close());
  const ended: string[] = [];
  let now = 1000;
  const deps = {
    meetings: storage.meetings,
    rooms: {
      end(meetingId: string) {
        ended.push(meetingId);
        return Promise.resolve();
      },
    },
    recorder,
    prune: storage.prune,
    retentionMs: null,
    quarantine: new Quarantine(reportsTo(logger)),
    logger,
    now: () => now,
    clock: () => now,
  };
  expect(await sweep(deps)).toBe(0);
  now = 1000 + TEST_WINDOW.endGraceMs;
  expect(await sweep(deps)).toBe(1);
  expect(await sweep(deps)).toBe(0);
  expect(ended).toEqual([meeting.meetingId]);
  expect((await storage.meetings.find(meeting.meetingId))?.status).toBe("completed");
});

Deno.test("a recording goes when its days are over and no sooner, and stays for ever when none are set", async () => {
  const DAY_MS = 86_400_000;
  await using storage = await openTestStorage();
  const location = { kind: "file", path: storage.path, synchronous: "normal" } as const;
  const logger = createLogger({ level: "error", format: "text" });
  const recorder = await Recorder.start({
    database: location,
    freeBytes: 0,
    dataDir: null,
    objects: null,
  }, logger);
  const database = await openDatabase(location);
  await using closing = new AsyncDisposableStack();
  closing.defer(() => recorder.close());
  closing.defer(() => database.close());
  const recordings = new SqlRecordings(database.query);
  for (const endedAt of [DAY_MS, 2 * DAY_MS, null]) {
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
    const begun = await recordings.begin(meeting.meetingId, { seq: 0, at: 0 });
    if (endedAt !== null) await recordings.end(begun!.recordingId, { seq: 0, at: endedAt });
  }
  let now = 0;
  const deps = {
    meetings: storage.meetings,
    rooms: { end: () => Promise.resolve() },
    recorder,
    prune: storage.prune,
    quarantine: new Quarantine(reportsTo(logger)),
    logger,
    now: () => now,
    clock: () => now,
  };
  const left = async (day: number, retentionMs: number | null) => {
    now = day * DAY_MS;
    await sweep({ ...deps, retentionMs });
    const { recordings } = await recorder.library.list({ limit: 10, cursor: null });
    return recordings.map(({ endedAt }) => endedAt === null ? null : endedAt / DAY_MS).toSorted();
  };
  expect(await left(1000, null)).toEqual([1, 2, null]);
  expect(await left(31, 30 * DAY_MS)).toEqual([1, 2, null]);
  expect(await left(31.5, 30 * DAY_MS)).toEqual([2, null]);
  // A lesson that still runs keeps its recording.
  expect(await left(1000, 30 * DAY_MS)).toEqual([null]);
});
