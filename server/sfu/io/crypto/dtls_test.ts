import { expect } from "@std/expect";
import { createHmac } from "node:crypto";
import { createDtlsFactory, HANDSHAKE_LIMIT_MS, MAX_DATAGRAM_BYTES } from "./dtls.ts";
import type { DtlsFactory, DtlsSession, SrtpKeys } from "../../ports.ts";

interface Side {
  session: DtlsSession;
  outbox: Uint8Array[];
  sizes: number[];
  keys?: SrtpKeys;
  fingerprint?: string;
  closed?: string;
}

function createSide(factory: DtlsFactory, role: "accept" | "connect"): Side {
  const side: Partial<Side> & Pick<Side, "outbox" | "sizes"> = { outbox: [], sizes: [] };
  side.session = factory[role]({
    onSend: (datagram) => {
      side.outbox.push(datagram.slice());
      side.sizes.push(datagram.length);
    },
    onConnected: (keys, fingerprint) => {
      side.keys = keys;
      side.fingerprint = fingerprint;
    },
    onClosed: (reason) => {
      side.closed = reason;
    },
  });
  return side as Side;
}

/** Carries datagrams both ways until neither side has any. */
function carry(a: Side, b: Side): void {
  while (a.outbox.length + b.outbox.length > 0) {
    for (const datagram of a.outbox.splice(0)) b.session.receive(datagram);
    for (const datagram of b.outbox.splice(0)) a.session.receive(datagram);
  }
}

function connectedPair(): {
  factory: DtlsFactory;
  browser: DtlsFactory;
  server: Side;
  client: Side;
} {
  const factory = createDtlsFactory();
  const browser = createDtlsFactory();
  const server = createSide(factory, "accept");
  const client = createSide(browser, "connect");
  client.session.tick(0);
  carry(client, server);
  return { factory, browser, server, client };
}

Deno.test("a handshake gives both sides the other's fingerprint and the same keys", () => {
  const { factory, browser, server, client } = connectedPair();
  expect(server.fingerprint).toBe(browser.fingerprint);
  expect(client.fingerprint).toBe(factory.fingerprint);
  expect(factory.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  expect(factory.fingerprint).not.toBe(browser.fingerprint);
  expect(server.keys).toEqual({
    profile: "AEAD_AES_128_GCM",
    localKey: client.keys!.remoteKey,
    localSalt: client.keys!.remoteSalt,
    remoteKey: client.keys!.localKey,
    remoteSalt: client.keys!.localSalt,
  });
  expect(server.keys!.localKey).not.toEqual(server.keys!.remoteKey);
  server.session.close();
  client.session.close();
});

Deno.test("nobody without the keys ends a session, whatever the kind and length of the record", () => {
  const { server, client } = connectedPair();
  for (const type of [20, 21, 22, 23]) {
    for (const epoch of [0, 1]) {
      for (let length = 0; length < 64; length++) {
        const head = [type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 200 + length % 50, 0, length];
        server.session.receive(Uint8Array.of(...head, ...new Uint8Array(length).fill(2)));
      }
    }
  }
  expect(server.closed).toBeUndefined();
  client.session.close();
  carry(client, server);
  expect(server.closed).toBe("the peer closed");
});

Deno.test("a peer that closes is noticed, and nothing follows", () => {
  const { server, client } = connectedPair();
  client.session.close();
  carry(client, server);
  expect(server.closed).toBe("the peer closed");
  server.session.receive(new Uint8Array(100));
  server.session.tick(1e9);
  server.session.close();
  client.session.receive(new Uint8Array(100));
  client.session.close();
  expect(client.closed).toBeUndefined();
});

Deno.test("datagrams stay within the bound", () => {
  const { server, client } = connectedPair();
  const sizes = [...server.sizes, ...client.sizes];
  expect(server.keys).toBeDefined();
  expect(sizes.length).toBeGreaterThan(3);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_DATAGRAM_BYTES);
  server.session.close();
  client.session.close();
});

Deno.test("a lost flight is sent again when its time has come", async () => {
  const factory = createDtlsFactory();
  const server = createSide(factory, "accept");
  const client = createSide(factory, "connect");
  client.session.tick(0);
  for (const datagram of client.outbox.splice(0)) server.session.receive(datagram);
  expect(server.outbox.splice(0).length).toBeGreaterThan(0);
  server.session.tick(performance.now());
  expect(server.outbox).toEqual([]);
  while (server.outbox.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    server.session.tick(performance.now());
  }
  carry(client, server);
  expect(server.keys!.localKey).toEqual(client.keys!.remoteKey);
  server.session.close();
  client.session.close();
});

Deno.test("a last flight that was lost is sent again when the client repeats its own", async () => {
  const factory = createDtlsFactory();
  const server = createSide(factory, "accept");
  const client = createSide(factory, "connect");
  client.session.tick(0);
  while (server.keys === undefined) {
    for (const datagram of client.outbox.splice(0)) server.session.receive(datagram);
    if (server.keys !== undefined) break;
    for (const datagram of server.outbox.splice(0)) client.session.receive(datagram);
  }
  server.outbox.length = 0;
  expect(client.keys).toBeUndefined();
  while (client.outbox.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    client.session.tick(performance.now());
  }
  carry(client, server);
  expect(client.keys!.localKey).toEqual(server.keys.remoteKey);
  server.session.close();
  client.session.close();
});

Deno.test("a first message that is repeated is answered once", () => {
  const factory = createDtlsFactory();
  const server = createSide(factory, "accept");
  const client = createSide(factory, "connect");
  client.session.tick(0);
  const hello = client.outbox.splice(0);
  for (let i = 0; i < 50; i++) for (const datagram of hello) server.session.receive(datagram);
  const asked = hello.reduce((sum, { length }) => sum + length, 0);
  const answered = server.sizes.reduce((sum, bytes) => sum + bytes, 0);
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(5 * asked);
  server.session.close();
  client.session.close();
});

Deno.test("a handshake that doesn't end is given up at its limit", () => {
  const factory = createDtlsFactory();
  for (const role of ["accept", "connect"] as const) {
    const side = createSide(factory, role);
    side.session.tick(1000);
    side.session.tick(1000 + HANDSHAKE_LIMIT_MS - 1);
    expect(side.closed).toBeUndefined();
    side.session.tick(1000 + HANDSHAKE_LIMIT_MS);
    expect(side.closed).toBe("the handshake took too long");
    side.session.tick(1000 + 2 * HANDSHAKE_LIMIT_MS);
    side.session.close();
  }
});

Deno.test("junk before and amid a handshake takes no memory and doesn't stop it", () => {
  const factory = createDtlsFactory();
  const server = createSide(factory, "accept");
  const client = createSide(factory, "connect");
  const junk = new Uint8Array(1200);
  const pelt = (rounds: number) => {
    for (let i = 0; i < rounds; i++) {
      if (i % 100 === 0) crypto.getRandomValues(junk);
      // Half of it looks like an encrypted record of an epoch that isn't there yet.
      if (i % 2 === 0) junk.set([22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, i >> 8, i, 4, 0x90]);
      server.session.receive(junk.subarray(0, i % 7 === 0 ? 5 : 1200));
    }
  };
  pelt(2000);
  const before = Deno.memoryUsage().rss;
  pelt(250_000);
  // All of it together would be 260 MB; other tests may run in this process meanwhile.
  expect(Deno.memoryUsage().rss - before).toBeLessThan(150e6);
  expect(server.closed).toBeUndefined();
  client.session.tick(0);
  for (const datagram of client.outbox.splice(0)) server.session.receive(datagram);
  pelt(200);
  carry(client, server);
  expect(server.keys!.localKey).toEqual(client.keys!.remoteKey);
  pelt(200);
  expect(server.closed).toBeUndefined();
  server.session.close();
  client.session.close();
});

Deno.test("a handshake with damaged datagrams ends in equal keys or not at all", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const factory = createDtlsFactory();
  let connected = 0;
  const rounds = 150;
  for (let round = 0; round < rounds; round++) {
    const server = createSide(factory, "accept");
    const client = createSide(factory, "connect");
    client.session.tick(0);
    while (client.outbox.length + server.outbox.length > 0) {
      for (const datagram of client.outbox.splice(0)) {
        // So seldom that about half of the rounds get through.
        const damaged = random(4) === 0;
        for (let flips = damaged ? random(3) : 0; flips > 0; flips--) {
          datagram[random(datagram.length)]! ^= 1 << random(8);
        }
        const cut = damaged ? random(2) * random(40) : 0;
        server.session.receive(datagram.subarray(0, datagram.length - cut));
      }
      for (const datagram of server.outbox.splice(0)) client.session.receive(datagram);
    }
    const agreed = server.keys?.localKey.toHex() === client.keys?.remoteKey.toHex();
    // The client may miss the server's last flight, never the other way round.
    if (client.keys !== undefined && !agreed) throw new Error(`round ${round}, seed ${seed}`);
    if (agreed && client.keys !== undefined) connected++;
    server.session.close();
    client.session.close();
  }
  if (connected === 0 || connected === rounds) throw new Error(`${connected}, seed ${seed}`);
});

Deno.test("sessions whose callbacks answer at once come to the same end", () => {
  const factory = createDtlsFactory();
  const ends: Record<string, { keys?: SrtpKeys; closed?: string }> = { server: {}, client: {} };
  const sessions: Record<string, DtlsSession> = {};
  const events = (own: string, other: string) => ({
    onSend: (datagram: Uint8Array) => sessions[other]!.receive(datagram),
    onConnected: (keys: SrtpKeys) => {
      ends[own]!.keys = keys;
    },
    onClosed: (reason: string) => {
      ends[own]!.closed = reason;
    },
  });
  sessions.server = factory.accept(events("server", "client"));
  sessions.client = factory.connect(events("client", "server"));
  sessions.client.tick(0);
  expect(ends.server!.keys!.localKey).toEqual(ends.client!.keys!.remoteKey);
  sessions.server.close();
  expect(ends).toMatchObject({ client: { closed: "the peer closed" } });
  expect(ends.server!.closed).toBeUndefined();
  sessions.client.close();
});

Deno.test("a session that is closed amid its own callback touches nothing freed", () => {
  const factory = createDtlsFactory();
  const client = createSide(factory, "connect");
  const closed: string[] = [];
  let session: DtlsSession | undefined = undefined;
  session = factory.accept({
    onSend: () => session!.close(),
    onConnected: () => {
      throw new Error("connected after closing");
    },
    onClosed: (reason) => closed.push(reason),
  });
  client.session.tick(0);
  for (const datagram of client.outbox.splice(0)) session.receive(datagram);
  session.receive(new Uint8Array(20));
  session.tick(1);
  session.close();
  expect(closed).toEqual([]);
  client.session.close();
});

Deno.test("hmacSha1 agrees with another implementation", () => {
  const factory = createDtlsFactory();
  for (const length of [0, 1, 20, 64, 65, 300]) {
    const key = crypto.getRandomValues(new Uint8Array(24));
    const data = crypto.getRandomValues(new Uint8Array(length));
    const expected = new Uint8Array(createHmac("sha1", key).update(data).digest());
    expect(factory.hmacSha1(key, data)).toEqual(expected);
  }
});
