/**
 * How good people's connections are, as the media engine tells; and how well what they send arrives at the server,
 * asked of it once in a while for each room.
 *
 * Invariant: one question is under way at most, and a room in which nobody sends asks nothing.
 */
import type { Activity } from "../../rooms/activity.ts";
import type { MonotonicMs } from "../../rooms/clocks.ts";
import type { NoticeParams } from "../../rooms/contract/protocol/messages.ts";
import { worseGrade } from "../sfu/bandwidth/connection_quality.ts";
import type { MediaEngine, ProducerStats, TransportQuality } from "../sfu/media_engine.ts";

const EVERY_MS = 10_000;
/** That one notice tells of. */
const MAX_PEOPLE = 200;

type PersonQuality = NoticeParams<"media.quality">["people"][number];

/** A person's connection is as good as the worse of their two paths. `ownerOf` names the participant of a transport. */
export function qualityOfPeople(
  transports: readonly TransportQuality[],
  ownerOf: (transportId: string) => string | undefined,
): PersonQuality[] {
  const people = new Map<string, PersonQuality>();
  for (const { transportId, grade, lost, roundTripMs, jitterMs } of transports) {
    const participantId = ownerOf(transportId);
    if (participantId === undefined) continue;
    const other = people.get(participantId);
    people.set(participantId, {
      participantId,
      grade: worseGrade(grade, other?.grade ?? "good"),
      lost: Math.max(lost, other?.lost ?? 0),
      roundTripMs: roundTripMs ?? other?.roundTripMs ?? null,
      jitterMs: Math.max(jitterMs, other?.jitterMs ?? 0),
    });
  }
  return [...people.values()].slice(0, MAX_PEOPLE);
}

export class QualitySampler {
  #askedAt: MonotonicMs = -Infinity;
  #asking = false;
  #last = new Map<string, ProducerStats>();

  constructor(private readonly engine: Pick<MediaEngine, "stats">) {}

  /** Asks when that is due. `ownerOf` names the participant of a producer. */
  async tick(
    now: MonotonicMs,
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
