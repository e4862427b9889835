import { signal } from "@preact/signals";
import { expect } from "@std/expect";
import * as Y from "yjs";
import { fileOf } from "../../rooms/contract/document/reading.ts";
import { type FileFields, filesOf, type TypedMap } from "../../rooms/contract/document/schema.ts";
import type { HelloOptions } from "../../tests/support/room/client.ts";
import { DeafSocket } from "../../tests/support/room/deaf_socket.ts";
import { RoomServer } from "../../tests/support/room/room_server.ts";
import { until } from "../../tests/support/until.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import type { Welcome } from "../../rooms/contract/protocol/messages.ts";
import type { JoinedRoom, SessionOptions } from "./contract.ts";
import { DeviceMemory, TestPage, when } from "./testing/page.ts";

const optionsOf = ({ meetingId, passcode = "", invite, name }: HelloOptions): SessionOptions => ({
  meetingId,
  passcode,
  ...(invite === undefined ? {} : { invite }),
  ...(name === undefined ? {} : { name }),
});

function open(server: RoomServer, hello: HelloOptions, memory?: DeviceMemory): TestPage {
  return new TestPage(optionsOf(hello), {
    url: () => server.url,
    ...(memory === undefined ? {} : { memory }),
  });
}

function write(room: JoinedRoom, name: string, text: string): void {
  room.doc.transact(() => {
    const file = new Y.Map<unknown>();
    filesOf(room.doc).set(name, file);
    const fields = file as unknown as TypedMap<FileFields>;
    fields.set("name", name);
    fields.set("language", "python");
    fields.set("text", new Y.Text(text));
  });
}

const textOf = (room: JoinedRoom, name: string) => fileOf(room.doc, name)?.text?.toString();

/** Resolves when a file has this text. */
function hasText(room: JoinedRoom, name: string, text: string): Promise<unknown> {
  const seen = signal(textOf(room, name));
  room.doc.on("update", () => seen.value = textOf(room, name));
  return when(seen, (value) => value === text);
}

const isSaved = (room: JoinedRoom) => when(room.saved, ({ unsaved }) => unsaved === 0);

Deno.test("a personal link goes straight in, and both see each other", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  using sam = open(server, lesson.student);
  const room = await tara.room();
  await sam.room();
  const people = await when(room.participants, (people) => people.length === 2);
  expect(new Set(people.map(({ name, role, me }) => `${name} ${role} ${me}`)))
    .toEqual(new Set(["Tara tutor true", "Sam student false"]));
  expect(room.permissions.value.host).toBe(true);
  expect(room.meeting.value.status).toBe("active");
  expect(Math.abs(room.now() - server.now())).toBeLessThan(1000);
});

Deno.test("an edit is unsaved until the server has stored it, and reaches the other side", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  using sam = open(server, lesson.student);
  const [mine, theirs] = [await tara.room(), await sam.room()];
  write(mine, "a.py", "print(1)");
  expect(mine.saved.value).toEqual({ unsaved: 1, offline: false });
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
  sam.session.close();
  await when(seen, (states) => states.length === 0);
});

Deno.test("a guest waits until the host lets them in", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  await tara.room();
  using gil = open(server, lesson.guest);
  expect((await gil.phase("waiting")).title).toBe("Fractions");
  const [waiting] = await when(tara.session.waiting, (people) => people.length === 1);
  expect(waiting?.name).toBe("Gil");
  await tara.session.request("admission.admit", { ticket: waiting?.ticket ?? "" });
  const room = await gil.room();
  expect(room.me).toMatchObject({ name: "Gil", role: "student" });
  expect(tara.session.waiting.value).toEqual([]);
});

Deno.test("a guest whom the host refuses is told so and stays out", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  await tara.room();
  using gil = open(server, lesson.guest);
  const [waiting] = await when(tara.session.waiting, (people) => people.length === 1);
  await tara.session.request("admission.refuse", { ticket: waiting?.ticket ?? "" });
  expect((await gil.phase("refused")).code).toBe("refused");
  expect(gil.session.link.value).toBe("closed");
});

Deno.test("a wrong passcode is refused once, not tried again", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using page = open(server, { ...lesson.guest, passcode: "wrong" });
  expect((await page.phase("refused")).code).toBe("unauthorized");
  expect(server.rooms.counters().sockets_opened).toBe(1);
});

Deno.test("a restarted server is found again, and edits made meanwhile arrive", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  using sam = open(server, lesson.student);
  const [mine, theirs] = [await tara.room(), await sam.room()];
  write(mine, "before.py", "1");
  await isSaved(mine);
  const restarted = server.restart();
  await when(mine.link, (link) => link === "restarting");
  write(mine, "meanwhile.py", "2");
  expect(mine.saved.value).toEqual({ unsaved: 1, offline: true });
  await restarted;
  await when(mine.link, (link) => link === "online");
  await hasText(theirs, "meanwhile.py", "2");
  await isSaved(mine);
  expect(textOf(theirs, "before.py")).toBe("1");
  expect(await tara.room()).toBe(mine);
});

Deno.test("edits made offline survive a reload and keep their author", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  const memory = new DeviceMemory();
  const gone = server.url;
  let url = gone;
  const before = new TestPage(optionsOf(lesson.student), { url: () => url, memory });
  const room = await before.room();
  write(room, "kept.py", "online");
  await isSaved(room);
  await server.restart();
  await when(room.link, (link) => link !== "online");
  write(room, "kept.py", "offline");
  const clientId = room.doc.clientID;
  const me = room.me.id;
  before.session.close();
  expect(memory.clientIds(lesson.meetingId, me)).toContain(clientId);

  url = server.url;
  using after = open(server, lesson.student, memory);
  using tara = open(server, lesson.tutor);
  const again = await after.room();
  expect(again.me.id).toBe(me);
  expect(again.doc.clientID).not.toBe(clientId);
  await hasText(await tara.room(), "kept.py", "offline");
  await isSaved(again);
  write(again, "more.py", "3");
  await isSaved(again);
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
    sam.session.phase,
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
  await tara.session.request("participant.remove", { participantId: me.id });
  expect(await sam.phase("removed")).toEqual({ phase: "removed", by: "Tara" });
  sam.session.retry();
  expect(sam.session.phase.value.phase).toBe("connecting");
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
  first.session.retry();
  await first.room();
  await second.phase("replaced");
});

Deno.test("a tab comes back as the same guest without waiting, and as somebody else by another link", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ policy: { waitingRoom: false } });
  const memory = new DeviceMemory();
  const first = open(server, lesson.guest, memory);
  const { me } = await first.room();
  first.session.close();
  const again = open(server, lesson.guest, memory);
  expect((await again.room()).me).toEqual(me);
  again.session.close();
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
  const warning = await when(tara.session.closing, (closing) => closing !== null);
  expect(warning?.endsAt).toBe(scheduledEnd + 15 * 60_000);
  await tara.session.request("meeting.extend", {});
  await when(tara.session.closing, (closing) => closing === null);
});

Deno.test("a lesson that a student ends is over for everyone, with who did it", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  using sam = open(server, lesson.student);
  await Promise.all([tara.room(), sam.room()]);
  await sam.session.request("meeting.end", {});
  for (const page of [tara, sam]) {
    expect(await page.phase("ended")).toMatchObject({ reason: "ended", by: "Sam" });
  }
  tara.session.retry();
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
  await sam.session.leave();
  expect(sam.session.phase.value.phase).toBe("left");
  await when(mine.participants, (people) => people.length === 1);
  expect(sam.memory.documents.size).toBe(0);
});

Deno.test("a request without a connection is unavailable", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  await tara.room();
  tara.session.close();
  await expect(tara.session.request("ping", {})).rejects.toMatchObject({ code: "unavailable" });
});

Deno.test("a network that swallows everything is noticed, and left behind", async () => {
  await using server = await RoomServer.start();
  using network = new Network(new URL(server.url));
  const lesson = await server.book();
  using tara = new TestPage(optionsOf(lesson.tutor), { url: () => network.url });
  const room = await tara.room();
  network.swallow();
  globalThis.dispatchEvent(new Event("offline"));
  await when(room.link, (link) => link === "offline");
  write(room, "a.py", "1");
  await when(room.link, (link) => link === "online");
  await isSaved(room);
});

/** Carries TCP connections to a server, and can stop carrying those that are open, without a word. */
class Network implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #swallowed = new Set<Deno.TcpConn>();

  constructor(private readonly target: URL) {
    void this.#serve();
  }

  get url(): string {
    const url = new URL(this.target);
    url.port = String(this.#listener.addr.port);
    return url.href;
  }

  swallow(): void {
    for (const connection of this.#open) this.#swallowed.add(connection);
  }

  async #serve(): Promise<void> {
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: Number(this.target.port) });
      void this.#carry(near, far);
      void this.#carry(far, near);
    }
  }

  async #carry(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    this.#open.add(from);
    const buffer = new Uint8Array(65536);
    try {
      for (let read = await from.read(buffer); read !== null; read = await from.read(buffer)) {
        if (!this.#swallowed.has(from)) await to.write(buffer.subarray(0, read));
      }
      if (!this.#swallowed.has(from)) await to.closeWrite();
    } catch {
      // Closed by the test's end.
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
  }
}

Deno.test("who gives no sign of life is hung up on; a page that has nothing to say stays", async () => {
  await using server = await RoomServer.start({ socket: { silenceMs: 3000 } });
  const lesson = await server.book();
  using tara = open(server, lesson.tutor);
  const room = await tara.room();
  using _deaf = await DeafSocket.join(server.url, lesson.student);
  await when(room.participants, (people) => people.length === 2);
  const silent = () => server.rooms.counters()["sockets_silent"] ?? 0;
  await until(() => silent() > 0, { what: "the deaf one hung up on", limitMs: 60_000 });
  await when(
    room.participants,
    (people) => people.some(({ me, connection }) => !me && connection === "reconnecting"),
  );
  expect(silent()).toBe(1);
  expect(tara.session.phase.value.phase).toBe("in");
});

/** A server that lets everybody in, with one of these welcomes after the other; it closes each socket but the last. */
function welcomes(...kinds: readonly Welcome["encryption"][]) {
  const left = [...kinds];
  let hellos = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") return;
      const { id, method } = JSON.parse(data);
      if (method !== "hello") return;
      hellos++;
      const encryption = left.shift() ?? kinds.at(-1)!;
      const welcome: Welcome = {
        meetingId: "m1",
        participantId: "p1",
        role: "student",
        name: "Sam",
        booked: true,
        session: "s1",
        now: Date.now(),
        encryption,
        routerRtpCapabilities: {},
      };
      socket.send(JSON.stringify({ id, result: { status: "joined", welcome } }));
      if (left.length > 0) socket.close(CLOSE.restarting);
    };
    return response;
  });
  return { url: `ws://127.0.0.1:${server.addr.port}`, hellos: () => hellos, server };
}

Deno.test("a session that was encrypted, or was promised to be, ends when the server says otherwise, and isn't tried again", async () => {
  const cases = [
    { kinds: ["transport"], isEncrypted: true, hellos: 1 },
    { kinds: ["e2ee", "transport"], isEncrypted: false, hellos: 2 },
    { kinds: ["e2ee", "e2ee", "transport"], isEncrypted: true, hellos: 3 },
  ] as const;
  for (const { kinds, isEncrypted, hellos } of cases) {
    const { url, server, hellos: seen } = welcomes(...kinds);
    {
      using page = new TestPage({ meetingId: "m1", passcode: "p", isEncrypted }, {
        url: () => url,
      });
      await page.phase("unencrypted");
      expect([kinds, page.session.welcome.value, page.session.link.value, seen()])
        .toEqual([kinds, null, "closed", hellos]);
      // Nor when the person tries again in the same tab.
      page.session.retry();
      await page.phase("unencrypted");
      expect(seen()).toBe(hellos + 1);
    }
    await server.shutdown();
  }
});

Deno.test("a session of a lesson that isn't encrypted, and wasn't promised to be, goes in", async () => {
  await using server = await RoomServer.start();
  using sam = open(server, (await server.book()).student);
  expect((await sam.room()).encryption).toBe("transport");
});
