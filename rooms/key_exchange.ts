/**
 * Passes keys on between the pages of a room that is encrypted end to end, without being able to read one.
 *
 * Each page announces a public key. One of them leads: it makes the epochs' secrets, wraps them to every page's public key,
 * and gives them to this relay. Whoever misses a secret asks the leader again.
 * Invariants: only the leader's keys are passed on, in one order for all; the envelopes that a recording needs are stored
 * before anybody encrypts under what they hold; a leader that doesn't answer for {@linkcode PATIENCE_MS} leads no more; no
 * page can announce what makes the others refuse the roster, as somebody else's key.
 */
import type { MonotonicMs } from "./clocks.ts";
import { fromBase64Url } from "./contract/encryption/base64url.ts";
import { isPublicKey } from "./contract/encryption/wrapping.ts";
import { RoomError } from "./contract/errors.ts";
import type { Member } from "./member.ts";
import type { Person } from "./people.ts";
import type { EnvelopeStore } from "./ports.ts";
import type { CheckedParamsOf, NoticeParams } from "./contract/protocol/messages.ts";

/** A question that the leader leaves unanswered for so long is one too many. */
export const PATIENCE_MS = 3000;
/** Least time between two questions of one page that are passed on. */
const ASK_EVERY_MS = 200;
/** Public keys remembered of one person, those of earlier pages too. */
const KEYS_REMEMBERED = 16;
/** Most envelopes of one meeting. Each change of the people makes one or two. */
export const MAX_ENVELOPES = 20_000;

type Roster = NoticeParams<"keys.roster">;

interface Page {
  readonly person: Person;
  readonly publicKey: string | null;
  member: Member;
  /** The first question without an answer, and the last that was passed on. */
  unansweredSince: MonotonicMs | null;
  askedAt: MonotonicMs;
}

export interface KeyExchangePorts {
  meetingId: string;
  /** Null when the meeting isn't recorded. */
  envelopes: EnvelopeStore | null;
  /** Whom the recording is also readable for; null is nobody. */
  custodian: string | null;
  /** The room was open before: it isn't known any more whether somebody was removed. */
  reopened: boolean;
}

export class KeyExchange {
  /** By participant id, in the order in which the pages came. */
  readonly #pages = new Map<string, Page>();
  /** The newest keys that each person has announced, by participant id. */
  readonly #announced = new Map<string, readonly string[]>();
  #leader: Page | null = null;
  #epoch: string | null = null;
  #removals: number;
  #told = "";

  constructor(private readonly ports: KeyExchangePorts) {
    this.#removals = ports.reopened ? 1 : 0;
  }

  /**
   * A page's public key, or null of one that can't take part. The answer is the roster as it is now.
   *
   * @throws RoomError `bad-request` for what is no key, `conflict` for somebody else's, `unavailable` for a page that is gone
   */
  async announce(member: Member, publicKey: string | null): Promise<Roster> {
    const { person } = member;
    if (publicKey !== null) {
      if (!await isPublicKey(fromBase64Url(publicKey) ?? new Uint8Array())) {
        throw new RoomError("bad-request", "This is no public key");
      }
      if (person.member !== member) throw new RoomError("unavailable", "This page is gone");
      this.#claim(person.id, publicKey);
    }
    const known = this.#pages.get(person.id);
    if (known !== undefined && known.publicKey === publicKey) {
      known.member = member;
    } else {
      if (this.#leader === known) this.#leader = null;
      this.#pages.delete(person.id);
      this.#pages.set(person.id, {
        person,
        publicKey,
        member,
        unansweredSince: null,
        askedAt: -Infinity,
      });
    }
    this.settle(member);
    return this.#roster();
  }

  /** A key stays whose it was first, also while they are away: everybody who was in the room knows it. */
  #claim(id: string, publicKey: string): void {
    for (const [other, keys] of this.#announced) {
      if (other !== id && keys.includes(publicKey)) {
        throw new RoomError("conflict", "This key is somebody else's");
      }
    }
    const others = (this.#announced.get(id) ?? []).filter((key) => key !== publicKey);
    this.#announced.set(id, [...others, publicKey].slice(-KEYS_REMEMBERED));
  }

  /** Somebody is gone for good; `removed` is against their will. */
  left(person: Person, removed = false): void {
    if (removed) this.#removals++;
    const page = this.#pages.get(person.id);
    if (page !== undefined) this.#pages.delete(person.id);
    this.settle();
  }

  /** Chooses a leader where there is none online, and tells everybody but `except` what is new. */
  settle(except?: Member): void {
    if (this.#leader === null || !this.#isOnline(this.#leader)) this.#elect();
    const roster = this.#roster();
    const text = JSON.stringify(roster);
    if (text === this.#told) return;
    this.#told = text;
    for (const page of this.#pages.values()) {
      if (this.#isOnline(page) && page.member !== except) page.member.notify("keys.roster", roster);
    }
  }

  /** Passes the leader's secrets on. @throws RoomError `forbidden` for anybody else's, `too-large`. */
  async distribute(member: Member, given: CheckedParamsOf<"keys.distribute">): Promise<void> {
    this.#checkLeads(member);
    const { meetingId, envelopes } = this.ports;
    if (given.envelopes.length > 0 && envelopes !== null) {
      if (!await envelopes.add(meetingId, given.envelopes, MAX_ENVELOPES)) {
        throw new RoomError("too-large", "This recording has too many keys");
      }
      this.#checkLeads(member);
    }
    this.#epoch = given.epoch;
    for (const { to, wrapped } of given.keys) {
      const page = this.#pages.get(to);
      if (page === undefined || !this.#isOnline(page)) continue;
      page.unansweredSince = null;
      page.member.notify("keys.given", { from: member.person.id, epoch: given.epoch, wrapped });
    }
    // Whoever misses their secret knows that there is one.
    this.settle(member);
  }

  /** A page misses the current secret. */
  ask(member: Member, now: MonotonicMs): void {
    const page = this.#pages.get(member.person.id);
    if (page?.member !== member) throw new RoomError("conflict", "Announce a key first");
    if (page === this.#leader || now - page.askedAt < ASK_EVERY_MS) return;
    page.askedAt = now;
    page.unansweredSince ??= now;
    const leader = this.#leader;
    if (leader !== null && now - page.unansweredSince >= PATIENCE_MS) this.#demote(leader, now);
    const leads = this.#leader?.member;
    // It may not have heard who is here, or that it leads.
    leads?.notify("keys.roster", this.#roster());
    leads?.notify("keys.asked", { participantId: page.person.id });
  }

  #demote(leader: Page, now: MonotonicMs): void {
    this.#pages.delete(leader.person.id);
    this.#pages.set(leader.person.id, leader);
    for (const page of this.#pages.values()) {
      if (page.unansweredSince !== null) page.unansweredSince = now;
    }
    this.#elect();
    this.settle();
  }

  #elect(): void {
    this.#leader = [...this.#pages.values()]
      .find((page) => page.publicKey !== null && this.#isOnline(page)) ?? null;
  }

  #isOnline({ person, member }: Page): boolean {
    return person.member === member && this.#pages.get(person.id)?.member === member;
  }

  #checkLeads(member: Member): void {
    if (this.#leader === null || this.#leader.member !== member) {
      throw new RoomError("forbidden", "Another page makes the keys now");
    }
  }

  #roster(): Roster {
    return {
      leader: this.#leader?.person.id ?? null,
      people: [...this.#pages.values()].map(({ person, publicKey }) => ({
        participantId: person.id,
        publicKey,
      })),
      epoch: this.#epoch,
      removals: this.#removals,
      recorded: this.ports.envelopes !== null,
      custodian: this.ports.custodian,
    };
  }
}
