/**
 * The ICE-lite agent of one transport: who may reach it, and where its packets go (RFC 8445 §2.5, RFC 7675).
 *
 * It never sends a check; the browser does. The first address with a valid check is used until the browser
 * nominates one. After a restart the old credentials and the old address work until a nomination under the new
 * credentials. Consent is a valid check within {@linkcode CONSENT_MS}.
 * Invariant: an address is sent to for no longer than {@linkcode QUIET_MS} without a check of its own, while another one
 * checks: one datagram with a forged source doesn't lead the packets elsewhere for good (RFC 8445 §19.5.1).
 */
import type { Remote } from "../ports.ts";
import {
  type BindingRequest,
  type Hmac,
  verifyBindingRequest,
  writeBindingSuccess,
  writeRoleConflict,
} from "../packets/stun.ts";

/** RFC 7675 §5.1. */
export const CONSENT_MS = 30_000;
/** Browsers check every five seconds at least, most more often. */
export const QUIET_MS = 7000;
/** A browser tries a handful of addresses; the rest would be a flood under a leaked password. */
const MAX_ADDRESSES = 8;

export interface IceCredentials {
  ufrag: string;
  password: string;
}

interface Credentials extends IceCredentials {
  key: Uint8Array;
}

/** What a check leads to. The transport keeps the address tables, so the changes are told. */
export interface IceOutcome {
  answer: Uint8Array;
  /** An address that may now send media and DTLS. */
  added?: Remote;
  /** An address that may not any more. */
  removed?: Remote;
  /** Ufrags that no longer lead here. */
  retired?: string;
}

export class IceAgent {
  #current: Credentials;
  #previous: Credentials | undefined;
  /** Oldest first. */
  readonly #addresses: Remote[] = [];
  #selected: Remote | undefined;
  #nominated = false;
  /** Of any address, and of the selected one. */
  #lastCheckMs: number | undefined;
  #selectedCheckMs = -Infinity;

  constructor(credentials: IceCredentials) {
    this.#current = withKey(credentials);
  }

  get credentials(): IceCredentials {
    return { ufrag: this.#current.ufrag, password: this.#current.password };
  }

  /** Every ufrag that leads to this agent. */
  get ufrags(): string[] {
    return [this.#current, this.#previous].flatMap((known) =>
      known === undefined ? [] : known.ufrag
    );
  }

  get addresses(): readonly Remote[] {
    return this.#addresses;
  }

  /** Where to send; undefined before the first valid check. */
  get selected(): Remote | undefined {
    return this.#selected;
  }

  /** Takes new credentials; answers a ufrag that no longer leads here, when there was an earlier restart. */
  restart(credentials: IceCredentials): string | undefined {
    const retired = this.#previous?.ufrag;
    this.#previous = this.#current;
    this.#current = withKey(credentials);
    return retired;
  }

  /** Judges a check that names one of our ufrags; undefined when its password is wrong. */
  receive(
    bytes: Uint8Array,
    request: BindingRequest,
    from: Remote,
    nowMs: number,
    hmac: Hmac,
  ): IceOutcome | undefined {
    const known = request.localUfrag === this.#current.ufrag
      ? this.#current
      : request.localUfrag === this.#previous?.ufrag
      ? this.#previous
      : undefined;
    if (known === undefined || !verifyBindingRequest(bytes, request, known.key, hmac)) {
      return undefined;
    }
    if (request.controlled) return { answer: writeRoleConflict(request, known.key, hmac) };
    this.#lastCheckMs = nowMs;
    const outcome: IceOutcome = { answer: writeBindingSuccess(request, from, known.key, hmac) };
    this.#admit(from, outcome);
    if (this.#selected === undefined) this.#selected = from;
    else if (from !== this.#selected && nowMs - this.#selectedCheckMs > QUIET_MS) {
      this.#selected = from;
    }
    if (request.useCandidate && (known === this.#current || !this.#nominated)) {
      this.#selected = from;
      this.#nominated = true;
      if (known === this.#current && this.#previous !== undefined) {
        outcome.retired = this.#previous.ufrag;
        this.#previous = undefined;
      }
    }
    if (this.#selected === from) this.#selectedCheckMs = nowMs;
    return outcome;
  }

  #admit(from: Remote, outcome: IceOutcome): void {
    if (this.#addresses.includes(from)) return;
    // A socket may have forgotten an address and made a new object for it.
    const same = this.#addresses.findIndex((known) =>
      known.port === from.port && known.address === from.address &&
      known.protocol === from.protocol
    );
    const evicted = same >= 0
      ? same
      : this.#addresses.length >= MAX_ADDRESSES
      ? this.#addresses.findIndex((known) => known !== this.#selected)
      : -1;
    if (evicted >= 0) {
      const removed = this.#addresses.splice(evicted, 1)[0]!;
      outcome.removed = removed;
      if (this.#selected === removed) this.#selected = from;
    }
    this.#addresses.push(from);
    outcome.added = from;
  }

  /** True when the peer has missed a check: their network is gone, or they are asleep. */
  quiet(nowMs: number): boolean {
    return this.#lastCheckMs !== undefined && nowMs - this.#lastCheckMs > QUIET_MS;
  }

  /** True when the peer has been silent for too long; a peer that never came is only late. */
  expired(nowMs: number): boolean {
    return this.#lastCheckMs !== undefined && nowMs - this.#lastCheckMs > CONSENT_MS;
  }
}

function withKey(credentials: IceCredentials): Credentials {
  return { ...credentials, key: new TextEncoder().encode(credentials.password) };
}
