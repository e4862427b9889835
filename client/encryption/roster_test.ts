import { expect } from "@std/expect";
import { toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import { HostileServer, ME } from "./testing/hostile_server.ts";
import { pagesOf, type Roster, type RosterFault } from "./roster.ts";
import { seeded, someSeed } from "./testing/room.ts";

/** Rosters that no honest server sends, and why they are refused. */
const LIES: Readonly<Record<string, [RosterFault, (server: HostileServer) => Roster]>> = {
  "somebody stands there twice, once with a key of the server's": [
    "person-twice",
    (server) => server.roster([["sam", server.key(0)], ["sam", server.key(1)]]),
  ],
  "somebody stands there twice, once as unable to encrypt": [
    "person-twice",
    (server) => server.roster([["sam", server.key(0)], ["sam", null]]),
  ],
  "this page's person stands there twice": [
    "person-twice",
    (server) => server.roster([[ME, server.key(0)]]),
  ],
  "an id has another's bytes": [
    "person-twice",
    (server) => server.roster([["sam\ud800", server.key(0)], ["sam\ud801", server.key(1)]]),
  ],
  "two people have one key": [
    "key-twice",
    (server) => server.roster([["sam", server.key(0)], ["gil", server.key(0)]]),
  ],
  "somebody has this page's key": [
    "key-twice",
    (server) => server.roster([["sam", server.myKey]]),
  ],
  "this page has another key": [
    "not-me",
    (server) => server.roster([[ME, server.key(0)], ["sam", server.key(1)]], { alone: false }),
  ],
  "this page can't encrypt": [
    "not-me",
    (server) => server.roster([[ME, null], ["sam", server.key(1)]], { alone: false }),
  ],
  "this page is missing": [
    "not-me",
    (server) => server.roster([["sam", server.key(1)]], { alone: false }),
  ],
  "a key isn't on the curve": [
    "not-a-key",
    (server) => server.roster([["sam", toBase64Url(new Uint8Array(65).fill(4))]]),
  ],
  "a key is written in the form that tells the parity of y": [
    "not-a-key",
    (server) => {
      const bytes = server.keys[0]!.publicKey.slice();
      bytes[0] = 6 + (bytes[64]! & 1);
      return server.roster([["sam", toBase64Url(bytes)]]);
    },
  ],
  "a key is spelt in another way": [
    "not-a-key",
    (server) => server.roster([["sam", spelledOtherwise(server.key(0))]]),
  ],
};

/** The same bytes once they are decoded: the last character of 65 bytes has two bits to spare. */
function spelledOtherwise(key: string): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return key.slice(0, -1) + digits[digits.indexOf(key.at(-1)!) ^ 1];
}

Deno.test("A page refuses a roster in which somebody or a key stands twice, or this page otherwise than it is, and gives and encrypts nothing from then on", async () => {
  for (const [lie, [fault, rosterOf]] of Object.entries(LIES)) {
    const server = await HostileServer.open();
    await server.shows(ME, "sam", "gil", "sam\ud800", "sam\ud801");
    await server.says(server.roster([["sam", server.key(0)]]));
    expect([lie, server.encrypts]).not.toEqual([lie, null]);
    const before = server.distributions;
    await server.says(rosterOf(server));
    expect([lie, server.agreement.fault.value]).toEqual([lie, fault]);
    expect([server.encrypts, server.agreement.covered.value]).toEqual([null, null]);
    // Nor does a true one mend it: this server has been caught.
    await server.says(server.roster([["gil", server.key(2)]]));
    await server.shows(ME, "gil");
    await server.asks("sam");
    expect([lie, server.distributions, server.encrypts]).toEqual([lie, before, null]);
    expect(server.faults).toEqual([]);
  }
});

Deno.test("A page refuses a roster with another custodian than it has begun with", async () => {
  for (const [first, second] of [[null, 0], [0, 1], [0, null]] as const) {
    const server = await HostileServer.open();
    const custodian = (number: number | null) => number === null ? null : server.key(number);
    await server.says(server.roster([], { custodian: custodian(first) }));
    expect(server.agreement.fault.value).toBe(null);
    await server.says(server.roster([], { custodian: custodian(second) }));
    expect([server.agreement.fault.value, server.encrypts]).toEqual(["another-custodian", null]);
  }
});

Deno.test("A page takes no epoch from somebody who isn't shown, whom the words don't stand for", async () => {
  const server = await HostileServer.open();
  await server.shows(ME, "sam");
  const ghostly = server.roster([["sam", server.key(0)], ["ghost", server.key(1)]], {
    leader: "ghost",
  });
  await server.says(ghostly);
  const shown = pagesOf(ghostly).filter(({ participantId }) => participantId !== "ghost");
  await server.gives("ghost", 1, shown);
  expect([server.encrypts, server.held, server.kept]).toEqual([null, [], []]);
  // From somebody who is here it does.
  const epoch = await server.gives("sam", 0, shown);
  expect(server.encrypts?.id).toBe(epoch.id);
  server.close();
});

Deno.test("Whoever asks in the place of somebody gets nothing with another key than the epoch was made for", async () => {
  const server = await HostileServer.open();
  await server.shows(ME, "sam");
  const [honest, swapped] = [0, 1].map((key) => server.roster([["sam", server.key(key)]]));
  await server.says(honest!);
  const epoch = server.encrypts!;
  server.answers = false;
  await server.says(swapped!);
  await server.asks("sam");
  await server.says(honest!);
  await server.asks("sam");
  expect(server.encrypts).toEqual(epoch);
  expect(server.knowers(epoch)).toEqual(new Set([server.key(0)]));
  // The key that came between is told of: it was given the recording's secret.
  expect(server.agreement.holders.value.map(({ publicKey }) => toBase64Url(publicKey)).sort())
    .toEqual([server.key(0), server.key(1)].sort());
  server.close();
});

Deno.test("The words stand for nobody while the page encrypts in an epoch that others have, and it stops when that lasts", async () => {
  const server = await HostileServer.open(4, 50);
  await server.shows(ME, "sam", "eve");
  await server.says(server.roster([["sam", server.key(0)], ["eve", server.key(1)]]));
  expect(server.agreement.covered.value?.length).toBe(3);
  // The server passes the next epoch on to nobody, so that Eve, who is shown no more, could go on listening.
  server.answers = false;
  const stops = server.stops;
  await server.shows(ME, "sam");
  expect(server.agreement.covered.value).toBe(null);
  await stops;
  expect(server.encrypts).toBe(null);
  server.answers = true;
  await server.says(server.roster([["sam", server.key(0)]]));
  expect(server.agreement.covered.value?.length).toBe(2);
  expect(server.knowers(server.encrypts!)).toEqual(new Set([server.key(0)]));
  server.close();
});

const IDS = [ME, "sam", "gil", "eve"];

/** What a server may say, mostly what looks true. */
function somethingSaid(server: HostileServer, random: () => number): Promise<unknown> {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
  const keys = server.keys.map((_, number) => server.key(number));
  switch (Math.floor(random() * 8)) {
    case 0:
    case 1:
    case 2: {
      const others = IDS.slice(1).filter(() => random() < 0.6)
        .map((id, at) => [id, random() < 0.05 ? null : keys[at]!] as [string, string | null]);
      // Now and then another key in somebody's place; seldom a lie that is refused.
      for (const other of others) if (random() < 0.15) other[1] = pick(keys);
      if (random() < 0.05) others.push([pick(IDS), pick([...keys, server.myKey])]);
      const leader = pick([ME, ME, ...IDS, null]);
      return server.says(server.roster(others, { leader, removals: random() < 0.2 ? 1 : 0 }));
    }
    case 3:
    case 4:
      return server.shows(...IDS.filter((id) => id === ME || random() < 0.7));
    case 5:
      return server.asks(pick(IDS));
    case 6: {
      server.answers = random() < 0.7;
      return Promise.resolve();
    }
    default: {
      const here = pagesOf(server.agreement.roster.value)
        .filter(({ participantId }) => random() < 0.1 || server.shown.has(participantId));
      const from = pick([...here, { participantId: pick(IDS), publicKey: new Uint8Array() }]);
      const number = keys.indexOf(toBase64Url(from.publicKey));
      return server.gives(from.participantId, number < 0 ? 0 : number, here);
    }
  }
}

Deno.test("Whatever a server says, those who have the secret that a page encrypts with are those whom the words stand for", async () => {
  const seed = someSeed();
  const random = seeded(seed);
  let [compared, refused, taken] = [0, 0, 0];
  for (let run = 0; run < 40; run++) {
    const server = await HostileServer.open(4);
    for (let step = 0; step < 25; step++) {
      await somethingSaid(server, random);
      const { covered, fault, holders } = server.agreement;
      if (fault.value !== null) {
        expect([seed, run, server.encrypts, covered.value]).toEqual([seed, run, null, null]);
        refused++;
        break;
      }
      const pages = covered.value;
      if (pages === null) continue;
      const keys = pages.map(({ publicKey }) => toBase64Url(publicKey));
      const ids = pages.map(({ participantId }) => participantId);
      expect([seed, run, new Set(keys).size, new Set(ids).size])
        .toEqual([seed, run, pages.length, pages.length]);
      expect(ids.filter((id) => id !== ME && !server.shown.has(id))).toEqual([]);
      const theirs = server.knowers(server.encrypts!);
      const madeHere = server.madeHere.has(server.encrypts!.id);
      if (madeHere) {
        // Whoever made it, and might hand it to anybody, is one of those whom the words stand for.
        expect([seed, run, [...theirs].filter((key) => !keys.includes(key))])
          .toEqual([seed, run, []]);
        taken++;
      } else {
        expect([seed, run, new Set([...theirs, server.myKey])]).toEqual([seed, run, new Set(keys)]);
        compared++;
      }
      // Everybody who got a secret is named, a recording's or an earlier epoch's too.
      const named = new Set(holders.value.map(({ publicKey }) => toBase64Url(publicKey)));
      expect([seed, run, server.given.filter(({ key }) => !named.has(key)).length])
        .toEqual([seed, run, 0]);
    }
    expect(server.faults).toEqual([]);
    server.close();
  }
  expect([seed, compared > 20, refused > 3, taken > 3]).toEqual([seed, true, true, true]);
});
