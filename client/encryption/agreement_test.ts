import { expect } from "@std/expect";
import { PATIENCE_MS } from "../../rooms/key_exchange.ts";
import type { NoticeParams } from "../../rooms/contract/protocol/messages.ts";
import type { RoomErrorCode } from "../../rooms/contract/errors.ts";
import { securityCode } from "../../rooms/contract/encryption/security_code.ts";
import { makePageKeys, senderOf } from "../../rooms/contract/encryption/wrapping.ts";
import { toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import { pagesOf, type Roster } from "./roster.ts";
import {
  beyond,
  eventually,
  expectAllRead,
  sameEpoch,
  seeded,
  someSeed,
  TestRoom,
} from "./testing/room.ts";

Deno.test("Everybody in the room reads everybody, whoever comes, reloads and goes", async () => {
  const room = new TestRoom();
  const tara = await room.open("tara");
  await room.open("sam");
  await room.open("gil");
  await expectAllRead(room);
  await room.open("tara");
  await expectAllRead(room);
  await room.leave(room.pages.find(({ id }) => id === "sam")!);
  await expectAllRead(room);
  expect(tara.epoch?.id).not.toBe(room.pages[0]?.epoch?.id);
  room.close();
});

Deno.test("Who comes can't read what was said before, and who leaves or is removed not what follows", async () => {
  const room = new TestRoom();
  const tara = await room.open("tara");
  const sam = await room.open("sam");
  const before = await tara.send();
  const gil = await room.open("gil");
  expect(await gil.reads(before, tara)).toBe(false);
  const together = await tara.send();
  expect(await gil.reads(together, tara)).toBe(true);
  await room.leave(gil, true);
  const after = await tara.send();
  expect(await gil.reads(after, tara)).toBe(false);
  expect(await sam.reads(after, tara)).toBe(true);
  room.close();
});

Deno.test("People who come, reload and go while an epoch is still being made all end in one", async () => {
  const seed = someSeed();
  const random = seeded(seed);
  const room = new TestRoom();
  await room.open("tara");
  for (let round = 0; round < 12; round++) {
    const moves = Array.from({ length: 3 }, async () => {
      for (let turns = Math.floor(random() * 4); turns > 0; turns--) await Promise.resolve();
      const page = room.pages[Math.floor(random() * room.pages.length)];
      if (room.pages.length > 2 && page !== undefined && random() < 0.4) {
        await room.leave(page, random() < 0.3);
      } else await room.open(`p${Math.floor(random() * 6)}`);
    });
    await Promise.all(moves);
  }
  await eventually(room, () => sameEpoch(room));
  expect([seed, room.pages.length > 0]).toEqual([seed, true]);
  await expectAllRead(room);
  room.close();
});

Deno.test("Every twentieth message may get lost either way, and in the end all read all", async () => {
  const seed = someSeed();
  const random = seeded(seed);
  const room = new TestRoom();
  room.loses = () => random() < 0.05;
  for (let round = 0; round < 12; round++) {
    const page = room.pages[Math.floor(random() * room.pages.length)];
    if (page !== undefined && random() < 0.2) await room.leave(page, random() < 0.5);
    else await room.open(`p${Math.floor(random() * 5)}`);
  }
  await room.open("late");
  await eventually(room, () => sameEpoch(room));
  expect([seed, room.pages.length > 0]).toEqual([seed, true]);
  await expectAllRead(room);
  room.close();
});

/** What happens in a room of Tara, who leads, Sam and Gil. */
const MOVES: Readonly<Record<string, (room: TestRoom) => Promise<unknown>>> = {
  "somebody comes": (room) => room.open("joy"),
  "somebody reloads": (room) => room.open("gil"),
  "the leader reloads": (room) => room.open("tara"),
  "somebody leaves": (room) => room.leave(room.page("gil")),
  "somebody is removed": (room) => room.leave(room.page("gil"), true),
  "the leader leaves": (room) => room.leave(room.page("tara")),
  "the leader is removed": (room) => room.leave(room.page("tara"), true),
};

/** Makes a move during which one message is lost, by its number, and waits until that is mended; answers how many there were. */
async function moveLosing(move: string, number: number): Promise<number> {
  const room = new TestRoom();
  const before = [await room.open("tara"), await room.open("sam"), await room.open("gil")];
  let count = 0;
  let lost = "nothing";
  room.loses = ({ page, kind, method }) => {
    if (count++ !== number) return false;
    lost = `${kind} ${method} of ${page.id}`;
    return true;
  };
  await MOVES[move]!(room);
  const messages = count;
  const gone = before.filter((page) => !room.pages.includes(page));
  const isMended = () =>
    sameEpoch(room) &&
    gone.every((page) =>
      !page.entered.some(({ id }) => id === room.pages[0]!.epoch!.id) &&
      (!move.includes("removed") || beyond(room.pages[0]!, page).length > 0)
    );
  try {
    await eventually(room, isMended);
    await expectAllRead(room);
    for (const page of gone) {
      expect(await page.reads(await room.pages[0]!.send(), room.pages[0]!)).toBe(false);
    }
  } catch (error) {
    throw new Error(`When ${move}, and ${lost} is lost: ${(error as Error).message}`);
  } finally {
    room.close();
  }
  return messages;
}

Deno.test("Whatever happens, any one message that it takes may get lost: all come to one epoch, and who has gone doesn't have it", async () => {
  await Promise.all(
    Object.keys(MOVES).map(async (move) => {
      const messages = await moveLosing(move, Infinity);
      expect(messages).toBeGreaterThan(2);
      await Promise.all(Array.from({ length: messages }, (_, number) => moveLosing(move, number)));
    }),
  );
});

Deno.test("A leader that answers nobody leads no more", async () => {
  const room = new TestRoom();
  const tara = await room.open("tara");
  const sam = await room.open("sam");
  room.loses = ({ page, kind }) => kind === "notice" && page === tara;
  const gil = await room.open("gil");
  expect(gil.epoch).toBeUndefined();
  await eventually(room, () => gil.epoch !== undefined && gil.epoch.id === sam.epoch?.id);
  expect(room.now).toBeGreaterThanOrEqual(PATIENCE_MS);
  expect(await gil.reads(await sam.send(), sam)).toBe(true);
  room.close();
});

Deno.test("Keys that somebody else than the leader hands out are refused", async () => {
  const room = new TestRoom();
  await room.open("tara");
  const sam = await room.open("sam");
  const code: RoomErrorCode | null = await room.exchange.distribute(sam.member, {
    epoch: "0011223344556677",
    keys: [{ to: "tara", wrapped: "AAAA" }],
    envelopes: [],
  }).then(() => null, (error) => error.code);
  expect(code).toBe("forbidden");
  room.close();
});

Deno.test("An old message that the server hands on again brings no old epoch back", async () => {
  const room = new TestRoom();
  const given: NoticeParams<"keys.given">[] = [];
  await room.open("tara");
  const sam = await room.open("sam");
  const take = sam.take.bind(sam);
  sam.take = (method, params) => {
    if (method === "keys.given") given.push(params);
    take(method, params);
  };
  const gil = await room.open("gil");
  const old = given.at(-1)!;
  await room.leave(gil, true);
  const now = sam.epoch!.id;
  expect(old.epoch).not.toBe(now);
  sam.agreement.takeGiven(old);
  await room.rest();
  expect(sam.epoch!.id).toBe(now);
  room.close();
});

Deno.test("An epoch that a server keeps back until after a removal is not entered, before the next one or after it", async () => {
  for (const lateness of ["before the next", "after the next"]) {
    const room = new TestRoom();
    const tara = await room.open("tara");
    const sam = await room.open("sam");
    const known = sam.epoch!.id;
    const given: NoticeParams<"keys.given">[] = [];
    const take = sam.take.bind(sam);
    sam.take = (method, params) => {
      if (method === "keys.given") given.push(params);
      else take(method, params);
    };
    const gil = await room.open("gil");
    expect(gil.epoch!.id).toBe(tara.epoch!.id);
    const [kept] = given.splice(0);
    await room.leave(gil, true);
    const next = given.splice(0).at(-1);
    for (const message of lateness === "before the next" ? [kept!, next!] : [next!, kept!]) {
      sam.agreement.takeGiven(message);
      await room.rest();
      expect([known, next!.epoch]).toContain(sam.epoch!.id);
    }
    expect(sam.entered.map(({ id }) => id)).not.toContain(kept!.epoch);
    expect(beyond(sam, gil).length).toBe(1);
    await eventually(room, () => sameEpoch(room));
    room.close();
  }
});

Deno.test("Who is given an epoch before they see whom it is for enters it as soon as they do", async () => {
  const room = new TestRoom();
  const tara = await room.open("tara");
  const sam = await room.open("sam");
  sam.sees = (id) => id !== "gil";
  const gil = await room.open("gil");
  expect(sam.epoch!.id).not.toBe(tara.epoch!.id);
  // What the others say meanwhile is heard all the same.
  expect(await sam.reads(await tara.send(), tara)).toBe(true);
  sam.sees = () => true;
  sam.agreement.peopleChanged();
  await room.rest();
  expect(sam.epoch!.id).toBe(gil.epoch!.id);
  room.close();
});

Deno.test("A server that puts its own keys in between is seen by the code, and without doing so learns nothing", async () => {
  const room = new TestRoom();
  const tara = await room.open("tara");
  const sam = await room.open("sam");
  const eve = await makePageKeys();
  const swap = (roster: Roster, victim: string): Roster => ({
    ...roster,
    people: roster.people.map((page) =>
      page.participantId === victim ? { ...page, publicKey: toBase64Url(eve.publicKey) } : page
    ),
  });
  const roster = tara.agreement.roster.value!;
  const code = (seen: Roster) => securityCode("m1", pagesOf(seen));
  expect(await code(sam.agreement.roster.value!)).toEqual(await code(roster));
  expect(await code(swap(roster, "sam"))).not.toEqual(await code(swap(roster, "tara")));
  expect(await code(swap(roster, "sam"))).not.toEqual(await code(roster));
  room.close();
});

Deno.test("In a day of reloads and rejoins no counter is used twice under a key", async () => {
  const room = new TestRoom();
  const used = new Set<string>();
  let frames = 0;
  const collect = async () => {
    for (const page of room.pages) {
      const sender = await senderOf(page.keys.publicKey);
      for (let count = 0; count < 3; count++) {
        const frame = await page.send();
        const view = new DataView(frame.buffer, frame.length - 13);
        expect(view.getUint32(4)).toBe(sender);
        used.add(`${page.epoch!.id}/${page.id}/${sender}/${view.getUint32(8)}`);
        frames++;
      }
    }
  };
  for (let round = 0; round < 120; round++) {
    const id = `p${round * 7 % 4}`;
    const page = room.pages.find((page) => page.id === id);
    if (page !== undefined && round % 3 === 0) await room.leave(page);
    else await room.open(id);
    await collect();
  }
  expect(frames).toBeGreaterThan(500);
  expect(used.size).toBe(frames);
  room.close();
});
