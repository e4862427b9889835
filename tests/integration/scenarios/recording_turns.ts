/**
 * What comes and goes in recorded lessons, with real media: pauses, people, screens, a turned camera; run by
 * recording_test.ts, one process a scenario.
 */
import { expect } from "@std/expect";
import * as Y from "yjs";
import type { TrackManifest } from "../../../rooms/contract/recording/manifest.ts";
import { readEntries } from "../../../rooms/contract/recording/log_entries.ts";
import { documentAt } from "../../../recorder/playback.ts";
import { readRuns } from "../../../rooms/contract/document/reading.ts";
import {
  chatOf,
  filesOf,
  type MediaSource,
  runsOf,
  whiteboardOf,
} from "../../../rooms/contract/document/schema.ts";
import type { TestClient } from "../../support/room/client.ts";
import { publish } from "../../support/recording/recorded_lesson.ts";
import {
  end,
  leastFrames,
  pause,
  probeTrack,
  runNamed,
  segmentOf,
  untilKept,
  withNode,
  writeEverywhere,
} from "../../support/recording/recording_scene.ts";

/** A frame that was on its way when a pause began or ended may lie so far inside it, on a busy machine. */
const ON_THE_WAY_MS = 500;

/** Takes off the board and out of the files what {@linkcode writeEverywhere} wrote there. */
async function wipe(client: TestClient, id: string): Promise<void> {
  const { doc } = client;
  doc.transact(() => {
    whiteboardOf(doc).delete(`p:1/${id}`);
    filesOf(doc).delete(id);
  });
  await client.stored();
}

export const SCENARIOS: Record<string, () => Promise<void>> = {
  "paused and resumed again and again, a lesson keeps what lies between and no trace of the rest":
    async () => {
      const pauses = 6;
      await withNode(async (node) => {
        const lesson = await node.book();
        const tutor = await node.join(lesson.tutor);
        const media = await publish(tutor, node.engine);
        // A program that goes on printing.
        const printed = new Y.Text("printed first");
        runsOf(tutor.doc).push([
          new Y.Map<unknown>([["id", "long"], ["startedAt", Date.now()], ["output", printed]]),
        ]);
        for (let n = 0; n < pauses; n++) {
          await writeEverywhere(tutor, `kept-${n}`, `open ${n}`);
          await untilKept(node, lesson.meetingId, 500, { since: 2 * n });
          await tutor.request("recording.pause", {});
          await writeEverywhere(tutor, `gone-${n}`, `secret ${n}`);
          printed.insert(printed.length, ` secret ${n}`);
          await tutor.stored();
          await pause(n % 2 === 0 ? 300 : 0);
          await wipe(tutor, `gone-${n}`);
          await tutor.request("recording.resume", {});
        }
        await untilKept(node, lesson.meetingId, 500, { since: 2 * pauses });
        const recordingId = await end(node, tutor);
        media.peer.close();

        const token = lesson.tutor.invite;
        const manifest = await node.manifest(recordingId, token);
        expect(manifest.pauses.length).toBe(pauses);
        for (const track of manifest.tracks) {
          const endMs = track.startMs + track.durationMs;
          for (const { fromMs, toMs } of manifest.pauses) {
            expect(endMs <= fromMs + ON_THE_WAY_MS || track.startMs >= toMs! - ON_THE_WAY_MS)
              .toBe(true);
          }
          expect((await probeTrack(node, recordingId, token, track)).complaints).toBe("");
        }
        // The camera is back after each pause.
        const cameras = manifest.tracks.filter(({ kind }) => kind === "video");
        expect(cameras.length).toBe(pauses + 1);
        for (const { index } of manifest.segments) {
          const bytes = await segmentOf(node, recordingId, token, index);
          expect(new TextDecoder().decode(bytes)).not.toContain("secret");
        }
        const last = manifest.segments.at(-1)!.index;
        const doc = documentAt(
          readEntries(await segmentOf(node, recordingId, token, last))!,
          Infinity,
        );
        const numbers = Array.from({ length: pauses }, (_, n) => n);
        const ids = numbers.map((n) => `kept-${n}`);
        expect(chatOf(doc).map((message) => message.get("text")))
          .toEqual(numbers.map((n) => `chat open ${n}`));
        expect(readRuns(doc).map(({ id }) => id)).toEqual(["long", ...ids]);
        expect(readRuns(doc)[0]?.output.toString()).toBe("printed first");
        expect([...filesOf(doc).keys()].toSorted()).toEqual(ids);
        expect(whiteboardOf(doc).size).toBe(pauses);
        doc.destroy();

        // A minute later the rows themselves are gone.
        await node.recorder.recover(Date.now() + 120_000);
        const { snapshot, rows } = await node.storage.log.load(lesson.meetingId);
        const kept = [snapshot!.state, ...rows.map(({ update }) => update)]
          .map((bytes) => new TextDecoder().decode(bytes)).join("");
        expect(kept).not.toContain("secret");
        expect(kept).toContain(`chat open ${pauses - 1}`);
        await tutor.close();
      });
    },

  "who comes late, comes back, shares a screen or turns the camera finds it in its place":
    async () => {
      await withNode(async (node) => {
        const lesson = await node.book();
        const tutor = await node.join(lesson.tutor);
        const mine = await publish(tutor, node.engine);
        const { meetingId } = lesson;
        const keptOf = (participantId: string, source: MediaSource, since = 0) =>
          untilKept(node, meetingId, 1000, {
            tracks: 1,
            since,
            fits: (track) => track.participantId === participantId && track.source === source,
          });
        await keptOf(tutor.id, "video");
        const times = {
          joining: Date.now(),
          sharing: 0,
          sharingKept: 0,
          leaving: 0,
          left: 0,
          returning: 0,
        };
        const late = await node.join(lesson.student);
        const theirs = await publish(late, node.engine);
        await keptOf(late.id, "video");
        mine.size.width = 160;
        mine.size.height = 284;
        times.sharing = Date.now();
        const stopSharing = await mine.share();
        await keptOf(tutor.id, "screen");
        times.sharingKept = times.leaving = Date.now();
        await stopSharing();
        theirs.peer.close();
        await late.close();
        times.left = Date.now();
        // Long enough to tell the tracks before from those behind.
        await pause(1000);
        times.returning = Date.now();
        const session = late.welcome!.session;
        const again = await node.join({ meetingId, session });
        const back = await publish(again, node.engine);
        await keptOf(late.id, "video", 1);
        const recordingId = await end(node, tutor);
        const ended = Date.now();
        for (const { peer } of [mine, back]) peer.close();

        const token = lesson.tutor.invite;
        const manifest = await node.manifest(recordingId, token);
        const between = (ms: number, from: number, to: number) => {
          const time = ms + manifest.startedAt;
          expect({ from, time, inside: time >= from && time <= to, to })
            .toEqual({ from, time, inside: true, to });
        };
        const endOf = ({ startMs, durationMs }: TrackManifest) => startMs + durationMs;
        const cameras = manifest.tracks.filter(({ source }) => source === "video");
        const [camera, first, second] = cameras;
        expect(cameras.map(({ participantId }) => participantId)).toEqual([
          tutor.id,
          late.id,
          late.id,
        ]);
        between(first!.startMs, times.joining, times.sharing);
        between(endOf(first!), times.sharing, times.left + ON_THE_WAY_MS);
        between(second!.startMs, times.returning, ended);
        const screen = manifest.tracks.find(({ source }) => source === "screen")!;
        expect(screen.participantId).toBe(tutor.id);
        between(screen.startMs, times.sharing, times.sharingKept);
        between(endOf(screen), times.sharing + 1000, times.left + ON_THE_WAY_MS);
        expect(manifest.markers).toContainEqual({
          type: "screen",
          atMs: screen.startMs,
          toMs: endOf(screen),
          participantId: tutor.id,
        });
        expect(manifest.people.map(({ participantId }) => participantId)).toEqual([
          tutor.id,
          late.id,
        ]);
        for (const track of manifest.tracks) {
          const { frames, durationMs, sizes } = await probeTrack(node, recordingId, token, track);
          expect(Math.abs(durationMs - track.durationMs)).toBeLessThan(30);
          expect(frames).toBeGreaterThan(leastFrames(track));
          if (track !== camera) continue;
          // The header holds the first size; each key frame its own.
          expect([track.width, track.height]).toEqual([320, 240]);
          expect(sizes).toEqual(["320,240", "160,284"]);
        }
        await Promise.all([tutor.close(), again.close()]);
      });
    },
};

if (import.meta.main) await runNamed(SCENARIOS);
