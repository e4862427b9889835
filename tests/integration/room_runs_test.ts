import { expect } from "@std/expect";
import { beginRun } from "../../client/stages/code/document/runs.ts";
import { readRuns } from "../../rooms/contract/document/reading.ts";
import type { TestClient } from "../support/room/client.ts";
import { RoomServer } from "../support/room/room_server.ts";

const RECONNECT_MS = 60_000;

function run(client: TestClient, id: string): void {
  beginRun(client.doc, { id, fileId: "f", by: client.id, language: "python", startedAt: 1 });
}

const exitOf = (client: TestClient, id: string) =>
  readRuns(client.doc).find((run) => run.id === id)?.exit;

const runs = (client: TestClient, ...ids: string[]) =>
  client.until(() => ids.every((id) => exitOf(client, id) === null), `${ids} running`);

Deno.test("a run is marked as interrupted when its participant leaves, and nobody else's is", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  run(student, "theirs");
  run(tutor, "own");
  await runs(tutor, "theirs", "own");
  await student.request("meeting.leave", {});
  await tutor.until(() => exitOf(tutor, "theirs") === "interrupted", "the end of the run");
  expect(exitOf(tutor, "own")).toBeNull();
});

Deno.test("a run goes on while its participant's socket is lost, and ends with the wait for them", async () => {
  await using server = await RoomServer.start({ room: { reconnectMs: RECONNECT_MS } });
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  run(student, "theirs");
  await runs(tutor, "theirs");
  await student.close();
  await tutor.until(
    () => tutor.participant(student.id)?.connection === "reconnecting",
    "the lost socket",
  );
  expect(exitOf(tutor, "theirs")).toBeNull();
  server.advance(RECONNECT_MS);
  await tutor.until(() => exitOf(tutor, "theirs") === "interrupted", "the end of the run");
});

Deno.test("a page that comes back finds its run going on, and another page of the person finds it interrupted", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  run(student, "theirs");
  await runs(tutor, "theirs");
  await student.close();
  const back = await server.connect(student.doc).join(lesson.student);
  run(back, "second");
  await runs(tutor, "theirs", "second");
  await server.join(lesson.student);
  await tutor.until(() => exitOf(tutor, "second") === "interrupted", "the end of the run");
  expect(exitOf(tutor, "theirs")).toBe("interrupted");
});

Deno.test("after a restart the runs of pages that come back go on, and those of people who had left are ended", async () => {
  await using server = await RoomServer.start({ room: { reconnectMs: RECONNECT_MS } });
  const lesson = await server.book();
  const student = await server.join(lesson.student);
  run(student, "theirs");
  beginRun(student.doc, { id: "old", fileId: "f", by: "gone", language: "python", startedAt: 1 });
  await student.request("participant.setHand", { raised: true });
  await server.restart();
  const back = await server.connect(student.doc).join(lesson.student);
  await back.until(() => exitOf(back, "old") === "interrupted", "the end of the old run");
  expect(exitOf(back, "theirs")).toBeNull();
  const other = await server.join(lesson.tutor);
  await back.close();
  server.advance(RECONNECT_MS);
  await other.until(() => exitOf(other, "theirs") === "interrupted", "the end of the run");
});
