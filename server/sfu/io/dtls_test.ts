import { expect } from "@std/expect";
import { createHmac } from "node:crypto";
import { createDtlsFactory, MAX_DATAGRAM_BYTES } from "./dtls.ts";
import type { DtlsFactory, DtlsSession, SrtpKeys } from "../ports.ts";

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

Deno.test("hmacSha1 agrees with another implementation", () => {
  const factory = createDtlsFactory();
  for (const length of [0, 1, 20, 64, 65, 300]) {
    const key = crypto.getRandomValues(new Uint8Array(24));
    const data = crypto.getRandomValues(new Uint8Array(length));
    const expected = new Uint8Array(createHmac("sha1", key).update(data).digest());
    expect(factory.hmacSha1(key, data)).toEqual(expected);
  }
});
