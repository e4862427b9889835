/**
 * What goes wrong, and comes and goes, in recorded lessons, with real media; run by recording_test.ts, one process a
 * scenario.
 */
import { statfs } from "node:fs/promises";
import { expect } from "@std/expect";
import * as Y from "yjs";
import type { TrackManifest } from "../../recorder/manifest.ts";
import { readEntries } from "../../recorder/log_entries.ts";
import { documentAt } from "../../recorder/playback.ts";
import {
  chatOf,
  filesOf,
  type MediaSource,
  readMeeting,
  runsOf,
  whiteboardOf,
} from "../../rooms/document/schema.ts";
import { SILENT_MS } from "../../server/socket/recording.ts";
import type { DatagramSocket } from "../../server/sfu/ports.ts";
import type { TestClient } from "./client.ts";
import { isMedia, lossySocket } from "./lossy_socket.ts";
import { type BookedLesson, publish, RecordingNode } from "./recorded_lesson.ts";
import {
  end,
  pause,
  probeTrack,
  recordingOf,
  runNamed,
  segmentOf,
  untilKept,
  withNode,
} from "./recording_scene.ts";
import { dieInThread } from "./mortal_recorder.ts";
import type { VictimSaid } from "./recording_victim.ts";
import { until } from "./until.ts";

/** How much space is taken from the disk at most, without being written; half of it is left to others who use it. */
const MAX_BALLAST_BYTES = 4 * 1024 ** 3;

async function fill(path: string, bytes: number): Promise<void> {
  const args = ["--length", `${bytes}`, path];
  const { success } = await new Deno.Command("fallocate", { args }).output();
  expect(success).toBe(true);
}

/** A frame that was on its way when a pause began or ended may lie so far inside it, on a busy machine. */
const ON_THE_WAY_MS = 500;

/** A busy machine makes fewer pictures than the camera's 25 a second, and sound it makes all the same. */
function leastFrames({ kind, spans }: TrackManifest): number {
  const coveredMs = spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return coveredMs / (kind === "audio" ? 40 : 400);
}

/** How late a busy machine may be itself. */
const LATE_MS = 3000;

/** Writes a word into everything that a document holds, under an id that doesn't tell it. */
async function writeEverywhere(client: TestClient, id: string, word: string): Promise<void> {
  const { doc } = client;
  doc.transact(() => {
    whiteboardOf(doc).set(`p:1/${id}`, new Y.Map([["text", `board ${word}`]]));
    const text = new Y.Text(`code ${word}`);
    filesOf(doc).set(id, new Y.Map<unknown>([["name", `${word}.py`], ["text", text]]));
    const output = new Y.Text(`output ${word}`);
    runsOf(doc).push([
      new Y.Map<unknown>([["id", id], ["startedAt", Date.now()], ["output", output]]),
    ]);
  });
  await client.stored();
  await client.request("chat.send", { text: `chat ${word}` });
}

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
        expect(runsOf(doc).map((run) => run.get("id"))).toEqual(["long", ...ids]);
        expect(`${runsOf(doc).get(0).get("output")}`).toBe("printed first");
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
    const folder = await Deno.makeTempDir({ prefix: "lectern-disk-" });
    const { bavail, bsize } = await statfs(folder);
    const ballast = Math.min(MAX_BALLAST_BYTES, Math.floor(bavail * bsize / 4));
    const freeBytes = bavail * bsize - Math.floor(ballast / 2);
    await withNode(async (node) => {
      const lesson = await node.book();
      const tutor = await node.join(lesson.tutor);
      const media = await publish(tutor, node.engine);
      const recording = await untilKept(node, lesson.meetingId, 1000);
      await fill(`${folder}/ballast`, ballast);
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
      await Deno.remove(`${folder}/ballast`);
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
    }, { recorder: { freeBytes } });
    await Deno.remove(folder, { recursive: true });
  },

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
        expect(began).toBeGreaterThan(ended);
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
      }, { recorderModule: new URL("./mortal_recorder.ts", import.meta.url) });
    },

  "after kill -9 a recording holds everything up to the last second, and is finished at restart":
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "lectern-recording-" });
      const victim = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-check",
          new URL("./recording_victim.ts", import.meta.url).href,
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
