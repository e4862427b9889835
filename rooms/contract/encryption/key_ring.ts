/**
 * The epochs that a page or a player holds, and the frame keys derived from them.
 *
 * A frame names its epoch and its sender's page; who the participant is, the caller knows. Keys are derived once.
 */
import { decryptFrame, readTrailer } from "./frame.ts";
import { type Bytes, frameKey, type Secret } from "./secret.ts";
import type { MediaSource } from "../document/schema.ts";

/** Where a frame came from, as far as it isn't written on it. */
export interface Origin {
  participantId: string;
  source: MediaSource;
  /** The page that it must be from, where that is known. */
  sender?: number;
}

/** `unreadable` is no frame of ours, of somebody else, or altered. */
export type Opened =
  | { status: "opened"; frame: Bytes; epoch: number; sender: number; counter: number }
  | { status: "no-key"; epoch: number }
  | { status: "unreadable" };

export class KeyRing {
  readonly #epochs = new Map<number, Secret>();
  readonly #keys = new Map<string, Promise<CryptoKey>>();

  /** Holds the newest `limit` epochs; earlier ones are forgotten. */
  constructor(private readonly limit = Infinity) {}

  has(epoch: number): boolean {
    return this.#epochs.has(epoch);
  }

  add(secret: Secret): void {
    this.#epochs.delete(secret.epoch);
    this.#epochs.set(secret.epoch, secret);
    for (const epoch of this.#epochs.keys()) {
      if (this.#epochs.size <= this.limit) break;
      this.#forget(epoch);
    }
  }

  /** Adds an epoch that others end with; answers what forgets those. */
  supersede(secret: Secret): () => void {
    const earlier = [...this.#epochs.keys()].filter((epoch) => epoch !== secret.epoch);
    this.add(secret);
    return () => earlier.forEach((epoch) => this.#forget(epoch));
  }

  #forget(epoch: number): void {
    this.#epochs.delete(epoch);
    for (const name of this.#keys.keys()) {
      if (name.startsWith(`${epoch}/`)) this.#keys.delete(name);
    }
  }

  /** Null for an epoch that isn't held. */
  key(epoch: number, page: { participantId: string; sender: number }): Promise<CryptoKey> | null {
    const secret = this.#epochs.get(epoch);
    if (secret === undefined) return null;
    const name = `${epoch}/${page.sender}/${page.participantId}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = frameKey(secret, page);
    this.#keys.set(name, key);
    return key;
  }

  async open(frame: Bytes, { participantId, source, sender }: Origin): Promise<Opened> {
    const trailer = readTrailer(frame);
    if (trailer === undefined) return { status: "unreadable" };
    if (sender !== undefined && sender !== trailer.sender) return { status: "unreadable" };
    const { epoch, sender: from, counter } = trailer;
    const key = this.key(epoch, { participantId, sender: from });
    if (key === null) return { status: "no-key", epoch };
    const opened = await decryptFrame(frame, { key: await key, source });
    if (opened === undefined) return { status: "unreadable" };
    return { status: "opened", frame: opened, epoch, sender: from, counter };
  }
}
