/**
 * What is measured of one transport's path, in both directions: loss since the last reading, jitter and round trip.
 */
import type { ConnectionFigures } from "../bandwidth/connection_quality.ts";
import type { Consumer } from "./consumer.ts";
import type { Producer } from "./producer.ts";

export class PathFigures {
  readonly #producers: ReadonlyMap<string, Producer>;
  readonly #consumers: ReadonlyMap<string, Consumer>;
  #counted = { expected: 0, lost: 0 };

  constructor(
    producers: ReadonlyMap<string, Producer>,
    consumers: ReadonlyMap<string, Consumer>,
  ) {
    this.#producers = producers;
    this.#consumers = consumers;
  }

  /** The figures since the last call. */
  take(nowMs: number): ConnectionFigures {
    let expected = 0;
    let lost = 0;
    let jitterMs = 0;
    for (const { streams, paused } of this.#producers.values()) {
      for (const { stats } of paused ? [] : streams) {
        expected += stats.expected;
        lost += stats.lostOnce;
        jitterMs = Math.max(jitterMs, stats.jitterMs);
      }
    }
    const before = this.#counted;
    this.#counted = { expected, lost };
    const came = expected - before.expected;
    let fraction = came > 0 ? Math.min(1, Math.max(0, lost - before.lost) / came) : 0;
    let roundTripMs: number | undefined;
    const reported = [...this.#consumers.values()].filter((consumer) => consumer.reported(nowMs));
    for (const { reports } of reported) {
      fraction += reports.fractionLost / reported.length;
      jitterMs = Math.max(jitterMs, reports.jitterMs);
      if (reports.roundTripMs !== undefined) {
        roundTripMs = Math.max(roundTripMs ?? 0, reports.roundTripMs);
      }
    }
    return { lost: fraction, roundTripMs, jitterMs };
  }
}
