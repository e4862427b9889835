/**
 * What goes wrong, and comes and goes, in recorded lessons, with real media; run by recording_test.ts, one process a
 * scenario.
 */
import { statfs } from "node:fs/promises";
import { expect } from "@std/expect";
import * as Y from "yjs";
import { readEntries } from "../../recorder/log_entries.ts";
import { documentAt } from "../../recorder/playback.ts";
import { chatOf, filesOf, readMeeting, runsOf, whiteboardOf } from "../../rooms/document/schema.ts";
import type { DatagramSocket } from "../../server/sfu/ports.ts";
import type { TestClient } from "./client.ts";
import { isMedia, lossySocket } from "./lossy_socket.ts";
import { type BookedLesson, publish, RecordingNode } from "./recorded_lesson.ts";
import { end, pause, probeTrack, runNamed, segmentOf, withNode } from "./recording_scene.ts";
import { until } from "./until.ts";

/** How much space is taken from the disk, and how much of that is to be left: others use the disk too. */
const BALLAST_BYTES = 512 * 1024 * 1024;
const MARGIN_BYTES = BALLAST_BYTES / 2;

/** Takes space without writing it. */
async function fill(path: string): Promise<void> {
  const args = ["--length", `${BALLAST_BYTES}`, path];
  const { success } = await new Deno.Command("fallocate", { args }).output();
  expect(success).toBe(true);
}

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
        await pause(1500);
        // A program that goes on printing.
        const printed = new Y.Text("printed first");
        runsOf(tutor.doc).push([
          new Y.Map<unknown>([["id", "long"], ["startedAt", Date.now()], ["output", printed]]),
        ]);
        for (let n = 0; n < pauses; n++) {
          await writeEverywhere(tutor, `kept-${n}`, `open ${n}`);
          await pause(700);
          await tutor.request("recording.pause", {});
          await writeEverywhere(tutor, `gone-${n}`, `secret ${n}`);
          printed.insert(printed.length, ` secret ${n}`);
          await tutor.stored();
          await pause(n % 2 === 0 ? 300 : 0);
          await wipe(tutor, `gone-${n}`);
          await tutor.request("recording.resume", {});
        }
        await pause(1200);
        const recordingId = await end(node, tutor);
        media.peer.close();

        const token = lesson.tutor.invite;
        const manifest = await node.manifest(recordingId, token);
        expect(manifest.pauses.length).toBe(pauses);
        for (const track of manifest.tracks) {
          const endMs = track.startMs + track.durationMs;
          for (const { fromMs, toMs } of manifest.pauses) {
            // Frames that were on their way when the pause began may end just inside it.
            expect(endMs <= fromMs + 100 || track.startMs >= toMs! - 50).toBe(true);
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
        await pause(1500);
        const at = { late: Date.now(), left: 0, back: 0, shared: 0, unshared: 0 };
        const late = await node.join(lesson.student);
        const theirs = await publish(late, node.engine);
        await pause(1500);
        mine.size.width = 160;
        mine.size.height = 284;
        at.shared = Date.now();
        const stopSharing = await mine.share();
        await pause(2000);
        await stopSharing();
        at.unshared = at.left = Date.now();
        theirs.peer.close();
        await late.close();
        await pause(1000);
        at.back = Date.now();
        const session = late.welcome!.session;
        const again = await node.join({ meetingId: lesson.meetingId, session });
        const back = await publish(again, node.engine);
        await pause(2000);
        const recordingId = await end(node, tutor);
        for (const { peer } of [mine, back]) peer.close();

        const token = lesson.tutor.invite;
        const manifest = await node.manifest(recordingId, token);
        const since = (time: number) => time - manifest.startedAt;
        const near = (ms: number, time: number) => {
          expect(Math.abs(ms - since(time))).toBeLessThan(1000);
        };
        const cameras = manifest.tracks.filter(({ source }) => source === "video");
        const [camera, first, second] = cameras;
        expect(cameras.map(({ participantId }) => participantId)).toEqual([
          tutor.id,
          late.id,
          late.id,
        ]);
        near(first!.startMs, at.late);
        near(first!.startMs + first!.durationMs, at.left);
        near(second!.startMs, at.back);
        const screen = manifest.tracks.find(({ source }) => source === "screen")!;
        expect(screen.participantId).toBe(tutor.id);
        near(screen.startMs, at.shared);
        near(screen.startMs + screen.durationMs, at.unshared);
        expect(manifest.markers).toContainEqual({
          type: "screen",
          atMs: screen.startMs,
          toMs: screen.startMs + screen.durationMs,
          participantId: tutor.id,
        });
        expect(manifest.people.map(({ participantId }) => participantId)).toEqual([
          tutor.id,
          late.id,
        ]);
        for (const track of manifest.tracks) {
          const { frames, durationMs, sizes } = await probeTrack(node, recordingId, token, track);
          expect(Math.abs(durationMs - track.durationMs)).toBeLessThan(30);
          expect(frames).toBeGreaterThan(
            track.durationMs / (track.kind === "audio" ? 20 : 40) * 0.8,
          );
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
      let offsetMs = 0;
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
        await pause(1500);
        const { library } = node.recorder;
        const [recording] = (await library.list({ limit: 1, cursor: null })).recordings;
        const kept = async () => (await library.find(recording!.recordingId))!.mediaBytes;
        expect(await kept()).toBeGreaterThan(0);
        await tutor.request("participant.setMedia", { source: "audio", on: false });
        cut = true;
        // What was on its way is kept, and nothing follows.
        await pause(1000);
        const before = await kept();
        offsetMs += 8000;
        await pause(500);
        expect(student.notices.some(({ method }) => method === "recording.warning")).toBe(false);
        offsetMs += 2000;
        expect(await student.notice("recording.warning"))
          .toEqual({ message: "Tara's camera isn't being recorded." });
        offsetMs += 20_000;
        await pause(600);
        // Said once, and nothing of a microphone that is muted.
        expect(student.notices.some(({ method }) => method === "recording.warning")).toBe(false);
        expect(await kept()).toBe(before);
        cut = false;
        await until(async () => await kept() > before, { what: "the camera is kept again" });
        media.peer.close();
        await Promise.all([tutor.close(), student.close()]);
      }, { media: { wrapSocket: cutting }, now: () => Date.now() + offsetMs });
    },

  "on a full disk the room is told, the lesson goes on, and nothing earlier is lost": async () => {
    const folder = await Deno.makeTempDir({ prefix: "lectern-disk-" });
    const { bavail, bsize } = await statfs(folder);
    const freeBytes = bavail * bsize - MARGIN_BYTES;
    await withNode(async (node) => {
      const lesson = await node.book();
      const tutor = await node.join(lesson.tutor);
      const media = await publish(tutor, node.engine);
      await pause(2000);
      await fill(`${folder}/ballast`);
      expect((await tutor.notice("recording.warning")).message).toMatch(/has stopped/);
      const { library } = node.recorder;
      const [recording] = (await library.list({ limit: 1, cursor: null })).recordings;
      const fullAt = Date.now();
      await writeEverywhere(tutor, "kept", "meanwhile");
      await pause(1500);
      expect(readMeeting(tutor.doc).status).toBe("active");
      await Deno.remove(`${folder}/ballast`);
      const { message } = await tutor.notice("recording.warning", () => true);
      expect(message).toMatch(/goes on/);
      await pause(2500);
      const recordingId = await end(node, tutor);
      expect(recordingId).toBe(recording!.recordingId);
      media.peer.close();
      const token = lesson.tutor.invite;
      const manifest = await node.manifest(recordingId, token);
      const full = fullAt - manifest.startedAt;
      for (const track of manifest.tracks) {
        const { complaints } = await probeTrack(node, recordingId, token, track);
        expect(complaints).toBe("");
        const [early, later] = track.spans;
        expect(early!.fromMs).toBeLessThan(full);
        expect(later!.toMs).toBeGreaterThan(full + 1500);
        expect(track.spans.length).toBe(2);
      }
      const last = await segmentOf(node, recordingId, token, manifest.segments.at(-1)!.index);
      const doc = documentAt(readEntries(last)!, Infinity);
      expect(chatOf(doc).map((message) => message.get("text"))).toEqual(["chat meanwhile"]);
      doc.destroy();
      await tutor.close();
    }, { recorder: { freeBytes } });
    await Deno.remove(folder, { recursive: true });
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
      await until(() => said.length > 15, { limitMs: 40_000, what: "the lesson runs" });
      victim.kill("SIGKILL");
      const killedAt = Date.now();
      await Promise.all([reading, victim.status]);
      const { meetingId, tutor } = lesson! as BookedLesson;
      const { saved, lateMs } = JSON.parse(said.at(-1)!) as { saved: number; lateMs: number };
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
          // A machine that is late itself sends late.
          expect(killedAt - endAt).toBeLessThan(1000 + lateMs);
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
        await pause(10_000);
        const recordingId = await end(node, tutor);
        media.peer.close();
        const manifest = await node.manifest(recordingId, lesson.tutor.invite);
        expect(manifest.tracks.length).toBe(2);
        for (const track of manifest.tracks) {
          const probed = await probeTrack(node, recordingId, lesson.tutor.invite, track);
          expect(probed.complaints).toBe("");
          const covered = track.spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
          expect(covered).toBeGreaterThan(track.durationMs * 0.8);
          const every = track.kind === "audio" ? 20 : 40;
          expect(probed.frames).toBeGreaterThan(track.durationMs / every * 0.8);
        }
        await tutor.close();
      }, lossy);
    },
};

if (import.meta.main) await runNamed(SCENARIOS);
