/**
 * How this page and the others of a room agree on the epochs' secrets (SECURITY.md, *Epochs*).
 *
 * The server says who leads. The leader makes a new epoch whenever the pages of the room are others than those that have the
 * last one, and whenever it comes to lead; it wraps the secret to each page that this page shows. Everybody else takes
 * what the leader gives, and asks for what is missing. Any message may get lost: what has no answer, or no effect, is said
 * again. No sockets, no frames: what comes is taken one after the other.
 * Invariants: a secret goes only to people who are shown; an epoch is entered only while exactly those are here whom it was
 * made for, and never again once it was left.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { RoomError } from "../../rooms/errors.ts";
import { fromBase64Url, toBase64Url } from "../../rooms/encryption/base64url.ts";
import { type Bytes, makeSecret, type Secret } from "../../rooms/encryption/secret.ts";
import { peopleDigest } from "../../rooms/encryption/security_code.ts";
import {
  type PageKeys,
  sealEnvelope,
  sealToCustodian,
  unwrapFrom,
  wrapTo,
} from "../../rooms/encryption/wrapping.ts";
import type { NoticeParams, ParamsOf, ResultOf } from "../../rooms/protocol/messages.ts";

export type Roster = NoticeParams<"keys.roster">;
type KeyMethod = "keys.announce" | "keys.distribute" | "keys.ask";
type Given = NoticeParams<"keys.given">;
type Envelope = ParamsOf<"keys.distribute">["envelopes"] & object;

/** What was given may still be on its way. */
const FIRST_ASK_MS = 300;
/** Also for how long an answer is waited for before the request is repeated. */
const ASK_EVERY_MS = 1000;
/** Every so many questions in vain this page announces itself again: it may have missed who is here. */
const ASKS_BEFORE_ANNOUNCING = 2;
/** An epoch that nobody gives us any more, as one from before we came. */
const ASKS_PER_EPOCH = 5;
/** Links to earlier recording secrets, of one epoch. */
const MAX_LINKS = 32;

/** The recording's secrets that this browser holds, the newest last. */
export interface RecordingSecrets {
  list(): Promise<Secret[]>;
  keep(secret: Secret): Promise<void>;
}

export interface AgreementPorts {
  meetingId: string;
  /** This page's participant id. */
  me: string;
  keys: PageKeys;
  kept: RecordingSecrets;
  request<M extends KeyMethod>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>>;
  /** Whether this page shows somebody as being in the room. */
  isShown(participantId: string): boolean;
  /** From here on this page can decrypt this epoch: others may be quicker than the answer that it is everybody's. */
  hold(epoch: Secret): void;
  /** From here on this page encrypts in this epoch, and can decrypt it. */
  enter(epoch: Secret): void;
  /** A fault of ours. */
  report(error: unknown): void;
}

export class KeyAgreement {
  readonly #roster = signal<Roster | null>(null);
  /** The epoch that this page encrypts in, and for whom it was made. */
  #current: { epoch: Secret; people: Bytes } | null = null;
  /** Whether exactly those are here for whom the current epoch was made. */
  #suits = true;
  /** An announcement that has no answer yet. */
  #unheard = false;
  /** This page leads, and the others don't have what it makes. */
  #owes = false;
  /** Ids of the epochs that this page has left. */
  readonly #left = new Set<string>();
  /** The epoch that this page made as the leader, and for whom: after how many removals, for which pages. */
  #made: { epoch: Secret; people: Bytes; pages: string } | null = null;
  /** What was given for other people than this page shows: they may come into view yet, or go. */
  #untimely: Given | null = null;
  /** `removals`: how many there had been when this secret was certainly still unknown to everybody removed. */
  #recording: { secret: Secret; removals: number } | null = null;
  /** What this page has published envelopes of, by `by/of`. */
  readonly #published = new Set<string>();
  readonly #asks = new Map<number, number>();
  #askedAt = -Infinity;
  #askedInVain = 0;
  #askTimer: ReturnType<typeof setTimeout> | undefined;
  #repeatTimer: ReturnType<typeof setInterval> | undefined;
  #tail: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly ports: AgreementPorts) {}

  get roster(): ReadonlySignal<Roster | null> {
    return this.#roster;
  }

  /** Resolves when everything that came so far is dealt with. */
  get settled(): Promise<void> {
    return this.#tail;
  }

  /** After each welcome. */
  announce(): Promise<void> {
    // While this page was away somebody else may have led, and somebody may have been removed.
    if (this.#recording !== null) this.#recording.removals = 0;
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
      this.#roster.value = roster;
      await this.#settle();
    });
  }

  /** Somebody came into view or went. */
  peopleChanged(): void {
    this.#enqueue(() => this.#settle());
  }

  takeGiven(given: Given): void {
    this.#enqueue(() => this.#take(given));
  }

  /** Somebody misses what this page made. */
  takeAsked({ participantId }: NoticeParams<"keys.asked">): void {
    this.#enqueue(async () => {
      const made = this.#made;
      const page = pagesOf(this.#roster.peek()).find((page) =>
        page.participantId === participantId
      );
      if (made === null || page === undefined || !this.ports.isShown(participantId)) return;
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
    clearInterval(this.#repeatTimer);
  }

  #enqueue(step: () => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      if (this.#closed) return;
      try {
        await step();
        this.#suits = await this.#isForThese();
      } catch (error) {
        this.#failed(error);
      }
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
    const peer = pagesOf(roster).find(({ participantId }) => participantId === from)?.publicKey;
    const bytes = fromBase64Url(wrapped);
    if (roster !== null) this.#roster.value = { ...roster, epoch };
    if (roster === null || peer === undefined || bytes === undefined) return;
    const handover = await unwrapFrom(peer, { keys, meetingId, wrapped: bytes });
    if (handover === undefined || handover.epoch.id !== epoch) return;
    // A server that hands an old message on again must not bring an epoch back that somebody removed knows,
    if (this.#left.has(epoch)) return;
    // nor one that it kept back until now. Others may be using it, though: it was for people who have just come or gone.
    this.ports.hold(handover.epoch);
    if (toBase64Url(handover.people) !== toBase64Url(await this.#people(roster))) {
      this.#untimely = given;
      return;
    }
    this.#made = null;
    if (handover.recording !== null) {
      // It may have been on its way before the last removal: who leads after one begins with another.
      this.#recording = { secret: handover.recording, removals: 0 };
      await this.ports.kept.keep(handover.recording);
    }
    this.#enter(handover);
  }

  /** The pages that take part and are shown. */
  #pagesHere(roster: Roster): RosterPage[] {
    const { me, isShown } = this.ports;
    return pagesOf(roster).filter(({ participantId }) =>
      participantId === me || isShown(participantId)
    );
  }

  #people(roster: Roster): Promise<Bytes> {
    return peopleDigest(this.ports.meetingId, this.#pagesHere(roster));
  }

  async #lead(): Promise<void> {
    const roster = this.#roster.peek();
    const { me } = this.ports;
    if (roster?.leader !== me) {
      this.#made = null;
      this.#owes = false;
      return;
    }
    const pages = this.#pagesHere(roster);
    const names = pages.map(({ participantId, publicKey }) =>
      `${participantId}:${toBase64Url(publicKey)}`
    ).sort().join(" ");
    // After a removal the recording needs another secret, even if the room looks as before.
    const pagesNow = `${roster.removals} ${names}`;
    if (this.#made?.pages === pagesNow) return;
    this.#owes = true;
    const people = await peopleDigest(this.ports.meetingId, pages);
    const epoch = await makeSecret();
    const recording = roster.recorded ? await this.#recordingSecret(roster) : null;
    const envelopes = recording === null
      ? []
      : await this.#envelopes(recording, epoch, roster.custodian);
    this.ports.hold(epoch);
    const others = pages.filter(({ participantId }) => participantId !== me);
    await this.#distribute({
      epoch: epoch.id,
      keys: await Promise.all(others.map((page) => this.#wrap(page, { people, epoch }))),
      envelopes,
    });
    for (const { by, of } of envelopes) this.#published.add(`${by}/${of}`);
    this.#made = { epoch, people, pages: pagesNow };
    this.#owes = false;
    this.#roster.value = { ...roster, epoch: epoch.id };
    this.#enter({ epoch, people });
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
    { people, epoch }: { people: Bytes; epoch: Secret },
  ): Promise<{ to: string; wrapped: string }> {
    const { keys, meetingId } = this.ports;
    const handover = { people, epoch, recording: this.#recording?.secret ?? null };
    const wrapped = await wrapTo(page.publicKey, { keys, meetingId, handover });
    return { to: page.participantId, wrapped: toBase64Url(wrapped) };
  }

  /** The secret that the recording is kept under. Who was removed knows the one before, and not the next. */
  async #recordingSecret({ removals }: Roster): Promise<Secret> {
    if (this.#recording?.removals === removals) return this.#recording.secret;
    const kept = this.#recording === null && removals === 0
      ? (await this.ports.kept.list()).at(-1)
      : undefined;
    const secret = kept ?? await makeSecret();
    await this.ports.kept.keep(secret);
    this.#recording = { secret, removals };
    return secret;
  }

  /** Whoever holds the newest secret of the recording can open the epoch, and everything before. */
  async #envelopes(
    recording: Secret,
    epoch: Secret,
    custodian: string | null,
  ): Promise<Envelope> {
    const earlier = (await this.ports.kept.list())
      .filter(({ id }) => id !== recording.id && !this.#published.has(`${recording.id}/${id}`))
      .slice(-MAX_LINKS);
    const envelopes: Envelope = await Promise.all(
      [epoch, ...earlier].map(async (secret) => ({
        by: recording.id,
        of: secret.id,
        wrapped: toBase64Url(await sealEnvelope(recording, secret)),
      })),
    );
    const custodianKey = fromBase64Url(custodian ?? "");
    if (custodian === null || custodianKey === undefined) return envelopes;
    if (this.#published.has(`null/${recording.id}`)) return envelopes;
    const { meetingId } = this.ports;
    const wrapped = await sealToCustodian(custodianKey, { meetingId, secret: recording });
    return [...envelopes, { by: null, of: recording.id, wrapped: toBase64Url(wrapped) }];
  }

  #enter({ epoch, people }: { epoch: Secret; people: Bytes }): void {
    this.#askedInVain = 0;
    const before = this.#current?.epoch;
    if (before?.id === epoch.id) return;
    if (before !== undefined) this.#left.add(before.id);
    this.#current = { epoch, people };
    this.ports.enter(epoch);
  }

  async #isForThese(): Promise<boolean> {
    const roster = this.#roster.peek();
    if (roster === null || this.#current === null) return true;
    return toBase64Url(this.#current.people) === toBase64Url(await this.#people(roster));
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
    if (this.#current === null || !this.#suits) return true;
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

interface RosterPage {
  participantId: string;
  publicKey: Uint8Array<ArrayBuffer>;
}

/** The pages that take part. */
export function pagesOf(roster: Roster | null): RosterPage[] {
  return (roster?.people ?? []).flatMap(({ participantId, publicKey }) => {
    const bytes = publicKey === null ? undefined : fromBase64Url(publicKey);
    return bytes === undefined ? [] : [{ participantId, publicKey: bytes }];
  });
}
