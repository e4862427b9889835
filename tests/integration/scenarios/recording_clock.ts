/**
 * The machine's clock is set amid recorded lessons, with real media in a process of its own; run by recording_test.ts, one
 * process a scenario.
 *
 * Only this process sees its clock set, so that whatever compares it with that of another process goes wrong at once.
 */
import { expect } from "@std/expect";
import * as Y from "yjs";
import { readEntries } from "../../../rooms/contract/recording/log_entries.ts";
import { chatOf, whiteboardOf } from "../../../rooms/contract/document/schema.ts";
import { documentAt } from "../../../recorder/playback.ts";
import { publish, RecordingNode } from "../../support/recording/recorded_lesson.ts";
import {
  end,
  recordingOf,
  runNamed,
  untilKept,
  withNode,
} from "../../support/recording/recording_scene.ts";

const MINUTE_MS = 60_000;

const machineNow = Date.now;
let setMs = 0;
Date.now = () => machineNow() + setMs;

export const SCENARIOS: Record<string, () => Promise<void>> = {
  "with the clock set back and forth amid a lesson, its recording is as long as the lesson and in its order":
    async () => {
      await withNode(async (node) => {
        const began = performance.now();
        const lesson = await node.book();
        const { meetingId } = lesson;
        const tutor = await node.join(lesson.tutor);
        const media = await publish(tutor, node.engine);
        let kept = 1500;
        let manifest = await untilKept(node, meetingId, kept);
        const { startedAt } = manifest;
        const said: number[] = [];
        for (const [n, set] of [-30 * MINUTE_MS, 24 * 60 * MINUTE_MS, -MINUTE_MS, 0].entries()) {
          setMs = set;
          await tutor.request("chat.send", { text: `word ${n}` });
          whiteboardOf(tutor.doc).set(`p:1/${n}`, new Y.Map([["x", n]]));
          await tutor.stored();
          said.push(manifest.tracks[0]!.startMs + kept);
          kept += 1500;
          manifest = await untilKept(node, meetingId, kept);
        }
        setMs = -30 * MINUTE_MS;
        await tutor.request("recording.pause", {});
        setMs = 30 * MINUTE_MS;
        await tutor.request("recording.resume", {});
        await untilKept(node, meetingId, 1500, { since: 2 });
        const recordingId = await end(node, tutor);
        media.peer.close();
        const lastedMs = performance.now() - began;

        const token = lesson.tutor.invite;
        manifest = await node.manifest(recordingId, token);
        expect(manifest.startedAt).toBe(startedAt);
        expect(manifest.durationMs).toBeLessThanOrEqual(Math.ceil(lastedMs));
        for (const [n, track] of manifest.tracks.entries()) {
          expect(track.durationMs).toBeGreaterThanOrEqual(n < 2 ? kept : 1500);
          expect(track.startMs + track.durationMs).toBeLessThanOrEqual(Math.ceil(lastedMs));
        }
        const pauses = manifest.pauses.map(({ fromMs, toMs }) => toMs! - fromMs);
        expect(pauses).toHaveLength(1);
        expect(pauses[0]).toBeLessThan(manifest.durationMs);
        expect(manifest.tracks[2]!.startMs).toBeGreaterThanOrEqual(manifest.pauses[0]!.toMs!);
        for (const { stays } of manifest.people) expect(stays).toHaveLength(1);

        const chats = manifest.markers.filter(({ type }) => type === "chat").map(({ atMs }) =>
          atMs
        );
        expect(chats).toHaveLength(said.length);
        for (const [n, atMs] of chats.entries()) {
          expect(atMs).toBeGreaterThanOrEqual(said[n]!);
          expect(atMs).toBeLessThan(said[n + 1] ?? manifest.durationMs);
        }
        const log = await node.recorder.library.log(recordingId, 0, manifest.durationMs);
        const times = readEntries(log!)!.map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        const segment = await node.recorder.library.segment(recordingId, 0);
        for (const [n, atMs] of chats.entries()) {
          const doc = documentAt(readEntries(segment!)!, atMs);
          expect(chatOf(doc).length).toBe(n + 1);
        }
        await tutor.close();
      }, { mediaProcesses: 1 });
    },

  "a lesson that goes on after a restart with the clock set back is recorded behind what came before":
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "lectern-recording-" });
      try {
        setMs = 30 * MINUTE_MS;
        const first = await RecordingNode.start({ folder, mediaProcesses: 1 });
        const lesson = await first.book();
        const { meetingId } = lesson;
        const tutor = await first.join(lesson.tutor);
        const media = await publish(tutor, first.engine);
        await untilKept(first, meetingId, 1500);
        await first[Symbol.asyncDispose]();
        media.peer.close();
        setMs = 0;
        await using second = await RecordingNode.start({ folder, mediaProcesses: 1 });
        const before = (await recordingOf(second, meetingId))!;
        const again = await second.join(lesson.tutor);
        const more = await publish(again, second.engine);
        const { startedAt, tracks } = await untilKept(second, meetingId, 1500, { since: 2 });
        more.peer.close();
        expect(startedAt).toBe(before.startedAt);
        const ends = before.tracks.map(({ startMs, durationMs }) => startMs + durationMs);
        for (const { startMs } of tracks.slice(2)) {
          expect(startMs).toBeGreaterThanOrEqual(Math.max(...ends));
          // Behind the machine's own time by as much as it was set back.
          expect(startedAt + startMs).toBeGreaterThan(Date.now());
        }
        await again.close();
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
};

if (import.meta.main) await runNamed(SCENARIOS);
