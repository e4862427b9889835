import { expect } from "@std/expect";
import { KeyExchange, PATIENCE_MS } from "../../rooms/key_exchange.ts";
import type { KeyEnvelope } from "../../rooms/ports.ts";
import { Member } from "../../rooms/member.ts";
import { People, type Person } from "../../rooms/people.ts";
import { METHODS, type NoticeParams } from "../../rooms/protocol/messages.ts";
import { RoomError, type RoomErrorCode } from "../../rooms/errors.ts";
import { KeyRing } from "../../rooms/encryption/key_ring.ts";
import { FrameSealer } from "../../rooms/encryption/sealer.ts";
import type { Bytes, Secret } from "../../rooms/encryption/secret.ts";
import { peopleDigest, securityCode } from "../../rooms/encryption/security_code.ts";
import {
  makePageKeys,
  openAsCustodian,
  openEnvelope,
  type PageKeys,
  senderOf,
  wrapTo,
} from "../../rooms/encryption/wrapping.ts";
import { fromBase64Url, toBase64Url } from "../../rooms/encryption/base64url.ts";
import { type AgreementPorts, KeyAgreement, pagesOf, type Roster } from "./agreement.ts";

/** A room's key exchange with real pages on it; the wires between can lose and alter what goes over them. */
class TestRoom {
  readonly people = new People({ of: () => new Set<number>() } as never, {
    effortMsPerSecond: 1,
    effortBurstMs: 1,
  });
  readonly envelopes: KeyEnvelope[] = [];
  readonly pages: TestPage[] = [];
  readonly exchange: KeyExchange;
  /** Whether a notice gets through. */
  delivers: (to: TestPage, method: string) => boolean = () => true;
  now = 0;

  constructor(custodian: string | null = null, recorded = true, reopened = false) {
    const add = (_: string, envelopes: readonly KeyEnvelope[]) => {
      this.envelopes.push(...envelopes);
      return Promise.resolve(true);
    };
    this.exchange = new KeyExchange({
      meetingId: "m1",
      envelopes: recorded ? { add, custodian: () => Promise.resolve(custodian) } : null,
      custodian,
      reopened,
    });
  }

  /** Loads a page of somebody; the one that they had is gone. */
  async open(id: string, kept?: Secret[]): Promise<TestPage> {
    const keys = await makePageKeys();
    this.pages.find((page) => page.id === id)?.shut();
    const identity = { participantId: id, name: id, role: "student" as const, userId: null };
    const person = this.people.enter(identity, this.now);
    const page = new TestPage(this, person, keys, kept);
    this.pages.push(page);
    person.member = page.member;
    this.exchange.settle();
    for (const other of this.pages) other.agreement.peopleChanged();
    await page.agreement.announce();
    await this.rest();
    return page;
  }

  /** Somebody goes for good. */
  async leave(page: TestPage, removed = false): Promise<void> {
    page.shut();
    page.person.fields = { ...page.person.fields, connection: "left" };
    this.exchange.left(page.person, removed);
    for (const other of this.pages) other.agreement.peopleChanged();
    await this.rest();
  }

  async rest(): Promise<void> {
    for (let round = 0; round < 6; round++) {
      for (const page of [...this.pages]) await page.agreement.settled;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  close(): void {
    for (const page of [...this.pages]) page.shut();
  }
}

class TestPage {
  readonly agreement: KeyAgreement;
  readonly member: Member;
  readonly ring = new KeyRing();
  readonly entered: Secret[] = [];
  readonly kept: Secret[];
  sealer: FrameSealer | null = null;
  sees: (id: string) => boolean = () => true;
  faults: unknown[] = [];

  constructor(
    private readonly room: TestRoom,
    readonly person: Person,
    readonly keys: PageKeys,
    kept: Secret[] = [],
  ) {
    this.kept = kept;
    const peer = {
      sendFrame() {},
      close() {},
      sendText: (text: string) => {
        const { method, params } = JSON.parse(text) as { method: string; params: never };
        if (room.delivers(this, method)) this.take(method, params);
      },
    };
    this.member = new Member(person, peer, 1, {} as never);
    this.agreement = new KeyAgreement({
      meetingId: "m1",
      me: person.id,
      keys,
      kept: {
        list: () => Promise.resolve(this.kept),
        keep: (secret) => {
          if (!this.kept.some(({ id }) => id === secret.id)) this.kept.push(secret);
          return Promise.resolve();
        },
      },
      request: (async (method: keyof typeof METHODS, params: unknown) => {
        const checked = METHODS[method].params.parse(params) as never;
        await Promise.resolve();
        if (person.member !== this.member) throw new RoomError("unavailable", "gone");
        const { exchange } = room;
        switch (method) {
          case "keys.announce":
            return exchange.announce(this.member, (checked as { publicKey: string }).publicKey);
          case "keys.distribute":
            return await exchange.distribute(this.member, checked);
          default:
            return exchange.ask(this.member, room.now);
        }
      }) as AgreementPorts["request"],
      isShown: (id) => room.people.isPresent(id) && this.sees(id),
      hold: (secret) => this.ring.add(secret),
      enter: (secret) => {
        this.entered.push(secret);
        this.ring.add(secret);
      },
      report: (error) => this.faults.push(error),
    });
  }

  get id(): string {
    return this.person.id;
  }

  get epoch(): Secret | undefined {
    return this.entered.at(-1);
  }

  take(method: string, params: never): void {
    if (method === "keys.roster") this.agreement.takeRoster(params);
    if (method === "keys.given") this.agreement.takeGiven(params);
    if (method === "keys.asked") this.agreement.takeAsked(params);
  }

  /** A frame as this page sends it now. */
  async send(): Promise<Bytes> {
    const sender = await senderOf(this.keys.publicKey);
    this.sealer ??= new FrameSealer({ participantId: this.id, sender });
    await this.sealer.enter(this.epoch!);
    const frame = await this.sealer.seal(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]), "video");
    return frame!;
  }

  async reads(frame: Bytes, from: TestPage): Promise<boolean> {
    const opened = await this.ring.open(frame, { participantId: from.id, source: "video" });
    return opened.status === "opened";
  }

  shut(): void {
    this.agreement.close();
    const { pages } = this.room;
    if (pages.includes(this)) pages.splice(pages.indexOf(this), 1);
    if (this.person.member === this.member) this.person.member = null;
    this.room.exchange.settle();
  }
}

async function expectAllRead(room: TestRoom): Promise<void> {
  for (const from of room.pages) {
    const frame = await from.send();
    for (const page of room.pages) {
      expect([page.id, from.id, await page.reads(frame, from)]).toEqual([page.id, from.id, true]);
    }
  }
  expect(room.pages.flatMap((page) => page.faults)).toEqual([]);
}

/** Waits for what timers bring about. */
async function eventually(room: TestRoom, holds: () => boolean): Promise<void> {
  for (let round = 0; round < 400 && !holds(); round++) {
    room.now += 20;
    await new Promise((resolve) => setTimeout(resolve, 20));
    await room.rest();
  }
  expect(holds()).toBe(true);
}

const sameEpoch = (room: TestRoom) =>
  new Set(room.pages.map((page) => page.epoch?.id)).size === 1 &&
  room.pages[0]?.epoch !== undefined;

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
  // The recording has another secret from then on; what the removed one holds opens nothing of it.
  const opened = await openedBy(gil.kept, room.envelopes);
  expect(opened.has(tara.epoch!.id)).toBe(false);
  expect((await openedBy(sam.kept.slice(-1), room.envelopes)).has(tara.epoch!.id)).toBe(true);
  room.close();
});

/** The ids of all secrets that somebody who holds some gets at through a recording's envelopes. */
async function openedBy(held: readonly Secret[], envelopes: readonly KeyEnvelope[]) {
  const known = new Map(held.map((secret) => [secret.id, secret]));
  for (let found = true; found;) {
    found = false;
    for (const { by, of, wrapped } of envelopes) {
      const key = known.get(by ?? "");
      if (key === undefined || known.has(of)) continue;
      const secret = await openEnvelope(key, fromBase64Url(wrapped)!);
      if (secret !== undefined) known.set(secret.id, secret);
      found ||= secret !== undefined;
    }
  }
  return new Set(known.keys());
}

Deno.test("The newest secret of a recording opens every epoch of it, also those before a removal", async () => {
  const custodian = await makePageKeys();
  const room = new TestRoom(toBase64Url(custodian.publicKey));
  const tara = await room.open("tara");
  await room.open("sam");
  const gil = await room.open("gil");
  await room.leave(gil, true);
  await room.open("tara", tara.kept);
  const epochs = new Set(room.pages.flatMap((page) => page.entered.map(({ id }) => id)));
  const opened = await openedBy(room.pages[0]!.kept.slice(-1), room.envelopes);
  expect([...epochs].filter((id) => !opened.has(id))).toEqual([]);

  const toCustodian = room.envelopes.filter(({ by }) => by === null);
  const held = await Promise.all(
    toCustodian.map(({ wrapped }) =>
      openAsCustodian(custodian, { meetingId: "m1", wrapped: fromBase64Url(wrapped)! })
    ),
  );
  const byCustodian = await openedBy(held.map((secret) => secret!), room.envelopes);
  expect([...epochs].filter((id) => !byCustodian.has(id))).toEqual([]);
  room.close();
});

/** The secrets of a recording that somebody holds and somebody else doesn't, newest last. */
const beyond = (page: TestPage, other: TestPage) =>
  page.kept.filter(({ id }) => !other.kept.some((known) => known.id === id));

Deno.test("A secret that was on its way when somebody was removed is not used by the next leader", async () => {
  const room = new TestRoom();
  const tara = await room.open("tara");
  const sam = await room.open("sam");
  const gil = await room.open("gil");
  // What the leader gave before the removal comes to Sam after he was told of it; then the leader is gone.
  room.delivers = (page) => page !== tara;
  room.exchange.left(gil.person, true);
  gil.person.fields = { ...gil.person.fields, connection: "left" };
  gil.shut();
  await room.rest();
  await room.exchange.distribute(tara.member, {
    epoch: tara.epoch!.id,
    keys: [await handover(tara, sam)],
    envelopes: [],
  });
  await room.rest();
  expect(sam.kept.at(-1)!.id).toBe(gil.kept.at(-1)!.id);
  room.delivers = () => true;
  await room.leave(tara);
  expect(sam.epoch!.id).not.toBe(tara.epoch!.id);
  expect(beyond(sam, gil).length).toBe(1);
  expect((await openedBy(gil.kept, room.envelopes)).has(sam.epoch!.id)).toBe(false);
  expect((await openedBy(sam.kept.slice(-1), room.envelopes)).has(tara.epoch!.id)).toBe(true);
  room.close();
});

/** What a page gives to another of the epoch and the recording as it knows them. */
async function handover(from: TestPage, to: TestPage): Promise<{ to: string; wrapped: string }> {
  const people = await peopleDigest("m1", pagesOf(to.agreement.roster.value));
  const secrets = { people, epoch: from.epoch!, recording: from.kept.at(-1)! };
  const wrapped = await wrapTo(to.keys.publicKey, {
    keys: from.keys,
    meetingId: "m1",
    handover: secrets,
  });
  return { to: to.id, wrapped: toBase64Url(wrapped) };
}

Deno.test("A room that is opened again, or a leader that was away, begins with another secret", async () => {
  const first = new TestRoom();
  const tara = await first.open("tara");
  first.close();
  // The server forgot whether somebody was removed.
  const again = new TestRoom(null, true, true);
  const back = await again.open("tara", tara.kept.slice());
  expect(beyond(back, tara).length).toBe(1);
  await again.open("sam");
  expect(beyond(back, tara).length).toBe(1);
  await back.agreement.announce();
  await again.open("gil");
  expect(beyond(back, tara).length).toBe(2);
  await expectAllRead(again);
  expect((await openedBy(back.kept.slice(-1), again.envelopes)).has(tara.kept[0]!.id)).toBe(true);
  again.close();
});

Deno.test("People who come, reload and go while an epoch is still being made all end in one", async () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  let state = seed;
  const random = () => (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32;
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

Deno.test("A lesson that isn't recorded has no recording secret", async () => {
  const room = new TestRoom(null, false);
  const tara = await room.open("tara");
  await room.open("sam");
  await expectAllRead(room);
  expect(tara.kept).toEqual([]);
  expect(room.envelopes).toEqual([]);
  room.close();
});

Deno.test("Every twentieth message may get lost, and in the end all read all", async () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  let state = seed;
  const random = () => (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32;
  const room = new TestRoom();
  room.delivers = () => random() > 0.05;
  for (let round = 0; round < 25; round++) await room.open(`p${Math.floor(random() * 5)}`);
  // And one that is lost for sure.
  let lost = 0;
  room.delivers = (page, method) => !(page.id === "late" && method === "keys.given" && lost++ < 2);
  await room.open("late");
  await eventually(room, () => sameEpoch(room));
  expect([seed, lost]).toEqual([seed, 3]);
  await expectAllRead(room);
  room.close();
});

Deno.test("A leader that answers nobody leads no more", async () => {
  const room = new TestRoom();
  const tara = await room.open("tara");
  const sam = await room.open("sam");
  room.delivers = (page) => page !== tara;
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
