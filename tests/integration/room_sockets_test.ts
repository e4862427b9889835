import { expect } from "@std/expect";
import * as Y from "yjs";
import { whiteboardOf } from "../../rooms/contract/document/schema.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import { writeUpdates } from "../../rooms/contract/protocol/frames.ts";
import { DeafSocket } from "../support/room/deaf_socket.ts";
import { RoomServer } from "../support/room/room_server.ts";

Deno.test("a page of another origin gets no socket, and an ordinary request is told what this is", async () => {
  await using server = await RoomServer.start();
  const url = server.url.replace("ws:", "http:");
  const headers = {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-key": btoa("0123456789abcdef"),
    "sec-websocket-version": "13",
  };
  const status = (origin: string) =>
    server.rooms.upgrade(new Request(url, { headers: { ...headers, origin } }), {
      address: "192.0.2.1",
      connection: null,
    }).status;
  expect(status("https://evil.example")).toBe(403);
  expect(status("null")).toBe(403);
  const plain = await fetch(url);
  expect(plain.status).toBe(426);
  await plain.body?.cancel();
});

Deno.test("a socket that doesn't say hello, or speaks out of turn, is closed", async () => {
  await using server = await RoomServer.start({ socket: { helloTimeoutMs: 50 } });
  const lesson = await server.book();
  expect((await server.connect().closed).code).toBe(CLOSE.timeout);
  const hasty = server.connect();
  await hasty.opened;
  await hasty.request("ping", {});
  hasty.sendFrame(writeUpdates([new Uint8Array([0, 0])]));
  expect((await hasty.closed).code).toBe(CLOSE.badRequest);
  const strange = server.connect();
  await strange.opened;
  strange.sendText('{"method":"hello"');
  expect((await strange.closed).code).toBe(CLOSE.badRequest);
  const old = server.connect();
  await expect(old.hello({ ...lesson.student, protocol: 0 }))
    .rejects.toMatchObject({ code: "protocol-version" });
});

Deno.test("whoever sends too much or too fast is closed, and their changes are kept by them", async () => {
  await using server = await RoomServer.start({
    socket: { messagesPerSecond: 1, messageBurst: 20, textFrameBytes: 2000 },
  });
  const lesson = await server.book();
  const fast = await server.join(lesson.student);
  for (let n = 0; n < 30; n++) whiteboardOf(fast.doc).set(`page:${n}`, new Y.Map());
  expect((await fast.closed).code).toBe(CLOSE.overrun);
  const large = await server.join(lesson.student);
  large.sendText(" ".repeat(3000));
  expect((await large.closed).code).toBe(CLOSE.tooLarge);
});

Deno.test("a reader who doesn't keep up is cut, and the others don't notice", async () => {
  await using server = await RoomServer.start({ socket: { backlogBytes: 256 * 1024 } });
  const lesson = await server.book();
  const tutor = await server.join(lesson.tutor);
  using slow = await DeafSocket.join(server.url, lesson.student);
  await tutor.until(() => server.rooms.counters()["participants"] === 2, "the slow one");
  await slow.askForDocument();
  for (let n = 0; server.rooms.counters()["sockets_cut"] === undefined; n++) {
    if (n === 400) throw new Error("never cut");
    whiteboardOf(tutor.doc).set("page:big", new Y.Map([["text", "x".repeat(100_000) + n]]));
    await tutor.request("participant.setHand", { raised: n % 2 === 0 });
  }
  expect(server.rooms.counters()["participants"]).toBe(1);
  await tutor.request("ping", {});
});
