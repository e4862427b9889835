import { expect } from "@std/expect";
import { DeafSocket } from "../../tests/support/room/deaf_socket.ts";
import { RoomServer } from "../../tests/support/room/room_server.ts";
import { until } from "../../tests/support/until.ts";
import { hasText, isSaved, open, optionsOf, textOf, write } from "./testing/lesson.ts";
import { DeviceMemory, TestPage, when } from "./testing/page.ts";

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
  expect(mine.saved.value).toEqual({ unsaved: 1, offline: true, kept: true });
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
  before.connection.close();
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
  expect(tara.connection.phase.value.phase).toBe("in");
});
