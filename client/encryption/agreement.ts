/**
 * How this page and the others of a room agree on the epochs' secrets (ENCRYPTION.md, *Epochs*).
 *
 * The server says who leads. The leader makes a new epoch whenever the pages of the room are others than those that have the
 * last one, and whenever it comes to lead; it wraps the secret to each page that this page shows. Everybody else takes
 * what the leader gives, and asks for what is missing. Any message may get lost: what has no answer, or no effect, is said
 * again. No sockets, no frames: what comes is taken one after the other.
 * Invariants: a secret goes only to people who are shown, and comes only from them; an epoch is entered only while exactly
 * those are here whom it was made for, and never again once another was; nothing is encrypted for long in an epoch that
 * somebody has who isn't here any more, and nothing at all after a roster that can't be true.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { RoomError } from "../../rooms/contract/errors.ts";
import { fromBase64Url, toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import { makeSecret, type Secret } from "../../rooms/contract/encryption/secret.ts";
import { peopleDigest } from "../../rooms/contract/encryption/security_code.ts";
import { type Handover, unwrapFrom, wrapTo } from "../../rooms/contract/encryption/wrapping.ts";
import type { NoticeParams, ParamsOf } from "../../rooms/contract/protocol/messages.ts";
import { StepQueue } from "../../rooms/contract/step_queue.ts";
import type { AgreementPorts } from "./agreement_ports.ts";
import { RecordingChain } from "./recording_chain.ts";
import {
  faultOf,
  type Holder,
  lacking,
  noteHolders,
  pagesOf,
  type Roster,
  type RosterFault,
  type RosterPage,
  samePages,
} from "./roster.ts";

type Given = NoticeParams<"keys.given">;

/** What was given may still be on its way. */
const FIRST_ASK_MS = 300;
/** Also for how long an answer is waited for before the request is repeated. */
const ASK_EVERY_MS = 1000;
/** Every so many questions in vain this page announces itself again: it may have missed who is here. */
const ASKS_BEFORE_ANNOUNCING = 2;
/** An epoch that nobody gives us any more, as one from before we came. */
const ASKS_PER_EPOCH = 5;
/** How long this page goes on in an epoch that somebody has who is gone, while the next one is on its way. */
const GONE_GRACE_MS = 10_000;

/** An epoch, and for whom it was made. */
interface Epoch {
  epoch: Secret;
  pages: readonly RosterPage[];
}

export class KeyAgreement {
  readonly #roster = signal<Roster | null>(null);
  readonly #fault = signal<RosterFault | null>(null);
  readonly #covered = signal<readonly RosterPage[] | null>(null);
  readonly #holders = signal<readonly Holder[]>([]);
  readonly #chain: RecordingChain;
  /** The newest epoch that this page has entered. */
  #current: Epoch | null = null;
  /** This page encrypts nothing, because somebody has the current epoch who isn't here. */
  #paused = false;
  #goneTimer: ReturnType<typeof setTimeout> | undefined;
  /** An announcement that has no answer yet. */
  #unheard = false;
  /** This page leads, and the others don't have what it makes. */
  #owes = false;
  /** Ids of the epochs that this page has left. */
  readonly #left = new Set<string>();
  /** The epoch that this page made as the leader and gave to all: after how many removals, with which secrets. */
  #made: Epoch & { removals: number; handover: Handover } | null = null;
  /** What was given for other people than this page shows: they may come into view yet, or go. */
  #untimely: Given | null = null;
  readonly #asks = new Map<number, number>();
  #askedAt = -Infinity;
  #askedInVain = 0;
  #askTimer: ReturnType<typeof setTimeout> | undefined;
  #repeatTimer: ReturnType<typeof setInterval> | undefined;
  readonly #steps = new StepQueue();
  #closed = false;

  constructor(private readonly ports: AgreementPorts) {
    this.#chain = new RecordingChain(ports.meetingId, ports.kept);
  }

  /** The newest one that could be acted upon. */
  get roster(): ReadonlySignal<Roster | null> {
    return this.#roster;
  }

  /** Why this page believes the server no more. */
  get fault(): ReadonlySignal<RosterFault | null> {
    return this.#fault;
  }

  /** Who has the epoch that this page encrypts in; null while that isn't who is here. The security code is of these. */
  get covered(): ReadonlySignal<readonly RosterPage[] | null> {
    return this.#covered;
  }

  /** Every page that this one has shared keys with so far, also those that are gone. */
  get holders(): ReadonlySignal<readonly Holder[]> {
    return this.#holders;
  }

  /** Resolves when all that came so far is dealt with. */
  get settled(): Promise<void> {
    return this.#steps.settled;
  }

  /** After each welcome. */
  announce(): Promise<void> {
    this.#chain.wasAway();
    const publicKey = toBase64Url(this.ports.keys.publicKey);
    this.#unheard = true;
    this.#watch();
    return this.ports.request("keys.announce", { publicKey }).then(
      (roster) => {
        this.#unheard = false;
        this.takeRoster(roster);
      },
      (error) => this.#failed(error),
    );
  }

  takeRoster(roster: Roster): void {
    this.#enqueue(async () => {
      const { me, keys: { publicKey } } = this.ports;
      const custodian = this.#roster.peek()?.custodian;
      const fault = await faultOf(roster, { me, publicKey, custodian });
      if (fault !== null) return this.#refuse(fault);
      this.#roster.value = roster;
      await this.#settle();
    });
  }

  /** Somebody came into view or went. */
  peopleChanged(): void {
    this.#lookWhoIsHere();
    this.#enqueue(() => this.#settle());
  }

  takeGiven(given: Given): void {
    this.#enqueue(() => this.#take(given));
  }

  /** Somebody misses what this page made. */
  takeAsked({ participantId }: NoticeParams<"keys.asked">): void {
    this.#enqueue(async () => {
      const made = this.#made;
      const page = made?.pages.find((page) => page.participantId === participantId);
      // The server may have put another key in its place since.
      if (made === null || page === undefined || lacking([page], this.#pagesHere()).length > 0) {
        return;
      }
      await this.#distribute({ epoch: made.epoch.id, keys: [await this.#wrap(page, made)] });
    });
  }

  /** A frame came in an epoch that isn't held. */
  missing(epoch: number): void {
    const asks = this.#asks.get(epoch) ?? 0;
    if (asks >= ASKS_PER_EPOCH || this.#closed) return;
    if (performance.now() - this.#askedAt < ASK_EVERY_MS) return;
    this.#asks.set(epoch, asks + 1);
    this.#ask();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#askTimer);
    clearTimeout(this.#goneTimer);
    clearInterval(this.#repeatTimer);
  }

  #refuse(fault: RosterFault): void {
    this.#covered.value = null;
    this.ports.leave();
    this.close();
    this.#fault.value = fault;
  }

  #enqueue(step: () => Promise<void>): void {
    void this.#steps.run(async () => {
      if (this.#closed) return;
      try {
        await step();
      } catch (error) {
        this.#failed(error);
      }
      this.#lookWhoIsHere();
      this.#watch();
    });
  }

  #failed(error: unknown): void {
    // Somebody else leads by now, or the link broke: the next roster or welcome goes on.
    if (!(error instanceof RoomError)) this.ports.report(error);
  }

  /** Deals with another roster, or with people who came into view or went. */
  async #settle(): Promise<void> {
    await this.#lead();
    const given = this.#untimely;
    this.#untimely = null;
    if (given !== null && given.epoch === this.#roster.peek()?.epoch) await this.#take(given);
  }

  async #take(given: Given): Promise<void> {
    const { keys, meetingId } = this.ports;
    const { from, epoch, wrapped } = given;
    const roster = this.#roster.peek();
    const bytes = fromBase64Url(wrapped);
    if (roster === null || bytes === undefined) return;
    this.#roster.value = { ...roster, epoch };
    const pages = this.#pagesHere();
    // An epoch of somebody who isn't shown would be known to them, and to nobody's eyes.
    const peer = pages.find(({ participantId }) => participantId === from)?.publicKey;
    if (peer === undefined) return void (this.#untimely = given);
    const handover = await unwrapFrom(peer, { keys, meetingId, wrapped: bytes });
    if (handover === undefined || handover.epoch.id !== epoch) return;
    // A server that hands an old message on again must not bring an epoch back that somebody removed knows,
    if (this.#left.has(epoch)) return;
    // nor one that it kept back until now. Others may be using it, though: it was for people who have just come or gone.
    this.ports.hold(handover.epoch);
    if (toBase64Url(handover.people) !== toBase64Url(await peopleDigest(meetingId, pages))) {
      this.#untimely = given;
      return;
    }
    this.#made = null;
    if (handover.recording !== null) await this.#chain.take(handover.recording);
    this.#enter({ epoch: handover.epoch, pages });
  }

  /** The pages that take part and are shown. */
  #pagesHere(): RosterPage[] {
    const { me, isShown } = this.ports;
    return pagesOf(this.#roster.peek()).filter(({ participantId }) =>
      participantId === me || isShown(participantId)
    );
  }

  async #lead(): Promise<void> {
    const roster = this.#roster.peek();
    const { me, meetingId } = this.ports;
    if (roster?.leader !== me) {
      this.#made = null;
      this.#owes = false;
      return;
    }
    const pages = this.#pagesHere();
    const { removals } = roster;
    // After a removal the recording needs another secret, even if the room looks as before.
    if (this.#made?.removals === removals && samePages(this.#made.pages, pages)) return;
    this.#owes = true;
    // Whoever asks from here on is to have the next one.
    this.#made = null;
    const epoch = await makeSecret();
    const recording = roster.recorded ? await this.#chain.secretAfter(removals) : null;
    const people = await peopleDigest(meetingId, pages);
    const made = { epoch, pages, removals, handover: { people, epoch, recording } };
    const envelopes = recording === null
      ? []
      : await this.#chain.envelopes(recording, epoch, roster);
    this.ports.hold(epoch);
    const others = pages.filter(({ participantId }) => participantId !== me);
    await this.#distribute({
      epoch: epoch.id,
      keys: await Promise.all(others.map((page) => this.#wrap(page, made))),
      envelopes,
    });
    this.#chain.published(envelopes);
    this.#made = made;
    this.#owes = false;
    this.#roster.value = { ...roster, epoch: epoch.id };
    this.#enter(made);
  }

  /** Gives until an answer says that it was passed on; whoever is given the same twice is none the worse for it. */
  #distribute(given: ParamsOf<"keys.distribute">): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const give = () =>
        void this.ports.request("keys.distribute", given).then(() => resolve(), reject);
      this.#repeatTimer = setInterval(give, ASK_EVERY_MS);
      give();
    }).finally(() => clearInterval(this.#repeatTimer));
  }

  async #wrap(
    page: RosterPage,
    { handover }: { handover: Handover },
  ): Promise<{ to: string; wrapped: string }> {
    const { keys, meetingId } = this.ports;
    this.#note([page]);
    const wrapped = await wrapTo(page.publicKey, { keys, meetingId, handover });
    return { to: page.participantId, wrapped: toBase64Url(wrapped) };
  }

  /** Remembers who has had keys. */
  #note(pages: readonly RosterPage[]): void {
    const others = pages.filter(({ participantId }) => participantId !== this.ports.me);
    this.#holders.value = noteHolders(this.#holders.peek(), others, Date.now());
  }

  #enter({ epoch, pages }: Epoch): void {
    this.#askedInVain = 0;
    const before = this.#current?.epoch;
    if (before?.id === epoch.id) return;
    if (before !== undefined) this.#left.add(before.id);
    this.#note(pages);
    this.#current = { epoch, pages };
    this.#paused = false;
    this.ports.enter(epoch);
  }

  /** Whether the current epoch is for those who are here, and for how long it may go on if not. */
  #lookWhoIsHere(): void {
    const current = this.#current;
    if (this.#closed || current === null) return;
    const here = this.#pagesHere();
    const gone = lacking(current.pages, here);
    const suits = gone.length === 0 && here.length === current.pages.length;
    this.#covered.value = suits ? current.pages : null;
    if (gone.length > 0) {
      const { goneGraceMs = GONE_GRACE_MS } = this.ports;
      if (!this.#paused) this.#goneTimer ??= setTimeout(() => this.#pause(), goneGraceMs);
      return;
    }
    clearTimeout(this.#goneTimer);
    this.#goneTimer = undefined;
    if (!this.#paused) return;
    this.#paused = false;
    this.ports.enter(current.epoch);
  }

  /** Whoever is gone could still listen: a server may keep the next epoch from this page. */
  #pause(): void {
    this.#goneTimer = undefined;
    this.#paused = true;
    this.ports.leave();
  }

  /** Asks until this page has what the others use, and knows who is here. */
  #watch(): void {
    clearTimeout(this.#askTimer);
    if (this.#closed || !this.#lacks()) return;
    const again = this.#unheard || performance.now() - this.#askedAt < ASK_EVERY_MS;
    this.#askTimer = setTimeout(() => {
      if (this.#lacks()) this.#ask();
      this.#watch();
    }, again ? ASK_EVERY_MS : FIRST_ASK_MS);
  }

  #lacks(): boolean {
    const roster = this.#roster.peek();
    if (this.#unheard) return true;
    if (roster === null || roster.leader === null) return false;
    if (roster.leader === this.ports.me) return this.#owes || this.#isOutdated(roster);
    if (this.#current === null || this.#covered.peek() === null) return true;
    return roster.epoch !== null && roster.epoch !== this.#current.epoch.id;
  }

  /** Whether somebody is listed who has gone: that they were removed may have got lost. */
  #isOutdated({ people }: Roster): boolean {
    const { me, isShown } = this.ports;
    return people.some(({ participantId }) => participantId !== me && !isShown(participantId));
  }

  #ask(): void {
    this.#askedAt = performance.now();
    const leads = this.#roster.peek()?.leader === this.ports.me;
    if (this.#unheard || leads) return void this.announce();
    if (++this.#askedInVain % ASKS_BEFORE_ANNOUNCING === 0) void this.announce();
    this.ports.request("keys.ask", {}).catch((error) => this.#failed(error));
  }
}
