/**
 * Encrypts everything that one page sends.
 *
 * One counter serves all sources, layers and epochs of a page. A page that is loaded anew has another key pair, hence
 * another sender number and other keys.
 * Invariants: a counter is used once; without an epoch nothing is encrypted, and nothing may be sent.
 */
import type { MediaSource } from "../document/schema.ts";
import { encryptFrame } from "./frame.ts";
import { type Bytes, frameKey, type Secret } from "./secret.ts";

/** Frames that one page may encrypt. At 200 frames a second they last for eight months. */
const MAX_FRAMES = 0xffffffff;

export class FrameSealer {
  #counter = 0;
  #epoch: { number: number; key: CryptoKey } | null = null;

  constructor(private readonly page: { participantId: string; sender: number }) {}

  get epoch(): number | null {
    return this.#epoch?.number ?? null;
  }

  /** From here on frames are encrypted in this epoch. */
  async enter(secret: Secret): Promise<void> {
    this.#epoch = { number: secret.epoch, key: await frameKey(secret, this.page) };
  }

  /** From here on nothing is encrypted, until an epoch is entered. The counter goes on. */
  leave(): void {
    this.#epoch = null;
  }

  /** Undefined of what isn't to be sent: it can't be encrypted, or is empty, as browsers' Opus is now and then. */
  async seal(frame: Bytes, source: MediaSource): Promise<Bytes | undefined> {
    const epoch = this.#epoch;
    if (frame.length === 0 || epoch === null || this.#counter >= MAX_FRAMES) return undefined;
    const counter = ++this.#counter;
    const { sender } = this.page;
    const trailer = { epoch: epoch.number, sender, counter };
    return await encryptFrame(frame, { key: epoch.key, source, trailer });
  }
}
