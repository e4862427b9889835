import { expect } from "@std/expect";
import { Activity, NO_ACTIVITY } from "./activity.ts";
import { NO_MEDIA, type ParticipantFields } from "./contract/document/schema.ts";
import type { ActivityCounts } from "./ports.ts";

const SENDS = { producerId: "p", on: true, stoppedByHost: false };
const MUTED = { ...SENDS, on: false };

const ada = (change: Partial<ParticipantFields> = {}): ParticipantFields => ({
  name: "Ada",
  role: "student",
  joinedAt: 0,
  connection: "online",
  hand: null,
  audio: NO_MEDIA,
  video: NO_MEDIA,
  screen: NO_MEDIA,
  screenAudio: NO_MEDIA,
  ...change,
});

function counted() {
  const kept: ActivityCounts[] = [];
  const state = { full: false };
  const activity = new Activity({
    meetingId: "m",
    store: {
      recordActivity(_, rows) {
        if (state.full) return Promise.reject(new Error("the disk is full"));
        kept.push(...rows.map(({ counts }) => counts));
        return Promise.resolve();
      },
    },
    failed: () => {},
  });
  return { activity, kept, state };
}

Deno.test("a source counts while it is sent and let through, and talk only while the microphone does", async () => {
  const { activity, kept } = counted();
  activity.shown("ada", ada({ audio: SENDS, video: SENDS }), 0);
  activity.heard(["ada"], 1000);
  activity.heard([], 4000);
  activity.heard(["ada"], 5000);
  activity.shown("ada", ada({ audio: MUTED, video: SENDS }), 7000);
  activity.heard(["ada"], 8000);
  activity.shown("ada", ada({ video: { ...SENDS, stoppedByHost: true } }), 9000);
  await activity.keep(20_000);
  expect(kept).toEqual([{ ...NO_ACTIVITY, audioMs: 7000, videoMs: 9000, talkMs: 5000 }]);
});

Deno.test("what goes on is handed over in parts that add up, and nothing when nothing happened", async () => {
  const { activity, kept } = counted();
  activity.shown("ada", ada({ screen: SENDS }), 0);
  await activity.tick(0);
  await activity.tick(29_999);
  expect(kept).toEqual([]);
  await activity.tick(30_000);
  activity.shown("ada", ada({ connection: "left" }), 31_000);
  await activity.keep(31_000);
  await activity.keep(99_000);
  expect(kept.map((counts) => counts.screenMs)).toEqual([30_000, 1000]);
});

Deno.test("a lost connection counts once, for as long as it lasts", async () => {
  const { activity, kept } = counted();
  activity.shown("ada", ada(), 0);
  activity.shown("ada", ada({ connection: "reconnecting" }), 1000);
  activity.shown("ada", ada({ connection: "reconnecting", hand: 3 }), 2000);
  activity.shown("ada", ada(), 5000);
  await activity.keep(9000);
  expect(kept).toEqual([{ ...NO_ACTIVITY, drops: 1, awayMs: 4000 }]);
});

Deno.test("a stretch of sending is good, fair or poor by what was lost and how it jittered", async () => {
  const { activity, kept } = counted();
  const span = { spanMs: 10_000, jitterMs: 5 };
  activity.received("ada", { ...span, packets: 500, lost: 1 });
  activity.received("ada", { ...span, packets: 500, lost: 20 });
  activity.received("ada", { ...span, packets: 500, lost: 0, jitterMs: 90 });
  // Silence.
  activity.received("ada", { ...span, packets: 1, lost: 1 });
  await activity.keep(0);
  expect(kept).toEqual([{
    ...NO_ACTIVITY,
    packets: 1501,
    packetsLost: 22,
    goodMs: 10_000,
    fairMs: 10_000,
    poorMs: 10_000,
  }]);
});

Deno.test("what couldn't be stored is stored with the next", async () => {
  const { activity, kept, state } = counted();
  state.full = true;
  activity.wrote("ada");
  await activity.keep(0);
  activity.wrote("ada");
  state.full = false;
  await activity.keep(0);
  expect(kept).toEqual([{ ...NO_ACTIVITY, messages: 2 }]);
});
