/** A room's key exchange for tests: the server's real part, real pages' agreements, and between them what a test does to messages. */
import { expect } from "@std/expect";
import { KeyExchange } from "../../../rooms/key_exchange.ts";
import type { KeyEnvelope } from "../../../rooms/ports.ts";
import { Member } from "../../../rooms/member.ts";
import { People, type Person } from "../../../rooms/people.ts";
import { METHODS } from "../../../rooms/contract/protocol/messages.ts";
import { RoomError } from "../../../rooms/contract/errors.ts";
import { KeyRing } from "../../../rooms/contract/encryption/key_ring.ts";
import { FrameSealer } from "../../../rooms/contract/encryption/sealer.ts";
import type { Bytes, Secret } from "../../../rooms/contract/encryption/secret.ts";
import {
  makePageKeys,
  type PageKeys,
  senderOf,
} from "../../../rooms/contract/encryption/wrapping.ts";
import { KeyAgreement } from "../agreement.ts";
import type { AgreementPorts } from "../agreement_ports.ts";

/** A message between a page and the server, in either direction. */
export interface Message {
  page: TestPage;
  kind: "request" | "answer" | "notice";
  method: string;
}

/** When a request without an answer fails, as a page's connection has it. */
const REQUEST_TIMEOUT_MS = 10_000;

/** A room's key exchange with real pages on it; the wires between can lose and alter what goes over them. */
export class TestRoom {
  readonly people = new People({ of: () => new Set<number>() } as never, {
    effortMsPerSecond: 1,
    effortBurstMs: 1,
  }, () => 0);
  readonly envelopes: KeyEnvelope[] = [];
  readonly pages: TestPage[] = [];
  readonly exchange: KeyExchange;
  /** Whether a message between a page and the server gets lost. */
  loses: (message: Message) => boolean = () => false;
  now = 0;
  readonly #underWay = new Set<Promise<void>>();

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
    void page.agreement.announce();
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

  page(id: string): TestPage {
    return this.pages.find((page) => page.id === id)!;
  }

  /** Until everything that was said is dealt with, and nothing of it led to something else. */
  async rest(): Promise<void> {
    for (let quiet = 0; quiet < 6; quiet++) {
      for (const page of [...this.pages]) await Promise.race([page.agreement.settled, page.gone]);
      if (this.#underWay.size > 0) quiet = 0;
      await Promise.all(this.#underWay);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** What the server answers, which may take it a while. */
  async answer(answer: Promise<unknown>): Promise<unknown> {
    const done = answer.then(() => {}, () => {});
    this.#underWay.add(done);
    try {
      return await answer;
    } finally {
      this.#underWay.delete(done);
    }
  }

  close(): void {
    for (const page of [...this.pages]) page.shut();
  }
}

export class TestPage {
  readonly agreement: KeyAgreement;
  readonly member: Member;
  readonly ring = new KeyRing();
  readonly entered: Secret[] = [];
  readonly kept: Secret[];
  sealer: FrameSealer | null = null;
  sees: (id: string) => boolean = () => true;
  faults: unknown[] = [];
  /** How often this page was told to encrypt nothing any more. */
  left = 0;
  readonly #going = Promise.withResolvers<void>();
  readonly gone = this.#going.promise;
  readonly #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(
    private readonly room: TestRoom,
    readonly person: Person,
    readonly keys: PageKeys,
    kept: Secret[] = [],
  ) {
    this.kept = kept;
    const peer = {
      closed: false,
      sendFrame() {},
      close() {},
      sendText: (text: string) => {
        const { method, params } = JSON.parse(text) as { method: string; params: never };
        if (!room.loses({ page: this, kind: "notice", method })) this.take(method, params);
      },
    };
    this.member = new Member(person, peer, 1, {} as never, 0);
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
        if (room.loses({ page: this, kind: "request", method })) return await this.#noAnswer();
        const answer = await room.answer(this.#ask(method, checked));
        if (room.loses({ page: this, kind: "answer", method })) return await this.#noAnswer();
        return answer;
      }) as AgreementPorts["request"],
      isShown: (id) => room.people.isPresent(id) && this.sees(id),
      hold: (secret) => this.ring.add(secret),
      enter: (secret) => {
        this.entered.push(secret);
        this.ring.add(secret);
      },
      leave: () => this.left++,
      report: (error) => this.faults.push(error),
    });
  }

  #noAnswer(): Promise<never> {
    return new Promise((_, reject) => {
      const fail = () => reject(new RoomError("unavailable", "no answer"));
      this.#timers.push(setTimeout(fail, REQUEST_TIMEOUT_MS));
    });
  }

  async #ask(method: keyof typeof METHODS, params: never): Promise<unknown> {
    const { exchange, now } = this.room;
    switch (method) {
      case "keys.announce":
        return await exchange.announce(this.member, (params as { publicKey: string }).publicKey);
      case "keys.distribute":
        return await exchange.distribute(this.member, params);
      default:
        return exchange.ask(this.member, now);
    }
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
    this.#going.resolve();
    for (const timer of this.#timers) clearTimeout(timer);
    const { pages } = this.room;
    if (pages.includes(this)) pages.splice(pages.indexOf(this), 1);
    if (this.person.member === this.member) this.person.member = null;
    this.room.exchange.settle();
  }
}

/** Everybody reads what everybody sends, and no page failed or refused what the server said. */
export async function expectAllRead(room: TestRoom): Promise<void> {
  for (const from of room.pages) {
    const frame = await from.send();
    for (const page of room.pages) {
      expect([page.id, from.id, await page.reads(frame, from)]).toEqual([page.id, from.id, true]);
    }
  }
  expect(room.pages.flatMap((page) => page.faults)).toEqual([]);
  expect(room.pages.flatMap((page) => page.agreement.fault.value ?? [])).toEqual([]);
}

/** Waits for what timers bring about. */
export async function eventually(room: TestRoom, holds: () => boolean): Promise<void> {
  for (let round = 0; round < 1500 && !holds(); round++) {
    room.now += 50;
    await new Promise((resolve) => setTimeout(resolve, 20));
    await room.rest();
  }
  expect(holds()).toBe(true);
}

/** Whether everybody encrypts in one epoch. */
export const sameEpoch = (room: TestRoom) =>
  new Set(room.pages.map((page) => page.epoch?.id)).size === 1 &&
  room.pages[0]?.epoch !== undefined;

/** The secrets of a recording that somebody holds and somebody else doesn't, newest last. */
export const beyond = (page: TestPage, other: TestPage) =>
  page.kept.filter(({ id }) => !other.kept.some((known) => known.id === id));

/** Numbers from 0 to 1, the same for a seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1664525 + 1013904223) >>> 0) / 2 ** 32;
}

export const someSeed = () => crypto.getRandomValues(new Uint32Array(1))[0]!;
