/**
 * Recorded lessons of which something can't be kept, with real media: a camera of which nothing comes, a full disk, lost
 * packets; run by recording_test.ts, one process a scenario.
 */
import { expect } from "@std/expect";
import { readEntries } from "../../../rooms/contract/recording/log_entries.ts";
import { documentAt } from "../../../recorder/playback.ts";
import { chatOf, readMeeting } from "../../../rooms/contract/document/schema.ts";
import { SILENT_MS } from "../../../server/socket/recording_feed.ts";
import type { DatagramSocket } from "../../../server/sfu/ports.ts";
import type { TestClient } from "../../support/room/client.ts";
import { fullDisk } from "../../support/recording/full_disk.ts";
import { isMedia, lossySocket } from "../../support/room/lossy_socket.ts";
import { publish } from "../../support/recording/recorded_lesson.ts";
import {
  end,
  leastFrames,
  pause,
  probeTrack,
  recordingOf,
  runNamed,
  segmentOf,
  untilKept,
  withNode,
  writeEverywhere,
} from "../../support/recording/recording_scene.ts";
import { until } from "../../support/until.ts";

export const SCENARIOS: Record<string, () => Promise<void>> = {
  "a live camera of which nothing is kept for ten seconds is told to the room at once, and once":
    async () => {
      let cut = false;
      // The rooms' clock, which stands still from the cut on but for what the test lets pass.
      let clock: number | null = null;
      const cutting = (socket: DatagramSocket): DatagramSocket => ({
        ...lossySocket(socket, { seed: 1, loss: 0 }),
        receive: (maxWaitMs, onDatagram) =>
          socket.receive(maxWaitMs, (bytes, view, length, from) => {
            if (!cut || !isMedia(bytes)) onDatagram(bytes, view, length, from);
          }),
      });
      await withNode(async (node) => {
        const lesson = await node.book();
        const tutor = await node.join(lesson.tutor);
        const student = await node.join(lesson.student);
        const media = await publish(tutor, node.engine);
        const recording = await untilKept(node, lesson.meetingId, 500);
        const { library } = node.recorder;
        const kept = async () => (await library.find(recording.recordingId))!.mediaBytes;
        await tutor.request("participant.setMedia", { source: "audio", on: false });
        clock = Date.now();
        const whole = await kept();
        await until(async () => await kept() > whole, { what: "all is well at that time" });
        cut = true;
        // What was on its way is kept, and nothing follows.
        let before = 0;
        for (let now = await kept(); now !== before; now = await kept()) {
          before = now;
          await pause(1000);
        }
        const warned = () => student.notices.some(({ method }) => method === "recording.warning");
        clock += SILENT_MS - 1;
        await pause(600);
        expect(warned()).toBe(false);
        clock += 1;
        expect(await student.notice("recording.warning"))
          .toEqual({ message: "Tara's camera isn't being recorded." });
        clock += 2 * SILENT_MS;
        await pause(600);
        // Said once, and nothing of a microphone that is muted.
        expect(warned()).toBe(false);
        expect(await kept()).toBe(before);
        cut = false;
        await until(async () => await kept() > before, { what: "the camera is kept again" });
        media.peer.close();
        await Promise.all([tutor.close(), student.close()]);
      }, { media: { wrapSocket: cutting }, now: () => clock ?? Date.now() });
    },

  "on a full disk the room is told, the lesson goes on, and nothing earlier is lost": async () => {
    await using disk = await fullDisk();
    await withNode(async (node) => {
      const lesson = await node.book();
      const tutor = await node.join(lesson.tutor);
      const media = await publish(tutor, node.engine);
      const recording = await untilKept(node, lesson.meetingId, 1000);
      await disk.fill();
      expect((await tutor.notice("recording.warning")).message).toMatch(
        /has stopped.*disk is full/,
      );
      const fullAt = Date.now();
      const shown = (client: TestClient) => readMeeting(client.doc).recording;
      await tutor.until(() => shown(tutor).trouble === "disk-full", "everybody sees why");
      const late = await node.join(lesson.student);
      expect(shown(late)).toMatchObject({ state: "recording", trouble: "disk-full" });
      await writeEverywhere(tutor, "kept", "meanwhile");
      await pause(1500);
      expect(readMeeting(tutor.doc).status).toBe("active");
      const emptiedAt = Date.now();
      await disk.empty();
      const { message } = await tutor.notice("recording.warning", () => true);
      expect(message).toBe("The recording goes on.");
      await late.until(() => shown(late).trouble === undefined, "all is well again");
      expect(shown(late).state).toBe("recording");
      const onFrom = Date.now() - recording.startedAt;
      await until(async () => {
        const { tracks } = (await recordingOf(node, lesson.meetingId))!;
        return tracks.every(({ startMs, durationMs }) => startMs + durationMs > onFrom + 1000);
      }, { what: "both tracks go on" });
      const recordingId = await end(node, tutor);
      expect(recordingId).toBe(recording.recordingId);
      media.peer.close();
      const token = lesson.tutor.invite;
      const manifest = await node.manifest(recordingId, token);
      const [full, emptied] = [fullAt - manifest.startedAt, emptiedAt - manifest.startedAt];
      expect(manifest.tracks.length).toBe(2);
      for (const track of manifest.tracks) {
        const { complaints } = await probeTrack(node, recordingId, token, track);
        expect(complaints).toBe("");
        expect(track.spans[0]!.fromMs).toBeLessThan(full);
        expect(track.spans.at(-1)!.toMs).toBeGreaterThan(emptied);
        expect(track.spans.filter(({ fromMs, toMs }) => fromMs < full && toMs > emptied)).toEqual(
          [],
        );
      }
      const last = await segmentOf(node, recordingId, token, manifest.segments.at(-1)!.index);
      const doc = documentAt(readEntries(last)!, Infinity);
      expect(chatOf(doc).map((message) => message.get("text"))).toEqual(["chat meanwhile"]);
      doc.destroy();
      await Promise.all([tutor.close(), late.close()]);
    }, { recorder: { freeBytes: disk.freeBytes } });
  },

  "5% of the packets lost on the way leave a file without errors that hardly lacks anything":
    async () => {
      const lossy = {
        media: {
          wrapSocket: (socket: DatagramSocket) => lossySocket(socket, { seed: 5, loss: 0.05 }),
        },
      };
      await withNode(async (node) => {
        const lesson = await node.book();
        const tutor = await node.join(lesson.tutor);
        const media = await publish(tutor, node.engine);
        await untilKept(node, lesson.meetingId, 8000);
        const recordingId = await end(node, tutor);
        media.peer.close();
        const manifest = await node.manifest(recordingId, lesson.tutor.invite);
        expect(manifest.tracks.length).toBe(2);
        for (const track of manifest.tracks) {
          const probed = await probeTrack(node, recordingId, lesson.tutor.invite, track);
          expect(probed.complaints).toBe("");
          const covered = track.spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
          expect(covered).toBeGreaterThan(track.durationMs * 0.8);
          expect(probed.frames).toBeGreaterThan(leastFrames(track));
        }
        await tutor.close();
      }, lossy);
    },
};

if (import.meta.main) await runNamed(SCENARIOS);
