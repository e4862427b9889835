/**
 * Lessons whose document holds what no client may write: put into the log as it was before the guard knew shapes. They go on,
 * pause, end, replay and start again as if it weren't there.
 */
import { expect } from "@std/expect";
import * as Y from "yjs";
import { readEntries } from "../../rooms/contract/recording/log_entries.ts";
import { documentAt } from "../../recorder/playback.ts";
import {
  chatOf,
  filesOf,
  openRoots,
  runsOf,
  whiteboardOf,
} from "../../rooms/contract/document/schema.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import { QuietEngine } from "../support/room/quiet_engine.ts";
import {
  type BookedLesson,
  type NodeOptions,
  RecordingNode,
} from "../support/recording/recorded_lesson.ts";
import { end, segmentOf, writeEverywhere } from "../support/recording/recording_scene.ts";
import { RoomServer } from "../support/room/room_server.ts";

const POISONS: Record<string, (doc: Y.Doc) => void> = {
  "a number in front of a run": (doc) => runsOf(doc).insert(0, [7]),
  "a number behind the runs": (doc) => runsOf(doc).push([7]),
  "lists, texts and bytes among the runs": (doc) =>
    runsOf(doc).insert(0, [new Y.Array(), new Y.Text("x"), Uint8Array.of(1)]),
  "runs whose fields are all wrong": (doc) =>
    runsOf(doc).insert(0, [
      new Y.Map<unknown>([["id", {}], ["output", "plain"], ["displays", 3], ["tests", "all"]]),
      new Y.Map<unknown>([["id", new Y.Map()], ["output", new Y.Array()]]),
    ]),
  "plain values and texts as files": (doc) => {
    filesOf(doc).set("plain", 7);
    filesOf(doc).set("none", null);
    filesOf(doc).set("text", new Y.Text("x"));
  },
  "a file whose fields are all wrong": (doc) =>
    filesOf(doc).set("odd", new Y.Map<unknown>([["name", 7], ["text", [1]], ["tests", "x"]])),
  "plain values, lists and texts on the board": (doc) => {
    whiteboardOf(doc).set("shape:plain", null);
    whiteboardOf(doc).set("shape:list", new Y.Array());
    whiteboardOf(doc).set("odd", new Y.Text("x"));
    whiteboardOf(doc).set("schema", 7);
  },
};

const poisonIn = (update: Uint8Array, poison: (doc: Y.Doc) => void): Uint8Array => {
  const doc = new Y.Doc();
  openRoots(doc);
  Y.applyUpdate(doc, update);
  poison(doc);
  return Y.encodeStateAsUpdate(doc);
};

function honestWork(): Uint8Array {
  const doc = new Y.Doc();
  runsOf(doc).push([new Y.Map<unknown>([["id", "r"], ["output", new Y.Text("1\n")]])]);
  filesOf(doc).set("f", new Y.Map<unknown>([["name", "main.py"], ["text", new Y.Text("a")]]));
  return Y.encodeStateAsUpdate(doc);
}

for (const [name, poison] of Object.entries(POISONS)) {
  Deno.test(`a lesson with ${name} is paused, taught, restarted, ended, replayed and swept`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "lectern-poisoned-" });
    const options = { folder, engine: new QuietEngine() };
    try {
      const lesson = await teach(options, poison);
      await using node = await RecordingNode.start(options);
      const tutor = await node.join(lesson.tutor);
      await writeEverywhere(tutor, "later", "open again");
      const recordingId = await end(node, tutor);
      await tutor.close();

      const manifest = await node.manifest(recordingId, lesson.tutor.invite);
      expect(manifest.pauses.length).toBeGreaterThan(0);
      const replayed: string[] = [];
      for (const { index } of manifest.segments) {
        const bytes = await segmentOf(node, recordingId, lesson.tutor.invite, index);
        replayed.push(new TextDecoder().decode(bytes));
        const doc = documentAt(readEntries(bytes)!, Infinity);
        if (index === manifest.segments.length - 1) {
          expect(chatOf(doc).map((message) => message.get("text")))
            .toEqual(["chat open", "chat open again"]);
          const ids = runsOf(doc).toArray()
            .map((run: unknown) => run instanceof Y.Map ? run.get("id") : undefined)
            .filter((id) => typeof id === "string");
          expect(ids).toEqual(["r", "kept", "later"]);
        }
        doc.destroy();
      }
      expect(replayed.join("")).not.toContain("output secret");

      // What the sweep does: a minute later the pause is forgotten in the log itself.
      await node.recorder.recover(Date.now() + 120_000);
      const { snapshot, rows } = await node.storage.log.load(lesson.meetingId);
      const kept = [snapshot!.state, ...rows.map(({ update }) => update)]
        .map((bytes) => new TextDecoder().decode(bytes)).join("");
      expect(kept).not.toContain("output secret");
      expect(kept).not.toContain("chat secret");
      expect(kept).toContain("output open again");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Opens the poisoned lesson, pauses it for a while, and stops the server in the middle of it. */
async function teach(
  options: NodeOptions,
  poison: (doc: Y.Doc) => void,
): Promise<BookedLesson> {
  await using node = await RecordingNode.start(options);
  const lesson = await node.book();
  const update = poisonIn(honestWork(), poison);
  await node.storage.log.append(lesson.meetingId, [{ at: Date.now(), update }]);
  const tutor = await node.join(lesson.tutor);
  await tutor.request("recording.pause", {});
  await writeEverywhere(tutor, "gone", "secret");
  await tutor.request("recording.resume", {});
  await writeEverywhere(tutor, "kept", "open");
  await tutor.close();
  return lesson;
}

for (const name of Object.keys(POISONS)) {
  Deno.test(`a page that writes ${name} is refused, and nobody else notices`, async () => {
    await using server = await RoomServer.start();
    const lesson = await server.book();
    const tutor = await server.join(lesson.tutor);
    const student = await server.join(lesson.student);
    runsOf(tutor.doc).push([new Y.Map<unknown>([["id", "r"], ["output", new Y.Text("1")]])]);
    await student.until(() => runsOf(student.doc).length === 1, "the run");
    student.doc.transact(() => POISONS[name]!(student.doc));
    expect((await student.notice("error")).code).toBe("update-refused");
    expect((await student.closed).code).toBe(CLOSE.updateRefused);
    runsOf(tutor.doc).push([new Y.Map<unknown>([["id", "r2"], ["output", new Y.Text("2")]])]);
    await tutor.stored();
    const again = await server.join(lesson.student);
    expect(runsOf(again.doc).length).toBe(2);
    expect([filesOf(again.doc).size, whiteboardOf(again.doc).size]).toEqual([0, 0]);
  });
}
