/**
 * Fuzzes the room's WebSocket: a student sends damaged text and binary frames to a real server on a real database.
 *
 * Violations: a fault of the server (close 1011, or anything it logs as an error); a student who becomes a host or
 * changes what only hosts change; a message after which neither an answer nor a close comes; a tutor beside who is
 * disturbed by any of it.
 */
import * as Y from "yjs";
import { readMeeting } from "../../rooms/contract/document/schema.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import {
  writePresence,
  writePresenceFrame,
  writeSyncStep1,
  writeSyncStep2,
  writeUpdates,
} from "../../rooms/contract/protocol/frames.ts";
import { METHODS } from "../../rooms/contract/protocol/messages.ts";
import type { TestClient } from "../support/room/client.ts";
import { type Lesson, RoomServer } from "../support/room/room_server.ts";
import { Random } from "./guard/random.ts";
import { hex, mutate } from "./packet_mutation.ts";
import type { FuzzOptions, FuzzResult } from "./run.ts";

export const DEFAULT_RUNS = 1_500;

const SOURCES = ["audio", "video", "screen", "screenAudio", "camera", "", null, 7];
const TEXTS = [
  "",
  "x",
  "é".repeat(70),
  "x".repeat(5000),
  "__proto__",
  "x\u0000y",
  "x\ud800",
  "participants",
];

/** Values of the shapes that methods take, right and wrong. */
function value(random: Random, depth = 0): unknown {
  switch (random.below(depth > 3 ? 6 : 9)) {
    case 0:
      return random.pick(SOURCES);
    case 1:
      return random.pick(TEXTS);
    case 2:
      return random.pick([0, -1, 1.5, 2 ** 32, 2 ** 53, 1e308]);
    case 3:
      return random.chance(0.5);
    case 4:
      return null;
    case 5:
      return random.pick(["everyone", "host", "talk", "board"]);
    case 6:
      return Array.from({ length: random.below(5) }, () => value(random, depth + 1));
    default:
      return params(random, depth + 1);
  }
}

const KEYS = Object.values(METHODS).flatMap((method) => Object.keys(method.params.shape));

function params(random: Random, depth = 0): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (let keys = random.below(5); keys > 0; keys--) {
    made[random.pick(KEYS)] = value(random, depth + 1);
  }
  return made;
}

/** Ending is a right that students have; it would end the run too. */
const METHOD_NAMES = Object.keys(METHODS)
  .filter((name) => name !== "meeting.end" && name !== "meeting.leave");

function text(random: Random): string {
  const request = JSON.stringify({
    id: random.chance(0.9) ? 1_000_000 + random.below(1000) : value(random),
    method: random.chance(0.95) ? random.pick(METHOD_NAMES) : random.pick(TEXTS),
    params: random.chance(0.9) ? params(random) : value(random),
  });
  if (random.chance(0.6)) return request;
  return new TextDecoder().decode(mutate(new TextEncoder().encode(request), random));
}

function frame(random: Random, doc: Y.Doc): Uint8Array {
  const edit = new Y.Doc();
  Y.applyUpdate(edit, Y.encodeStateAsUpdate(doc));
  edit.clientID = random.chance(0.8) ? doc.clientID : 1 + random.below(1000);
  const before = Y.encodeStateVector(edit);
  const root = random.pick(["whiteboard", "files", "meeting", "participants", "new"]);
  edit.getMap(root).set(random.pick(TEXTS) || "k", new Y.Map([["a", random.next()]]));
  const update = Y.encodeStateAsUpdate(edit, before);
  const presence = writePresence([{
    clientId: random.chance(0.5) ? doc.clientID : random.below(2 ** 31),
    clock: random.below(100),
    state: random.pick(["null", "{}", '{"user":{"name":"Mia","role":"tutor"}}', "[1]"]),
  }]);
  const made = random.pick([
    () => writeUpdates([update]),
    () => writeSyncStep2(update),
    () => writeSyncStep1(before),
    () => writePresenceFrame(presence),
  ])();
  edit.destroy();
  return random.chance(0.3) ? made : mutate(made, random);
}

/** The student, joined; a fresh one whenever the last was sent away. */
async function join(server: RoomServer, lesson: Lesson): Promise<TestClient> {
  const client = await server.join(lesson.student);
  client.sending = false;
  client.passesOverStrays = true;
  return client;
}

export async function fuzz({ seed, runs, progress }: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(seed);
  const violations: string[] = [];
  const closes: Record<number, number> = {};
  await using server = await RoomServer.start({
    room: { clientIds: 1e6 },
    socket: { messagesPerSecond: 1e6, messageBurst: 1e6, bytesPerSecond: 1e9, byteBurst: 1e9 },
  });
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  const policy = JSON.stringify(readMeeting(tutor.doc).policy);
  let student = await join(server, lesson);
  for (let run = 0; run < runs; run++) {
    const sent = random.chance(0.5) ? text(random) : frame(random, student.doc);
    const shown = typeof sent === "string" ? sent.slice(0, 400) : hex(sent);
    if (typeof sent === "string") student.sendText(sent);
    else student.sendFrame(sent);
    const answered = student.request("ping", {}).then(() => null, () => student.closed);
    const close = await answered;
    if (close !== null) {
      closes[close.code] = (closes[close.code] ?? 0) + 1;
      if (close.code === CLOSE.internal) violations.push(`run ${run}: fault by ${shown}`);
      student = await join(server, lesson);
    }
    for (const { level, message } of server.logged.splice(0)) {
      if (level === "error") violations.push(`run ${run}: logged "${message}" by ${shown}`);
    }
    if (run % 100 === 0 || run === runs - 1) {
      progress?.(run);
      await tutor.request("ping", {});
      const meeting = readMeeting(tutor.doc);
      if (tutor.participant(student.id)?.role !== "student") {
        violations.push(`run ${run}: the student became ${tutor.participant(student.id)?.role}`);
      }
      if (meeting.locked || JSON.stringify(meeting.policy) !== policy) {
        violations.push(`run ${run}: a student changed the meeting`);
      }
    }
  }
  return { runs, violations, closes };
}
