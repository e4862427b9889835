import { signal } from "@preact/signals";
import { expect } from "@std/expect";
import { filesOf } from "../../rooms/contract/document/schema.ts";
import { RoomServer } from "../../tests/support/room/room_server.ts";
import { hasText, isSaved, open, textOf, write } from "./testing/lesson.ts";
import { DeviceMemory, when } from "./testing/page.ts";

const DAY_MS = 86_400_000;

Deno.test("a personal link goes straight in, and both see each other", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  server.setTime(DAY_MS);
  using tara = open(server, lesson.tutor);
  using sam = open(server, lesson.student);
  const room = await tara.room();
  await sam.room();
  const people = await when(room.participants, (people) => people.length === 2);
  expect(new Set(people.map(({ name, role, me }) => `${name} ${role} ${me}`)))
    .toEqual(new Set(["Tara tutor true", "Sam student false"]));
  expect(room.permissions.value.host).toBe(true);
  expect(room.meeting.value.status).toBe("active");
  expect(Math.abs(room.now() - server.now())).toBeLessThan(DAY_MS / 2);
});

Deno.test("an edit is unsaved until the server has stored it, and reaches the other side", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  using sam = open(server, lesson.student);
  const [mine, theirs] = [await tara.room(), await sam.room()];
  write(mine, "a.py", "print(1)");
  expect(mine.saved.value).toEqual({ unsaved: 1, offline: false, kept: true });
  await hasText(theirs, "a.py", "print(1)");
  await isSaved(mine);
  filesOf(mine.doc).delete("a.py");
  expect(mine.saved.value.unsaved).toBe(1);
  await isSaved(mine);
});

Deno.test("presence travels, and goes when its page goes", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  const room = await tara.room();
  const seen = signal<unknown[]>([]);
  const others = () =>
    [...room.awareness.getStates()].filter(([id]) => id !== room.doc.clientID).map(([, at]) => at);
  room.awareness.on("change", () => seen.value = others());
  using sam = open(server, lesson.student);
  (await sam.room()).awareness.setLocalStateField("cursor", 1);
  (await sam.room()).awareness.setLocalStateField("cursor", 2);
  await when(seen, ([state]) => (state as { cursor?: number })?.cursor === 2);
  sam.connection.close();
  await when(seen, (states) => states.length === 0);
});

Deno.test("a guest waits until the host lets them in", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  await tara.room();
  using gil = open(server, lesson.guest);
  expect((await gil.phase("waiting")).title).toBe("Fractions");
  const [waiting] = await when(tara.connection.waiting, (people) => people.length === 1);
  expect(waiting?.name).toBe("Gil");
  await tara.connection.request("admission.admit", { ticket: waiting?.ticket ?? "" });
  const room = await gil.room();
  expect(room.me).toMatchObject({ name: "Gil", role: "student" });
  expect(tara.connection.waiting.value).toEqual([]);
});

Deno.test("a guest whom the host refuses is told so and stays out", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  await tara.room();
  using gil = open(server, lesson.guest);
  const [waiting] = await when(tara.connection.waiting, (people) => people.length === 1);
  await tara.connection.request("admission.refuse", { ticket: waiting?.ticket ?? "" });
  expect((await gil.phase("refused")).code).toBe("refused");
  expect(gil.connection.link.value).toBe("closed");
});

Deno.test("a wrong passcode is refused once, not tried again", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using page = open(server, { ...lesson.guest, passcode: "wrong" });
  expect((await page.phase("refused")).code).toBe("unauthorized");
  expect(server.rooms.counters().sockets_opened).toBe(1);
});

Deno.test("refused edits are kept as text, and the room goes on with a fresh document", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { edit: "host" } });
  using tara = open(server, lesson.tutor);
  using sam = open(server, lesson.student);
  const [hers, first] = [await tara.room(), await sam.room()];
  write(hers, "lesson.py", "hers");
  await hasText(first, "lesson.py", "hers");
  write(first, "mine.py", "not allowed");
  const second = await when(
    sam.connection.phase,
    (phase) => phase.phase === "in" && phase.room !== first,
  );
  if (second.phase !== "in") throw new Error("unreachable");
  expect(second.room.kept).toEqual({ files: new Map([["mine.py", "not allowed"]]), changes: 1 });
  expect(second.room.doc.clientID).not.toBe(first.doc.clientID);
  expect(textOf(second.room, "lesson.py")).toBe("hers");
  expect(textOf(second.room, "mine.py")).toBe(undefined);
  expect(second.room.saved.value.unsaved).toBe(0);
});

Deno.test("who is removed is told, and comes back to the same answer", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  using sam = open(server, lesson.student);
  await tara.room();
  const { me } = await sam.room();
  await tara.connection.request("participant.remove", { participantId: me.id });
  expect(await sam.phase("removed")).toEqual({ phase: "removed", by: "Tara" });
  sam.connection.retry();
  expect(sam.connection.phase.value.phase).toBe("connecting");
  await sam.phase("removed");
});

Deno.test("a second tab takes the place, and the first can take it back", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using first = open(server, lesson.student);
  const { me } = await first.room();
  using second = open(server, lesson.student);
  await first.phase("replaced");
  expect((await second.room()).me.id).toBe(me.id);
  first.connection.retry();
  await first.room();
  await second.phase("replaced");
});

Deno.test("a tab comes back as the same guest without waiting, and as somebody else by another link", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { waitingRoom: false } });
  const memory = new DeviceMemory();
  const first = open(server, lesson.guest, memory);
  const { me } = await first.room();
  first.connection.close();
  const again = open(server, lesson.guest, memory);
  expect((await again.room()).me).toEqual(me);
  again.connection.close();
  using sam = open(server, lesson.student, memory);
  expect((await sam.room()).me.name).toBe("Sam");
});

Deno.test("a warning of the end is kept for a page that listens only later, until the end is moved", async () => {
  await using server = await RoomServer.start();
  const scheduledEnd = server.now() - 10 * 60_000;
  const scheduledStart = scheduledEnd - 3_600_000;
  const lesson = await server.book({ scheduledStart, scheduledEnd });
  using tara = open(server, lesson.tutor);
  await tara.room();
  const warning = await when(tara.connection.closing, (closing) => closing !== null);
  expect(warning?.endsAt).toBe(scheduledEnd + 15 * 60_000);
  await tara.connection.request("meeting.extend", {});
  await when(tara.connection.closing, (closing) => closing === null);
});

Deno.test("a lesson that a student ends is over for everyone, with who did it", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  using sam = open(server, lesson.student);
  await Promise.all([tara.room(), sam.room()]);
  await sam.connection.request("meeting.end", {});
  for (const page of [tara, sam]) {
    expect(await page.phase("ended")).toMatchObject({ reason: "ended", by: "Sam" });
  }
  tara.connection.retry();
  expect((await tara.phase("refused")).code).toBe("over");
});

Deno.test("leaving forgets the stored document on this device and tells the others", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  using sam = open(server, lesson.student);
  const [mine, theirs] = [await tara.room(), await sam.room()];
  write(theirs, "a.py", "1");
  await isSaved(theirs);
  await sam.connection.leave();
  expect(sam.connection.phase.value.phase).toBe("left");
  await when(mine.participants, (people) => people.length === 1);
  expect(sam.memory.documents.size).toBe(0);
});

Deno.test("a request without a connection is unavailable", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  await tara.room();
  tara.connection.close();
  await expect(tara.connection.request("ping", {})).rejects.toMatchObject({ code: "unavailable" });
});
