/**
 * What is killed amid recorded lessons, with real media: the media's process, the recorder's thread, the whole server;
 * run by recording_test.ts, one process a scenario.
 */
import { expect } from "@std/expect";
import { readEntries } from "../../../rooms/contract/recording/log_entries.ts";
import { documentAt } from "../../../recorder/playback.ts";
import { whiteboardOf } from "../../../rooms/contract/document/schema.ts";
import { dieInThread } from "../../support/recording/mortal_recorder.ts";
import {
  type BookedLesson,
  publish,
  RecordingNode,
} from "../../support/recording/recorded_lesson.ts";
import {
  end,
  probeTrack,
  runNamed,
  segmentOf,
  untilKept,
  withNode,
} from "../../support/recording/recording_scene.ts";
import type { VictimSaid } from "../../support/recording/recording_victim.ts";
import { until } from "../../support/until.ts";

/** How late a busy machine may be itself. */
const LATE_MS = 3000;

export const SCENARIOS: Record<string, () => Promise<void>> = {
  "when a lesson's media process is killed, its recording keeps what came before, and what comes after":
    async () => {
      await withNode(async (node) => {
        const lesson = await node.book();
        const { meetingId } = lesson;
        const tutor = await node.join(lesson.tutor);
        const before = await publish(tutor, node.engine);
        const { tracks: first } = await untilKept(node, meetingId, 1500);
        Deno.kill(node.mediaPids()[0]!, "SIGKILL");
        await tutor.notice("media.lost");
        before.peer.close();
        const after = await publish(tutor, node.engine);
        const manifest = await untilKept(node, meetingId, 1500, { since: 2 });
        expect(manifest.state).toBe("recording");
        const recordingId = await end(node, tutor);
        after.peer.close();
        const token = lesson.tutor.invite;
        const { tracks } = await node.manifest(recordingId, token);
        expect(tracks).toHaveLength(4);
        for (const [i, track] of tracks.entries()) {
          const { complaints, durationMs } = await probeTrack(node, recordingId, token, track);
          expect(complaints).toBe("");
          expect(durationMs).toBeGreaterThanOrEqual(first[i]?.durationMs ?? 1500);
        }
        const [ended, began] = [tracks[0]!.spans.at(-1)!.toMs, tracks[2]!.spans[0]!.fromMs];
        expect(began).toBeGreaterThanOrEqual(ended);
        await tutor.close();
      }, { mediaProcesses: 2 });
    },

  "when the recorder's thread dies amid a lesson, what came before is kept, and what comes after":
    async () => {
      await withNode(async (node) => {
        const lesson = await node.book();
        const { meetingId } = lesson;
        const tutor = await node.join(lesson.tutor);
        const media = await publish(tutor, node.engine);
        await untilKept(node, meetingId, 1500);
        const ends: number[] = [];
        for (let deaths = 1; deaths <= 2; deaths++) {
          ends.push(Date.now());
          dieInThread();
          // Whatever is asked meanwhile waits for the next thread.
          await tutor.request("chat.send", { text: `after ${deaths}` });
          const manifest = await untilKept(node, meetingId, 1500, { since: 2 * deaths });
          expect(manifest.state).toBe("recording");
          expect(node.recorder.counters()).toMatchObject({
            recorderRestarts: deaths,
            recorderWorks: 1,
          });
        }
        await tutor.request("recording.pause", {});
        dieInThread();
        await tutor.request("recording.resume", {});
        await untilKept(node, meetingId, 500, { since: 6 });
        dieInThread();
        const recordingId = await end(node, tutor);
        media.peer.close();

        const token = lesson.tutor.invite;
        const manifest = await node.manifest(recordingId, token);
        expect(manifest.tracks.length).toBe(8);
        expect(manifest.pauses.length).toBe(1);
        const texts = manifest.markers.filter(({ type }) => type === "chat");
        expect(texts.length).toBe(2);
        for (const track of manifest.tracks) {
          expect((await probeTrack(node, recordingId, token, track)).complaints).toBe("");
        }
        for (const [index, diedAt] of ends.entries()) {
          for (const track of manifest.tracks.slice(2 * index, 2 * index + 2)) {
            const lostMs = diedAt - manifest.startedAt - track.startMs - track.durationMs;
            expect(lostMs).toBeLessThan(1000 + LATE_MS);
          }
        }
        await tutor.close();
      }, {
        recorderModule: new URL("../../support/recording/mortal_recorder.ts", import.meta.url),
      });
    },

  "after kill -9 a recording holds everything up to the last second, and is finished at restart":
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "lectern-recording-" });
      const victim = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-check",
          new URL("../../support/recording/recording_victim.ts", import.meta.url).href,
          folder,
        ],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const said: string[] = [];
      let lesson: BookedLesson | null = null;
      const reading = (async () => {
        for await (const text of victim.stdout.pipeThrough(new TextDecoderStream())) {
          said.push(...text.split("\n").filter((line) => line !== ""));
          lesson ??= JSON.parse(said[0]!) as BookedLesson;
        }
      })();
      await until(() => said.length > 15, { limitMs: 60_000, what: "the lesson runs" });
      victim.kill("SIGKILL");
      await Promise.all([reading, victim.status]);
      const { meetingId, tutor } = lesson! as BookedLesson;
      const { saved, handedAt, lateMs } = JSON.parse(said.at(-1)!) as VictimSaid;
      {
        await using node = await RecordingNode.start({ folder });
        await node.rooms.end(meetingId, "ended", null);
        const url = (await node.storage.meetings.read(meetingId))?.recordingUrl;
        const recordingId = url!.split("/").at(-1)!;
        const manifest = await node.manifest(recordingId, tutor.invite);
        expect(manifest.state).toBe("ready");
        expect(manifest.tracks.length).toBe(2);
        for (const track of manifest.tracks) {
          const endAt = manifest.startedAt + track.startMs + track.durationMs;
          // A machine that is late itself keeps late.
          expect(handedAt - endAt).toBeLessThan(1000 + 2 * lateMs);
          const probed = await probeTrack(node, recordingId, tutor.invite, track);
          expect(probed.complaints).toBe("");
          expect(Math.abs(probed.durationMs - track.durationMs)).toBeLessThan(30);
        }
        const last = manifest.segments.at(-1)!.index;
        const entries = readEntries(await segmentOf(node, recordingId, tutor.invite, last))!;
        const doc = documentAt(entries, Infinity);
        expect(whiteboardOf(doc).size).toBeGreaterThanOrEqual(saved);
        doc.destroy();
      }
      await Deno.remove(folder, { recursive: true });
    },
};

if (import.meta.main) await runNamed(SCENARIOS);
