/** What one WebSocket may cost the server before anybody knows whose it is, and how it ends. */
import { expect } from "@std/expect";
import { PROTOCOL_VERSION } from "../../rooms/contract/protocol/messages.ts";
import { frameHead, RawPeer } from "../support/room/raw_peer.ts";
import { type Lesson, RoomServer } from "../support/room/room_server.ts";
import { until } from "../support/until.ts";

const FOREVER_MS = 3_600_000;

function hello({ student }: Lesson): string {
  const params = { protocol: PROTOCOL_VERSION, clientId: 7, passcode: "", ...student };
  return JSON.stringify({ id: 1, method: "hello", params });
}

Deno.test("a connection whose peer ignores the close frame is ended", async () => {
  await using server = await RoomServer.start({ socket: { helloTimeoutMs: 50, closeMs: 50 } });
  using peer = await RawPeer.connect(server.port);
  expect(await peer.upgrade()).toBe(101);
  await peer.read((text) => text.includes("No hello came"));
  await peer.ended();
  await until(() => server.rooms.counters()["sockets"] === 0, { what: "the socket is gone" });
  expect(server.rooms.counters()["sockets_ended"]).toBe(1);
});

Deno.test("a connection counts until it is gone, not until it was told to go", async () => {
  await using server = await RoomServer.start({
    socket: { helloTimeoutMs: 50, closeMs: FOREVER_MS, strangersPerAddress: 1 },
  });
  using peer = await RawPeer.connect(server.port);
  expect(await peer.upgrade()).toBe(101);
  // The code and the reason of the close frame.
  await peer.read((text) => text.endsWith("\x11\x38bad-request"));
  expect(server.rooms.counters()["sockets"]).toBe(1);
  using other = await RawPeer.connect(server.port);
  expect(await other.upgrade()).toBe(429);
  peer[Symbol.dispose]();
  await until(() => server.rooms.counters()["sockets"] === 0, { what: "the socket is gone" });
  using third = await RawPeer.connect(server.port);
  expect(await third.upgrade()).toBe(101);
});

Deno.test("a message that grows before a hello is cut off long before it is whole", async () => {
  await using server = await RoomServer.start({ socket: { helloTimeoutMs: FOREVER_MS } });
  using peer = await RawPeer.connect(server.port);
  expect(await peer.upgrade()).toBe(101);
  await peer.send(frameHead(2, 60 * 1024 * 1024));
  await peer.send(new Uint8Array(256 * 1024));
  await peer.ended();
  await until(() => server.rooms.counters()["sockets"] === 0, { what: "the socket is gone" });
});

Deno.test("many small messages before a hello are as much as a large one", async () => {
  await using server = await RoomServer.start({ socket: { strangerBytes: 2000 } });
  using peer = await RawPeer.connect(server.port);
  expect(await peer.upgrade()).toBe(101);
  const ping = JSON.stringify({ id: 1, method: "ping", params: {} });
  for (let sent = 0; sent <= 2000; sent += ping.length) await peer.sendText(ping);
  await peer.read((text) => text.includes("Too much came before a hello"));
});

Deno.test("an address has a few sockets before their hello, and as many as it likes after", async () => {
  await using server = await RoomServer.start({ socket: { strangersPerAddress: 2 } });
  const lesson = await server.book();
  using first = await RawPeer.connect(server.port);
  using second = await RawPeer.connect(server.port);
  using third = await RawPeer.connect(server.port);
  expect([await first.upgrade(), await second.upgrade()]).toEqual([101, 101]);
  expect(await third.upgrade()).toBe(429);
  expect(server.rooms.counters()["sockets_refused"]).toBe(1);
  await first.sendText(hello(lesson));
  await first.read((text) => text.includes('"joined"'));
  using fourth = await RawPeer.connect(server.port);
  expect(await fourth.upgrade()).toBe(101);
});
