/**
 * What recorded lessons live through, with real media; run by recording_test.ts, one process a scenario.
 *
 * What comes and goes is in recording_turns.ts, faults in recording_faults.ts, what is killed in recording_deaths.ts.
 */
import { expect } from "@std/expect";
import * as Y from "yjs";
import { readEntries } from "../../../rooms/contract/recording/log_entries.ts";
import { documentAt } from "../../../recorder/playback.ts";
import { chatOf, readMeeting, whiteboardOf } from "../../../rooms/contract/document/schema.ts";
import { probe, publish } from "../../support/recording/recorded_lesson.ts";
import {
  end,
  pause,
  runNamed,
  segmentOf,
  untilKept,
  withNode,
} from "../../support/recording/recording_scene.ts";

export const SCENARIOS: Record<string, () => Promise<void>> = {
  "a lesson can be watched the moment it is over, and ffmpeg decodes every file of it":
    async () => {
      await withNode(async (node) => {
        const lesson = await node.book();
        const tutor = await node.join(lesson.tutor);
        const student = await node.join(lesson.student);
        const media = await publish(tutor, node.engine);
        await untilKept(node, lesson.meetingId, 1000);
        const drawnAt = Date.now();
        whiteboardOf(tutor.doc).set("p:1/a", new Y.Map([["x", 7]]));
        await tutor.stored();
        await student.request("chat.send", { text: "Seven?" });
        await untilKept(node, lesson.meetingId, 4000);

        void tutor.request("meeting.end", {});
        const { recordingUrl } = await student.notice("meeting.ended");
        expect(readMeeting(student.doc).recording.state).toBe("off");
        media.peer.close();
        const recordingId = recordingUrl!.split("/").at(-1)!;
        expect((await node.storage.meetings.read(lesson.meetingId))?.recordingUrl).toBe(
          recordingUrl,
        );

        const manifest = await node.manifest(recordingId, lesson.student.invite);
        expect(manifest).toMatchObject({
          state: "ready",
          live: false,
          mayDelete: false,
          pauses: [],
        });
        expect(manifest.you?.name).toBe("Sam");
        expect(manifest.people.map(({ name }) => name)).toEqual(["Tara", "Sam"]);
        expect(manifest.tracks.map(({ kind }) => kind).toSorted()).toEqual(["audio", "video"]);
        expect(manifest.markers.map(({ type }) => type))
          .toEqual(expect.arrayContaining(["join", "board", "chat"]));

        for (const track of manifest.tracks) {
          const response = await node.get(
            `/${recordingId}/tracks/${track.trackId}.webm`,
            lesson.tutor.invite,
          );
          expect(response.status).toBe(200);
          const file = new Uint8Array(await response.arrayBuffer());
          expect(file.length).toBe(track.bytes);
          const probed = await probe(file);
          expect(probed.complaints).toBe("");
          expect(probed.codec).toBe(track.codec);
          expect(Math.abs(probed.durationMs - track.durationMs)).toBeLessThan(30);
          expect(track.durationMs).toBeGreaterThanOrEqual(4000);
          // A busy machine makes fewer pictures than the camera's 25 a second.
          const every = track.kind === "audio" ? 40 : 400;
          expect(probed.frames).toBeGreaterThan(track.durationMs / every);
        }

        const at = drawnAt - manifest.startedAt;
        const segment = manifest.segments.find(({ fromMs, toMs }) => fromMs <= at && at < toMs)!;
        const bytes = await node.get(
          `/${recordingId}/segments/${segment.index}`,
          lesson.tutor.invite,
        );
        const entries = readEntries(new Uint8Array(await bytes.arrayBuffer()))!;
        const before = documentAt(entries, at - 50);
        const after = documentAt(entries, manifest.durationMs);
        expect(whiteboardOf(before).size).toBe(0);
        expect(whiteboardOf(after).toJSON()).toEqual({ "p:1/a": { x: 7 } });
        expect(chatOf(after).length).toBe(1);
        before.destroy();
        after.destroy();
        await Promise.all([tutor.close(), student.close()]);
      });
    },

  "a pause leaves no trace of sound, picture, board or chat, and the lesson goes on behind it":
    async () => {
      await withNode(async (node) => {
        const lesson = await node.book();
        const tutor = await node.join(lesson.tutor);
        const student = await node.join(lesson.student);
        const media = await publish(tutor, node.engine);
        const { meetingId } = lesson;
        await untilKept(node, meetingId, 1500);
        await tutor.request("chat.send", { text: "before" });
        await tutor.request("recording.pause", {});
        await student.until(() => readMeeting(student.doc).recording.state === "paused", "paused");
        await tutor.request("chat.send", { text: "secret words" });
        const board = whiteboardOf(tutor.doc);
        board.set("p:1/kept", new Y.Map([["x", 1]]));
        board.set("p:1/rubbed", new Y.Map([["text", "secret drawing"]]));
        await tutor.stored();
        board.delete("p:1/rubbed");
        await tutor.stored();
        await pause(2500);
        await tutor.request("recording.resume", {});
        await tutor.request("chat.send", { text: "after" });
        await untilKept(node, meetingId, 1500, { since: 2 });
        expect(chatOf(student.doc).map((message) => message.get("text")))
          .toEqual(["before", "secret words", "after"]);
        // In the lesson's time, as the pause.
        const saidAt = chatOf(student.doc).map((message) => Number(message.get("at")));
        const recordingId = await end(node, tutor);
        media.peer.close();

        const manifest = await node.manifest(recordingId, lesson.tutor.invite);
        const [stretch] = manifest.pauses;
        expect(manifest.pauses.length).toBe(1);
        const [fromAt, toAt] = [stretch!.fromMs, stretch!.toMs!].map((ms) =>
          ms + manifest.startedAt
        );
        expect(fromAt).toBeGreaterThanOrEqual(saidAt[0]!);
        expect(fromAt).toBeLessThanOrEqual(saidAt[1]!);
        expect(toAt).toBeGreaterThanOrEqual(saidAt[1]! + 2500);
        expect(toAt).toBeLessThanOrEqual(saidAt[2]!);
        expect(manifest.tracks.length).toBe(4);
        for (const track of manifest.tracks) {
          expect(track.durationMs).toBeGreaterThanOrEqual(1500);
          const endMs = track.startMs + track.durationMs;
          // Frames that were on their way may lie just inside it.
          expect(endMs <= stretch!.fromMs + 500 || track.startMs >= stretch!.toMs! - 500).toBe(
            true,
          );
          const file = await node.get(
            `/${recordingId}/tracks/${track.trackId}.webm`,
            lesson.tutor.invite,
          );
          const probed = await probe(new Uint8Array(await file.arrayBuffer()));
          expect(probed.complaints).toBe("");
        }
        const texts: string[] = [];
        for (const { index } of manifest.segments) {
          const bytes = await segmentOf(node, recordingId, lesson.tutor.invite, index);
          texts.push(new TextDecoder().decode(bytes));
          const entries = readEntries(bytes)!;
          const doc = documentAt(entries, Infinity);
          if (index === manifest.segments.length - 1) {
            expect(chatOf(doc).map((message) => message.get("text"))).toEqual(["before", "after"]);
            expect(whiteboardOf(doc).toJSON()).toEqual({ "p:1/kept": { x: 1 } });
          }
          doc.destroy();
        }
        expect(texts.join("")).not.toContain("secret");

        // A minute later the rows themselves are gone.
        await node.recorder.recover(Date.now() + 120_000);
        const { snapshot, rows } = await node.storage.log.load(lesson.meetingId);
        const kept = [snapshot!.state, ...rows.map(({ update }) => update)]
          .map((bytes) => new TextDecoder().decode(bytes)).join("");
        expect(kept).not.toContain("secret");
        expect(kept).toContain("after");
        await Promise.all([tutor.close(), student.close()]);
      });
    },

  "only the tutor, booked students and minted links open a recording; guests while it runs":
    async () => {
      await withNode(async (node) => {
        const lesson = await node.book();
        const tutor = await node.join(lesson.tutor);
        const guest = await node.join(lesson.guest);
        const media = await publish(tutor, node.engine);
        const { recordingId } = await untilKept(node, lesson.meetingId, 2500);
        const session = guest.welcome!.session;
        const live = await node.manifest(recordingId, session);
        expect(live).toMatchObject({ live: true, state: "recording", mayDelete: false });
        const video = live.tracks.find(({ kind }) => kind === "video")!;
        const header = await node.get(`/${recordingId}/tracks/${video.trackId}/header`, session);
        const first = await node.get(
          `/${recordingId}/tracks/${video.trackId}/clusters?from=0&to=1000`,
          session,
        );
        const on = first.headers.get("lectern-to-ms");
        const next = await node.get(
          `/${recordingId}/tracks/${video.trackId}/clusters?from=${on}&to=60000&on=1`,
          session,
        );
        const pieces = await Promise.all([header, first, next].map((part) => part.arrayBuffer()));
        const probed = await probe(new Uint8Array(await new Blob(pieces).arrayBuffer()));
        expect(probed.complaints).toBe("");
        expect(probed.frames).toBeGreaterThan(5);
        expect(
          (await node.get(`/${recordingId}`, lesson.tutor.invite, { method: "DELETE" })).status,
        )
          .toBe(409);

        await end(node, tutor);
        media.peer.close();
        expect((await node.get(`/${recordingId}`, session)).status).toBe(401);
        expect((await node.get(`/${recordingId}`, "made-up")).status).toBe(401);
        expect((await node.get("/nothing", lesson.tutor.invite)).status).toBe(404);
        const other = await node.book();
        expect((await node.get(`/${recordingId}`, other.tutor.invite)).status).toBe(401);
        const { library } = node.recorder;
        const now = Date.now();
        const token = await library.createLink(recordingId, now, now + 60_000);
        expect((await node.manifest(recordingId, token)).you).toBeNull();
        expect(await library.checkLink(recordingId, token, now + 60_000)).toBe(false);
        expect(
          (await node.get(`/${recordingId}`, lesson.student.invite, { method: "DELETE" })).status,
        )
          .toBe(403);
        expect(
          (await node.get(`/${recordingId}`, lesson.tutor.invite, { method: "DELETE" })).status,
        )
          .toBe(204);
        expect((await node.get(`/${recordingId}`, lesson.tutor.invite)).status).toBe(404);
        const { snapshot, rows } = await node.storage.log.load(lesson.meetingId);
        expect([snapshot, rows]).toEqual([null, []]);
        expect((await node.storage.meetings.read(lesson.meetingId))?.recordingUrl).toBeNull();
        await Promise.all([tutor.close(), guest.close()]);
      });
    },

  "a lesson that isn't to be recorded leaves nothing": async () => {
    await withNode(async (node) => {
      const lesson = await node.book(false);
      const tutor = await node.join(lesson.tutor);
      const media = await publish(tutor, node.engine);
      await pause(1500);
      expect(readMeeting(tutor.doc).recording.state).toBe("off");
      await expect(tutor.request("recording.pause", {})).rejects.toThrow("not recorded");
      void tutor.request("meeting.end", {});
      expect((await tutor.notice("meeting.ended")).recordingUrl).toBeNull();
      media.peer.close();
      expect((await node.recorder.library.list({ limit: 1, cursor: null })).recordings).toEqual([]);
      await tutor.close();
    });
  },
};

if (import.meta.main) await runNamed(SCENARIOS);
