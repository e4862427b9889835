/**
 * A network path on simulated time, by seed: a bottleneck with a queue, delay with jitter, loss, and other traffic.
 *
 * For tests. Packets go in with the time; each arrives later or never.
 */
import { Random } from "../../../tests/fuzz/guard/random.ts";

export interface LinkOptions {
  seed: number;
  /** Bits a second at a time. */
  capacity: (nowMs: number) => number;
  delayMs: number;
  /** What another route adds to the delay at a time. */
  detourMs?: (nowMs: number) => number;
  jitterMs?: number;
  loss?: number;
  /** How much waits at the bottleneck before packets are dropped, as time at its rate. */
  queueMs?: number;
  /** Bits a second that others send through the same bottleneck. */
  others?: (nowMs: number) => number;
}

export class SimulatedLink {
  readonly #options: Required<LinkOptions>;
  readonly #random: Random;
  /** When the bottleneck will have sent what waits. */
  #freeMs = 0;
  #lastMs = 0;
  #lastArrivalMs = 0;

  constructor(options: LinkOptions) {
    this.#options = {
      jitterMs: 0,
      loss: 0,
      queueMs: 400,
      others: () => 0,
      detourMs: () => 0,
      ...options,
    };
    this.#random = new Random(options.seed);
  }

  /** When a packet that is sent now arrives, undefined when it is lost. */
  send(bytes: number, nowMs: number): number | undefined {
    const { capacity, delayMs, detourMs, jitterMs, loss, queueMs, others } = this.#options;
    const rate = capacity(nowMs);
    const otherBits = others(nowMs) * (nowMs - this.#lastMs) / 1000;
    this.#freeMs = Math.max(this.#freeMs, this.#lastMs) + otherBits * 1000 / rate;
    this.#lastMs = nowMs;
    this.#freeMs = Math.min(this.#freeMs, nowMs + queueMs);
    if (this.#random.chance(loss) || this.#freeMs - nowMs >= queueMs) return undefined;
    this.#freeMs = Math.max(this.#freeMs, nowMs) + bytes * 8000 / rate;
    const wayMs = delayMs + detourMs(nowMs);
    const arrivalMs = this.#freeMs + wayMs + this.#random.next() * jitterMs;
    // A path keeps its packets in order.
    this.#lastArrivalMs = Math.max(arrivalMs, this.#lastArrivalMs);
    return this.#lastArrivalMs;
  }
}
