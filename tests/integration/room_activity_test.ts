/** What people do in a room, as it is counted for the tutor and the booking system. */
import { expect } from "@std/expect";
import * as Y from "yjs";
import { fileOf, readRuns } from "../../rooms/contract/document/reading.ts";
import { filesOf, runsOf, whiteboardOf } from "../../rooms/contract/document/schema.ts";
import type { TestClient } from "../support/room/client.ts";
import { QuietEngine, RTP } from "../support/room/quiet_engine.ts";
import { RoomServer } from "../support/room/room_server.ts";

const SECOND = 1000;

async function speakInto(client: TestClient) {
  const { id: transportId } = await client.request("media.createTransport", { direction: "send" });
  return await client.request("media.produce", {
    transportId,
    kind: "audio",
    source: "audio",
    rtpParameters: RTP.audio,
  });
}

Deno.test("talk, strokes, edits, runs and messages count for whoever they are of, over a restart too", async () => {
  await using server = await RoomServer.start();
  const engine = server.engine as QuietEngine;
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const { producerId } = await speakInto(student);
  engine.emit({ type: "speakers", speakers: [{ producerId, level: -20 }] });
  server.advance(20 * SECOND);
  engine.emit({ type: "speakers", speakers: [] });

  const board = whiteboardOf(student.doc);
  board.set("shape:a", new Y.Map([["x", 1]]));
  board.set("shape:b", new Y.Map([["x", 1]]));
  (board.get("shape:a") as Y.Map<unknown>).set("x", 2);
  board.set("page:two", new Y.Map());
  const text = new Y.Text();
  filesOf(student.doc).set("f", new Y.Map<unknown>([["name", "main.py"], ["text", text]]));
  await tutor.until(() => filesOf(tutor.doc).has("f"), "the file");
  const copy = fileOf(tutor.doc, "f")!.text;
  for (const letter of "print") copy.insert(copy.length, letter);
  runsOf(tutor.doc).push([new Y.Map<unknown>([["id", "r"], ["output", new Y.Text()]])]);
  await student.until(() => runsOf(student.doc).length === 1, "the run");
  readRuns(tutor.doc)[0]!.output.insert(0, "hello");
  await student.request("chat.send", { text: "Done." });

  await server.restart();
  const counts = async () => {
    const people = await server.storage.meetings.activity(lesson.meetingId);
    return Object.fromEntries(people.map((person) => [person.userId, person.counts]));
  };
  const first = await counts();
  expect(first["s1"]).toMatchObject({ strokes: 2, edits: 1, runs: 0, messages: 1 });
  expect(first["t1"]).toMatchObject({ strokes: 0, edits: 5, runs: 1, messages: 0, talkMs: 0 });
  expect(first["s1"]?.talkMs).toBeGreaterThanOrEqual(20 * SECOND);
  // What the test itself takes counts too.
  expect(first["s1"]?.talkMs).toBeLessThan(60 * SECOND);

  const back = await server.join(lesson.student);
  await back.request("chat.send", { text: "I am back." });
  await server.rooms.end(lesson.meetingId, "ended", null);
  expect((await counts())["s1"]).toMatchObject({ strokes: 2, messages: 2 });
});
