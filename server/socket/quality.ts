/**
 * How well what people send arrives at the server, asked of the media engine once in a while for each room.
 *
 * Invariant: one question is under way at most, and a room in which nobody sends asks nothing.
 */
import type { Activity } from "../../rooms/activity.ts";
import type { MediaEngine, ProducerStats } from "../sfu/engine.ts";

const EVERY_MS = 10_000;

export class QualitySampler {
  #askedAt = 0;
  #asking = false;
  #last = new Map<string, ProducerStats>();

  constructor(private readonly engine: Pick<MediaEngine, "stats">) {}

  /** Asks when that is due. `ownerOf` names the participant of a producer. */
  async tick(
    now: number,
    routerId: string,
    ownerOf: (producerId: string) => string | undefined,
    activity: Pick<Activity, "received">,
  ): Promise<void> {
    const spanMs = Math.min(now - this.#askedAt, EVERY_MS);
    if (this.#asking || now - this.#askedAt < EVERY_MS) return;
    this.#asking = true;
    this.#askedAt = now;
    try {
      const stats = await this.engine.stats(routerId);
      const people = new Map<string, { packets: number; lost: number; jitterMs: number }>();
      for (const { producerId, packets, lost, jitterMs } of stats) {
        const owner = ownerOf(producerId);
        if (owner === undefined) continue;
        const before = this.#last.get(producerId);
        const sum = people.get(owner) ?? { packets: 0, lost: 0, jitterMs: 0 };
        const arrived = packets - (before?.packets ?? 0);
        sum.packets += arrived;
        sum.lost += Math.max(0, lost - (before?.lost ?? 0));
        if (arrived > 0) sum.jitterMs = Math.max(sum.jitterMs, jitterMs);
        people.set(owner, sum);
      }
      this.#last = new Map(stats.map((entry) => [entry.producerId, entry]));
      for (const [owner, sum] of people) activity.received(owner, { ...sum, spanMs });
    } finally {
      this.#asking = false;
    }
  }
}
