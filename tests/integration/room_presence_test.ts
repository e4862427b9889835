import { expect } from "@std/expect";
import { CLOSE } from "../../rooms/contract/errors.ts";
import { writePresence, writePresenceFrame } from "../../rooms/contract/protocol/frames.ts";
import type { TestClient } from "../support/room/client.ts";
import { RoomServer } from "../support/room/room_server.ts";

Deno.test("awareness reaches everybody, is there for newcomers, and goes with its owner", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { waitingRoom: false } });
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  tutor.awareness.setLocalState({ cursor: 1 });
  const seen = (client: TestClient) => client.awareness.getStates().get(tutor.doc.clientID);
  await student.until(() => seen(student)?.["cursor"] === 1, "the cursor");
  const late = await server.join(lesson.guest);
  await late.until(() => seen(late)?.["cursor"] === 1, "the cursor, late");
  await tutor.close();
  await student.until(() => seen(student) === undefined, "no cursor");
});

Deno.test("awareness under somebody else's client id closes with 4422 and reaches nobody", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { waitingRoom: false } });
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const guest = await server.join(lesson.guest);
  student.sendFrame(writePresenceFrame(writePresence([
    { clientId: tutor.doc.clientID, clock: 9, state: '{"cursor":"forged"}' },
  ])));
  expect((await student.closed).code).toBe(CLOSE.updateRefused);
  await guest.request("ping", {});
  expect(guest.awareness.getStates().has(tutor.doc.clientID)).toBe(false);
});

Deno.test("awareness that says it is the host's closes with 4422 and brings nobody anywhere", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { waitingRoom: false } });
  const tutor = await server.join(lesson.tutor);
  const student = await server.join(lesson.student);
  const guest = await server.join(lesson.guest);
  const host = tutor.welcome?.participantId ?? "";
  const call = (client: TestClient, by: string) =>
    client.awareness.setLocalState({ board: { by, state: {}, bring: { at: 1 } } });
  const seen = (client: TestClient) => guest.awareness.getStates().get(client.doc.clientID);
  call(tutor, host);
  await guest.until(() => seen(tutor) !== undefined, "the host's own call");
  call(student, host);
  expect((await student.closed).code).toBe(CLOSE.updateRefused);
  await guest.request("ping", {});
  expect(seen(student)).toBeUndefined();
});
