/** What a TCP connection may cost the server that asks for nothing. */
import { expect } from "@std/expect";
import { startServing } from "../../server/front/serving.ts";
import { RawPeer } from "../support/room/raw_peer.ts";

Deno.test("silence, half a header, half a body and an idle connection are ended; work and sockets aren't", async () => {
  const working = Promise.withResolvers<void>();
  const worksOn = Promise.withResolvers<void>();
  // Nobody's patience begins to run out before everything stands.
  let since = Infinity;
  const serving = startServing({
    hostname: "127.0.0.1",
    port: 0,
    logger: { warn() {}, error() {} },
    patience: { headerMs: 100, bodyMs: 100, idleMs: 100 },
    clock: () => Math.max(0, performance.now() - since),
    async handle(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/api/socket") {
        const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
        socket.onmessage = () => socket.send("heard");
        return response;
      }
      if (pathname === "/work") {
        worksOn.resolve();
        await working.promise;
      } else await request.text().catch(() => {});
      return new Response("answered");
    },
  });
  const peers = await Promise.all(Array.from({ length: 6 }, () => RawPeer.connect(serving.port)));
  const [silent, header, body, idle, work, socket] = peers as [
    RawPeer,
    RawPeer,
    RawPeer,
    RawPeer,
    RawPeer,
    RawPeer,
  ];
  await header.send("GET / HTTP/1.1\r\nHo");
  await body.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf");
  await idle.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await work.send("GET /work HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await socket.upgrade();
  await idle.read((text) => text.includes("answered"));
  await worksOn.promise;
  since = performance.now();
  for (const peer of [silent, header, body, idle]) await peer.ended();
  expect(serving.idleEnded).toBe(4);
  working.resolve();
  await work.read((text) => text.includes("answered"));
  await socket.sendText("still here?");
  await socket.read((text) => text.includes("heard"));
  for (const peer of peers) peer[Symbol.dispose]();
  await serving.stop(1000);
});

Deno.test("a silent connection is ended where hundreds of other files were open before it", async () => {
  const files = await Promise.all(Array.from({ length: 400 }, () => Deno.open("/dev/null")));
  const serving = startServing({
    hostname: "127.0.0.1",
    port: 0,
    logger: { warn() {}, error() {} },
    patience: { headerMs: 100, bodyMs: 100, idleMs: 100 },
    handle: () => new Response("answered"),
  });
  using silent = await RawPeer.connect(serving.port);
  await silent.ended();
  expect(serving.idleEnded).toBe(1);
  await serving.stop(1000);
  for (const file of files) file.close();
});
