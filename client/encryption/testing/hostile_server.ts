/** One page's agreement on keys, and a server that may say anything to it: it has keys of its own to claim places with. */
import { toBase64Url } from "../../../rooms/contract/encryption/base64url.ts";
import { makeSecret, type Secret } from "../../../rooms/contract/encryption/secret.ts";
import { peopleDigest } from "../../../rooms/contract/encryption/security_code.ts";
import {
  type Handover,
  makePageKeys,
  type PageKeys,
  unwrapFrom,
  wrapTo,
} from "../../../rooms/contract/encryption/wrapping.ts";
import { RoomError } from "../../../rooms/contract/errors.ts";
import type { ParamsOf } from "../../../rooms/contract/protocol/messages.ts";
import { KeyAgreement } from "../agreement.ts";
import type { AgreementPorts } from "../agreement_ports.ts";
import type { Roster, RosterPage } from "../roster.ts";

export const ME = "tara";
const MEETING = "m1";

/** A secret that the page gave away, and the key that opens it. */
interface Given {
  /** base64url */
  key: string;
  handover: Handover;
}

export class HostileServer {
  readonly agreement: KeyAgreement;
  /** Whom the page shows as being in the room. */
  readonly shown = new Set<string>();
  /** What the page encrypts in; null for nothing. */
  encrypts: Secret | null = null;
  readonly held: Secret[] = [];
  readonly kept: Secret[] = [];
  readonly faults: unknown[] = [];
  /** What the page gave to a key of the server's. */
  readonly given: Given[] = [];
  /** Secrets that the server gave to the page, by id: the key of the giver. */
  readonly madeHere = new Map<string, string>();
  /** Whether the page's keys are said to be passed on. */
  answers = true;
  distributions = 0;
  #leave = Promise.withResolvers<void>();

  private constructor(
    readonly mine: PageKeys,
    readonly keys: readonly PageKeys[],
    goneGraceMs: number,
  ) {
    this.agreement = new KeyAgreement({
      meetingId: MEETING,
      me: ME,
      keys: mine,
      kept: {
        list: () => Promise.resolve(this.kept),
        keep: (secret) => Promise.resolve(void this.kept.push(secret)),
      },
      request: (async (method: string, params: unknown) => {
        if (method !== "keys.distribute") throw new RoomError("unavailable", "not now");
        await this.#open(params as ParamsOf<"keys.distribute">);
        if (!this.answers) throw new RoomError("unavailable", "not now");
        return {};
      }) as AgreementPorts["request"],
      isShown: (id) => this.shown.has(id),
      hold: (secret) => void this.held.push(secret),
      enter: (secret) => void (this.encrypts = secret),
      leave: () => {
        this.encrypts = null;
        this.#leave.resolve();
        this.#leave = Promise.withResolvers();
      },
      report: (error) => void this.faults.push(error),
      goneGraceMs,
    });
  }

  /** `keys` of the server's own. */
  static async open(keys = 4, goneGraceMs = 60_000): Promise<HostileServer> {
    const all = await Promise.all(Array.from({ length: keys + 1 }, makePageKeys));
    return new HostileServer(all[0]!, all.slice(1), goneGraceMs);
  }

  /** Resolves when the page next stops encrypting. */
  get stops(): Promise<void> {
    return this.#leave.promise;
  }

  get myKey(): string {
    return toBase64Url(this.mine.publicKey);
  }

  /** One of the server's own keys. */
  key(number: number): string {
    return toBase64Url(this.keys[number]!.publicKey);
  }

  /** A roster of these people, as `[id, key]`, with the page itself in front unless `others` are all. */
  roster(
    others: readonly (readonly [string, string | null])[],
    change: Partial<Roster> & { alone?: boolean } = {},
  ): Roster {
    const { alone = true, ...fields } = change;
    const people = alone ? [[ME, this.myKey] as const, ...others] : others;
    return {
      leader: ME,
      people: people.map(([participantId, publicKey]) => ({ participantId, publicKey })),
      epoch: null,
      removals: 0,
      recorded: true,
      custodian: null,
      ...fields,
    };
  }

  async says(roster: Roster): Promise<void> {
    this.agreement.takeRoster(roster);
    await this.agreement.settled;
  }

  async shows(...ids: string[]): Promise<void> {
    this.shown.clear();
    for (const id of ids) this.shown.add(id);
    this.agreement.peopleChanged();
    await this.agreement.settled;
  }

  async asks(participantId: string): Promise<void> {
    this.agreement.takeAsked({ participantId });
    await this.agreement.settled;
  }

  /** Gives the page an epoch of the server's own, as from somebody, for these people. */
  async gives(from: string, number: number, pages: readonly RosterPage[]): Promise<Secret> {
    const keys = this.keys[number]!;
    const [epoch, recording] = [await makeSecret(), await makeSecret()];
    for (const { id } of [epoch, recording]) this.madeHere.set(id, toBase64Url(keys.publicKey));
    const people = await peopleDigest(MEETING, pages);
    const handover = { people, epoch, recording };
    const wrapped = await wrapTo(this.mine.publicKey, { keys, meetingId: MEETING, handover });
    this.agreement.takeGiven({ from, epoch: epoch.id, wrapped: toBase64Url(wrapped) });
    await this.agreement.settled;
    return epoch;
  }

  /** The server's keys that know a secret, whoever made it. */
  knowers({ id }: Secret): Set<string> {
    const maker = this.madeHere.get(id);
    const takers = this.given.filter(({ handover: { epoch, recording } }) =>
      epoch.id === id || recording?.id === id
    );
    return new Set([...(maker === undefined ? [] : [maker]), ...takers.map(({ key }) => key)]);
  }

  close(): void {
    this.agreement.close();
  }

  /** Tries each of the server's keys on all that the page gives away. */
  async #open({ keys }: ParamsOf<"keys.distribute">): Promise<void> {
    this.distributions++;
    for (const { wrapped } of keys) {
      for (const own of this.keys) {
        const handover = await unwrapFrom(this.mine.publicKey, {
          keys: own,
          meetingId: MEETING,
          wrapped: Uint8Array.fromBase64(wrapped, { alphabet: "base64url" }),
        });
        if (handover !== undefined) this.given.push({ key: toBase64Url(own.publicKey), handover });
      }
    }
  }
}
