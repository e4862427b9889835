import { expect } from "@std/expect";
import { RoomServer } from "../../tests/support/room/room_server.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import type { Welcome } from "../../rooms/contract/protocol/messages.ts";
import { open } from "./testing/lesson.ts";
import { TestPage } from "./testing/page.ts";

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

Deno.test("a connection that was encrypted, or was promised to be, ends when the server says otherwise, and isn't tried again", async () => {
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
      expect([kinds, page.connection.welcome.value, page.connection.link.value, seen()])
        .toEqual([kinds, null, "closed", hellos]);
      // Nor when the person tries again in the same tab.
      page.connection.retry();
      await page.phase("unencrypted");
      expect(seen()).toBe(hellos + 1);
    }
    await server.shutdown();
  }
});

Deno.test("a connection of a lesson that isn't encrypted, and wasn't promised to be, goes in", async () => {
  await using server = await RoomServer.start();
  using sam = open(server, (await server.book()).student);
  expect((await sam.room()).encryption).toBe("transport");
});
