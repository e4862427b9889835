import { expect } from "@std/expect";
import * as Y from "yjs";
import { holdLesson } from "../../../tests/fuzz/guard/lesson.ts";
import { CLIENTS, newReplica, openMeeting, rightsFor } from "../../../tests/fuzz/guard/meeting.ts";
import { judgeUpdate } from "./guard.ts";
import { whiteboardOf } from "../../contract/document/schema.ts";

Deno.test("judgeUpdate refuses nothing that people do in a lesson: edits, undo, offline, reload", () => {
  // 18: undo brings a word back whose letters had been brought back in another order.
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 18]) {
    const { refusals, diverged, undos, reloads } = holdLesson(seed, 400);
    expect({ seed, refusals, diverged }).toEqual({ seed, refusals: [], diverged: [] });
    expect(undos).toBeGreaterThan(10);
    expect(reloads).toBeGreaterThan(1);
  }
});

Deno.test("judgeUpdate accepts the overwritten values that an undo manager keeps, merged by Yjs", () => {
  const server = openMeeting();
  const client = newReplica(0);
  Y.applyUpdate(client, Y.encodeStateAsUpdate(server));
  client.clientID = CLIENTS.sender;
  const undo = new Y.UndoManager(whiteboardOf(client));
  const shape = whiteboardOf(client).get("shape:1") as Y.Map<unknown>;
  for (let x = 10; x < 15; x++) shape.set("x", x);
  const update = Y.encodeStateAsUpdate(client, Y.encodeStateVector(server));
  const lengths = Y.decodeUpdate(update).structs.map((struct) => struct.length);
  expect(lengths).toEqual([4, 1]);
  expect(judgeUpdate(server, update, rightsFor(["whiteboard"])))
    .toMatchObject({ ok: true, noop: false, touched: new Set(["whiteboard"]) });

  Y.applyUpdate(server, update);
  undo.undo();
  const undoing = Y.encodeStateAsUpdate(client, Y.encodeStateVector(server));
  expect(judgeUpdate(server, undoing, rightsFor(["whiteboard"])).ok).toBe(true);
  Y.applyUpdate(server, undoing);
  expect((whiteboardOf(server).get("shape:1") as Y.Map<unknown>).get("x")).toBe(1);
  undo.destroy();
});
