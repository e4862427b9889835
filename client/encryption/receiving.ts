/**
 * Decrypts what comes from one source of one participant, in order.
 *
 * Frames of an epoch whose secret is still on its way are held for a moment, unless something later can be decrypted; what
 * can't be is dropped, and a video that lost a frame goes on with its next key frame, which is asked for.
 * Invariant: nothing that isn't authentic, or was taken before, reaches the decoder.
 */
import { readTrailer } from "../../rooms/contract/encryption/frame.ts";
import type { KeyRing } from "../../rooms/contract/encryption/key_ring.ts";
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import type { EncodedFrame } from "./encoded_frames.ts";
import type { SeenFrames } from "./seen_frames.ts";

/** About four seconds of a video. Late audio is of no use to anybody. */
const HELD_VIDEO = 120;
const HELD_AUDIO = 25;
const KEY_FRAME_EVERY_MS = 1000;
/** A shorter wait isn't worth a word. */
const PATIENCE_MS = 400;

export interface ReceivingPorts {
  ring: KeyRing;
  /** Shared by all sources: a frame that was received once is never taken again, whatever consumer brings it. */
  seen: SeenFrames;
  /** The page that frames must come from; undefined while it isn't known. */
  sender(): number | undefined;
  missing(epoch: number): void;
  waiting(waiting: boolean): void;
  askKeyFrame(): void;
  /** A monotonic clock in milliseconds. */
  now(): number;
}

export class ReceivedSource {
  readonly #held: EncodedFrame[] = [];
  readonly #isVideo: boolean;
  #pumping = false;
  #again = false;
  /** A frame is missing from the video. */
  #broken = false;
  #askedAt = -Infinity;
  #stuckSince: number | null = null;
  #isWaiting = false;

  constructor(
    private readonly origin: { participantId: string; source: MediaSource },
    private readonly ports: ReceivingPorts,
    private readonly output: (frame: EncodedFrame) => void,
  ) {
    this.#isVideo = origin.source === "video" || origin.source === "screen";
  }

  /** The next frame from the network. */
  async take(frame: EncodedFrame): Promise<void> {
    this.#held.push(frame);
    if (this.#held.length > (this.#isVideo ? HELD_VIDEO : HELD_AUDIO)) {
      this.#held.shift();
      this.#lost();
    }
    await this.pump();
  }

  /** Hands on what can be decrypted by now. */
  async pump(): Promise<void> {
    this.#again = true;
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#again) {
        this.#again = false;
        while (this.#held.length > 0 && (await this.#step(this.#held[0]!) || this.#skip()));
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Deals with the oldest frame; false when it has to wait. */
  async #step(frame: EncodedFrame): Promise<boolean> {
    const { participantId, source } = this.origin;
    const sender = this.ports.sender();
    if (sender === undefined) {
      this.#stuck();
      return false;
    }
    const data = new Uint8Array(frame.data);
    const opened = await this.ports.ring.open(data, { participantId, source, sender });
    if (this.#held[0] !== frame) return true;
    if (opened.status === "no-key") {
      this.ports.missing(opened.epoch);
      this.#stuck();
      return false;
    }
    this.#held.shift();
    if (opened.status === "unreadable") {
      this.#lost();
      this.#stuck();
      return true;
    }
    if (!this.ports.seen.take({ participantId, sender }, opened.counter)) return true;
    this.#flows();
    const isKeyFrame = this.#isVideo && (opened.frame[0]! & 1) === 0;
    if (this.#broken && !isKeyFrame) {
      this.#askKeyFrame();
      return true;
    }
    this.#broken = false;
    frame.data = opened.frame.buffer;
    this.output(frame);
    return true;
  }

  /** Lets go of what can't be decrypted once there is something behind it that can: it is of before we came. */
  #skip(): boolean {
    if (!this.#canOpen(this.#held.at(-1)!)) return false;
    const unread = this.#held.findIndex((frame) => this.#canOpen(frame));
    this.#held.splice(0, unread);
    if (unread > 0) this.#lost();
    return true;
  }

  #canOpen({ data }: EncodedFrame): boolean {
    const trailer = readTrailer(new Uint8Array(data));
    return trailer !== undefined && trailer.sender === this.ports.sender() &&
      this.ports.ring.has(trailer.epoch);
  }

  #lost(): void {
    if (!this.#isVideo) return;
    this.#broken = true;
    this.#askKeyFrame();
  }

  #askKeyFrame(): void {
    if (this.ports.now() - this.#askedAt < KEY_FRAME_EVERY_MS) return;
    this.#askedAt = this.ports.now();
    this.ports.askKeyFrame();
  }

  #stuck(): void {
    this.#stuckSince ??= this.ports.now();
    if (this.#isWaiting || this.ports.now() - this.#stuckSince < PATIENCE_MS) return;
    this.#isWaiting = true;
    this.ports.waiting(true);
  }

  #flows(): void {
    this.#stuckSince = null;
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.ports.waiting(false);
  }
}
