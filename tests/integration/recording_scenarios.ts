/**
 * What recorded lessons live through, with real media; run by recording_test.ts, one process a scenario.
 *
 * A process of its own, because @roamhq/wrtc crashes when a runtime that had media tracks is torn down;
 * `Deno.exit` doesn't tear down.
 */
import { expect } from "@std/expect";
import * as Y from "yjs";
import { readEntries } from "../../recorder/log_entries.ts";
import { documentAt } from "../../recorder/playback.ts";
import { chatOf, whiteboardOf } from "../../rooms/document/schema.ts";
import { probe, publish, RecordingNode } from "./recorded_lesson.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function withNode(run: (node: RecordingNode) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lectern-recording-" });
  try {
    await using node = await RecordingNode.start({ folder });
    await run(node);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export const SCENARIOS: Record<string, () => Promise<void>> = {
  "a lesson can be watched within a second of its end, and ffmpeg decodes every file of it":
    async () => {
      await withNode(async (node) => {
        const lesson = await node.book();
        const tutor = await node.join(lesson.tutor);
        const student = await node.join(lesson.student);
        const media = await publish(tutor, node.engine);
        await pause(2000);
        const drawnAt = Date.now();
        whiteboardOf(tutor.doc).set("p:1/a", new Y.Map([["x", 7]]));
        await tutor.stored();
        await student.request("chat.send", { text: "Seven?" });
        await pause(4000);

        const ended = performance.now();
        void tutor.request("meeting.end", {});
        const { recordingUrl } = await student.notice("meeting.ended");
        expect(performance.now() - ended).toBeLessThan(1000);
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
          expect(track.durationMs).toBeGreaterThan(5000);
          const every = track.kind === "audio" ? 20 : 40;
          expect(probed.frames).toBeGreaterThan(track.durationMs / every * 0.9);
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
};

if (import.meta.main) {
  const scenario = SCENARIOS[Deno.args[0] ?? ""];
  let failure: unknown = scenario === undefined ? `no scenario "${Deno.args[0]}"` : undefined;
  try {
    await scenario?.();
  } catch (error) {
    failure = error;
  }
  if (failure !== undefined) {
    const text = failure instanceof Error ? failure.stack ?? failure.message : `${failure}`;
    await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
  }
  Deno.exit(failure === undefined ? 0 : 1);
}
