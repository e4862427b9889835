/**
 * Turns verdicts on delay and loss into a bitrate (draft-ietf-rmcat-gcc-02 §5.5 and §6): up carefully while nothing
 * is wrong, down to what really arrived when a queue grows, down in proportion when much is lost.
 *
 * Pure. Invariant: the rate never leaves {@linkcode MIN_BPS} … {@linkcode MAX_BPS}.
 */
import type { Usage } from "./delay_trend.ts";

export const MIN_BPS = 30_000;
export const MAX_BPS = 20_000_000;
const BACKOFF = 0.9;
/** What arrived in a bad moment may be much too little. */
const MAX_BACKOFF = 0.5;
const GROWTH_A_SECOND = 1.08;
/** How far an estimate may grow beyond what is really used. */
const MAX_UNUSED = 1.5;
const UNUSED_BPS = 10_000;
/** How long a decrease is given to show, beside the round trip. */
const SETTLE_MS = 100;
/** A queue of that length is to drain before the rate grows again. */
export const QUEUED_MS = 60;
/** A queue that grows is at least that long before it counts. */
const GROWING_MS = 15;
/** One that doesn't grow but stands there costs a little, now and then: others may be filling it. */
const STANDING_MS = 100;
const STANDING_EVERY_MS = 1500;
/** From a probe's start to its result. */
const PROBE_MS = 500;
const PACKET_BITS = 9600;
const FRAMES_A_SECOND = 30;
const MIN_GROWTH_BPS = 4000;

const SILENT_FACTOR = 0.7;
const SILENT_BPS = 200_000;

const HIGH_LOSS = 0.1;
/** Radio and bad cables lose packets whatever is sent: loss without delay counts less and less, up to this. */
const MAX_INHERENT_LOSS = 0.12;
const INHERENT_A_SECOND = 0.02;

/** What is known when feedback has come. */
export interface Observation {
  usage: Usage;
  /** How long packets wait in queues. */
  queueMs: number;
  /** Bits a second that arrived lately, undefined while that isn't known. */
  arrived: number | undefined;
  /** Bits a second sent lately. */
  sent: number;
  roundTripMs: number;
}

export class RateControl {
  #rate: number;
  #lastMs = -1;
  #decreasedMs = -Infinity;
  /** What arrived when queues grew: mean and deviation, in kbit/s. */
  #capacity: { mean: number; variance: number } | undefined;
  #inherentLoss = 0;
  #lossDecreasedMs = -Infinity;

  constructor(startBps: number) {
    this.#rate = startBps;
  }

  get bitsPerSecond(): number {
    return this.#rate;
  }

  /** A probe got this much through. It may have been too much meanwhile. */
  raise(bps: number, nowMs: number): void {
    if (bps > this.#rate && nowMs - this.#decreasedMs > PROBE_MS) this.#set(bps);
  }

  /** Nothing is heard of the receiver: better to send less, though a video's lowest layer still fits. */
  lowerInSilence(): void {
    this.#set(Math.min(this.#rate, Math.max(SILENT_BPS, this.#rate * SILENT_FACTOR)));
  }

  /** What was known holds no longer: there was no way at all for a while, or there is another one. */
  restart(bps: number): void {
    this.#capacity = undefined;
    this.#lastMs = -1;
    this.#set(bps);
  }

  observe({ usage, queueMs, arrived, sent, roundTripMs }: Observation, nowMs: number): void {
    const elapsedMs = this.#lastMs < 0 ? 0 : Math.min(1000, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    const standing = queueMs > STANDING_MS && nowMs - this.#decreasedMs > STANDING_EVERY_MS;
    // Delays that grow without a queue are a busy computer's, or an unsteady path's.
    const overuse = usage === "overuse" && queueMs > GROWING_MS;
    if (overuse || standing) this.#decrease(arrived, sent, roundTripMs, nowMs);
    else if (usage === "normal" && queueMs < QUEUED_MS) {
      this.#increase(arrived, roundTripMs, elapsedMs);
    }
  }

  #decrease(
    arrived: number | undefined,
    sent: number,
    roundTripMs: number,
    nowMs: number,
  ): void {
    const settled = nowMs - this.#decreasedMs > roundTripMs + SETTLE_MS;
    const far = arrived !== undefined && arrived < this.#rate / 2;
    if (!settled && !far) return;
    this.#decreasedMs = nowMs;
    if (arrived === undefined) return this.#set(this.#rate * BACKOFF);
    // Little was sent and all of it came: others fill the queue.
    const unused = sent < this.#rate * 0.6 && arrived > sent * 0.9;
    if (unused) return this.#set(this.#rate * BACKOFF);
    this.#learnCapacity(arrived / 1000);
    this.#set(Math.min(this.#rate, Math.max(arrived * BACKOFF, this.#rate * MAX_BACKOFF)));
  }

  #learnCapacity(kbps: number): void {
    const known = this.#capacity;
    if (known === undefined || this.#isBeyond(kbps)) {
      this.#capacity = { mean: kbps, variance: 0.4 };
      return;
    }
    const error = kbps - known.mean;
    known.mean += 0.05 * error;
    known.variance = Math.min(
      2.5,
      Math.max(0.4, 0.95 * known.variance + 0.05 * error * error / known.mean),
    );
  }

  #isBeyond(kbps: number): boolean {
    if (this.#capacity === undefined) return false;
    const { mean, variance } = this.#capacity;
    return Math.abs(kbps - mean) > 3 * Math.sqrt(variance * mean);
  }

  #increase(arrived: number | undefined, roundTripMs: number, elapsedMs: number): void {
    const kbps = (arrived ?? 0) / 1000;
    if (this.#capacity !== undefined && kbps > this.#capacity.mean && this.#isBeyond(kbps)) {
      this.#capacity = undefined;
    }
    const seconds = elapsedMs / 1000;
    const grown = this.#capacity === undefined
      ? this.#rate * GROWTH_A_SECOND ** seconds
      : this.#rate + this.#step(roundTripMs) * seconds;
    const used = (arrived ?? this.#rate) * MAX_UNUSED + UNUSED_BPS;
    this.#set(Math.max(this.#rate, Math.min(grown, used)));
  }

  /** Near the capacity: about a packet a response time. */
  #step(roundTripMs: number): number {
    const frame = this.#rate / FRAMES_A_SECOND;
    const packet = frame / Math.ceil(frame / PACKET_BITS);
    return Math.max(MIN_GROWTH_BPS, packet * 1000 / (roundTripMs + SETTLE_MS));
  }

  /** Takes the part of the packets of about a second that was lost, 0–1. */
  observeLoss(lost: number, roundTripMs: number, nowMs: number): void {
    const calm = nowMs - this.#decreasedMs > 2000;
    if (lost < this.#inherentLoss) this.#inherentLoss = lost;
    else if (calm) {
      this.#inherentLoss = Math.min(
        lost,
        MAX_INHERENT_LOSS,
        this.#inherentLoss + INHERENT_A_SECOND,
      );
    }
    const excess = lost - this.#inherentLoss;
    if (excess <= HIGH_LOSS || nowMs - this.#lossDecreasedMs < roundTripMs + 300) return;
    this.#lossDecreasedMs = nowMs;
    this.#set(this.#rate * (1 - 0.5 * excess));
  }

  #set(bps: number): void {
    this.#rate = Math.min(MAX_BPS, Math.max(MIN_BPS, bps));
  }
}
