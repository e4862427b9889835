import { expect } from "@std/expect";
import { openTestStorage, TEST_WINDOW } from "../db/open_test_storage.ts";
import { Recorder } from "../recorder/io/recorder.ts";
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
    logger,
    now: () => now,
  };
  expect(await sweep(deps)).toBe(0);
  now = 1000 + TEST_WINDOW.endGraceMs;
  expect(await sweep(deps)).toBe(1);
  expect(await sweep(deps)).toBe(0);
  expect(ended).toEqual([meeting.meetingId]);
  expect((await storage.meetings.find(meeting.meetingId))?.status).toBe("completed");
});
