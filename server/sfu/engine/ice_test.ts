import { expect } from "@std/expect";
import { createHmac } from "node:crypto";
import { CONSENT_MS, IceAgent, QUIET_MS } from "./ice.ts";
import type { Remote } from "../ports.ts";
import { type Hmac, parseBindingRequest, writeBindingRequest } from "../packets/stun.ts";

const hmac: Hmac = (key, data) => new Uint8Array(createHmac("sha1", key).update(data).digest());
const FIRST = { ufrag: "first", password: "password of the first time" };
const SECOND = { ufrag: "second", password: "password of the second time" };
const HOME: Remote = { address: "192.0.2.1", port: 1000, family: 4 };
const CAFE: Remote = { address: "198.51.100.1", port: 2000, family: 4 };

function check(
  agent: IceAgent,
  options: {
    as?: { ufrag: string; password: string };
    from?: Remote;
    nominate?: boolean;
    controlled?: boolean;
    nowMs?: number;
  } = {},
) {
  const as = options.as ?? FIRST;
  const bytes = writeBindingRequest(
    {
      username: `${as.ufrag}:peer`,
      transactionId: new Uint8Array(12),
      useCandidate: options.nominate ?? false,
      controlled: options.controlled ?? false,
    },
    new TextEncoder().encode(as.password),
    hmac,
  );
  const request = parseBindingRequest(bytes, new DataView(bytes.buffer), bytes.length)!;
  return agent.receive(bytes, request, options.from ?? HOME, options.nowMs ?? 0, hmac);
}

Deno.test("the first valid check selects its address, a nomination changes it", () => {
  const agent = new IceAgent(FIRST);
  expect(agent.selected).toBeUndefined();
  expect(check(agent)?.added).toBe(HOME);
  expect(agent.selected).toBe(HOME);
  check(agent, { from: CAFE });
  expect(agent.selected).toBe(HOME);
  check(agent, { from: CAFE, nominate: true });
  expect(agent.selected).toBe(CAFE);
});

Deno.test("a wrong password changes nothing and is not answered", () => {
  const agent = new IceAgent(FIRST);
  expect(check(agent, { as: { ...FIRST, password: "guess" }, nominate: true })).toBeUndefined();
  expect(agent.selected).toBeUndefined();
  expect(agent.addresses).toEqual([]);
});

Deno.test("a peer that claims to be controlled is sent to the other role and not admitted", () => {
  const agent = new IceAgent(FIRST);
  const outcome = check(agent, { controlled: true });
  expect(outcome?.answer[1]).toBe(0x11);
  expect(agent.selected).toBeUndefined();
});

Deno.test("after a restart the old address stays until one is nominated under the new credentials", () => {
  const agent = new IceAgent(FIRST);
  check(agent, { nominate: true });
  expect(agent.restart(SECOND)).toBeUndefined();
  expect(agent.credentials).toEqual(SECOND);
  expect(agent.ufrags).toEqual(["second", "first"]);
  check(agent, { as: SECOND, from: CAFE });
  expect(agent.selected).toBe(HOME);
  expect(check(agent, { as: FIRST })).toBeDefined();
  expect(check(agent, { as: SECOND, from: CAFE, nominate: true })?.retired).toBe("first");
  expect(agent.selected).toBe(CAFE);
  expect(agent.ufrags).toEqual(["second"]);
  expect(check(agent, { as: FIRST })).toBeUndefined();
});

Deno.test("a late nomination under old credentials doesn't undo a newer one", () => {
  const agent = new IceAgent(FIRST);
  check(agent, { nominate: true });
  agent.restart(SECOND);
  check(agent, { as: FIRST, from: CAFE, nominate: true });
  expect(agent.selected).toBe(HOME);
});

Deno.test("consent expires 30 s after the last valid check, and not before the first", () => {
  const agent = new IceAgent(FIRST);
  expect(agent.expired(10 * CONSENT_MS)).toBe(false);
  check(agent, { nowMs: 5000 });
  expect(agent.expired(5000 + CONSENT_MS)).toBe(false);
  expect(agent.expired(5001 + CONSENT_MS)).toBe(true);
  check(agent, { nowMs: 5002 + CONSENT_MS });
  expect(agent.expired(5003 + CONSENT_MS)).toBe(false);
});

Deno.test("an address that was nominated and checks no more is left after seven seconds for one that does", () => {
  const agent = new IceAgent(FIRST);
  check(agent, { nominate: true });
  // A member can send this with somebody else's address as its source.
  check(agent, { from: CAFE, nominate: true, nowMs: 1000 });
  for (let nowMs = 2000; nowMs <= 1000 + QUIET_MS; nowMs += 1000) {
    check(agent, { nowMs });
    expect(agent.selected).toBe(CAFE);
  }
  check(agent, { nowMs: 1001 + QUIET_MS });
  expect(agent.selected).toBe(HOME);
  // Where both check, the nominated one is sent to.
  check(agent, { from: CAFE, nominate: true, nowMs: 10_000 });
  for (let nowMs = 10_000; nowMs < 40_000; nowMs += 5000) {
    check(agent, { nowMs });
    check(agent, { from: CAFE, nowMs });
    expect(agent.selected).toBe(CAFE);
  }
});

Deno.test("addresses are bounded, and the selected one is never put out", () => {
  const agent = new IceAgent(FIRST);
  check(agent, { nominate: true });
  let removed = 0;
  for (let port = 1; port <= 20; port++) {
    if (check(agent, { from: { ...CAFE, port } })?.removed !== undefined) removed++;
  }
  expect(agent.addresses).toHaveLength(8);
  expect(removed).toBe(13);
  expect(agent.selected).toBe(HOME);
});

Deno.test("a new object for a known address replaces the old one", () => {
  const agent = new IceAgent(FIRST);
  check(agent, { nominate: true });
  const again = { ...HOME };
  expect(check(agent, { from: again })).toMatchObject({ added: again, removed: HOME });
  expect(agent.addresses).toHaveLength(1);
  expect(agent.selected).toBe(again);
});

Deno.test("a TCP connection isn't the UDP address of the same numbers", () => {
  const agent = new IceAgent(FIRST);
  check(agent, { nominate: true });
  const connection: Remote = { ...HOME, protocol: "tcp" };
  const outcome = check(agent, { from: connection });
  expect(outcome?.added).toBe(connection);
  expect(outcome?.removed).toBeUndefined();
  expect(agent.selected).toBe(HOME);
  check(agent, { from: connection, nominate: true });
  expect(agent.selected).toBe(connection);
});

Deno.test("no answer is longer than the shortest check that gets it by more than a fifth", () => {
  const far: Remote = { address: "2001:db8::1", port: 65_535, family: 6 };
  const agent = new IceAgent(FIRST);
  for (const controlled of [false, true]) {
    const shortest = writeBindingRequest(
      { username: `${FIRST.ufrag}:`, transactionId: new Uint8Array(12), controlled },
      new TextEncoder().encode(FIRST.password),
      hmac,
    );
    const request = parseBindingRequest(
      shortest,
      new DataView(shortest.buffer),
      shortest.length,
    )!;
    for (const from of [HOME, far]) {
      const { answer } = agent.receive(shortest, request, from, 0, hmac)!;
      expect(answer.length).toBeLessThanOrEqual(shortest.length * 1.2);
    }
  }
});
