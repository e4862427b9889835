/**
 * How good one peer's connection is, in a word and in figures: what is lost, how long it takes, how unsteady it is.
 *
 * Pure. Limits follow ITU-T G.114 for delay and what VP8 and Opus bear in loss. A word changes when two readings in
 * a row agree on another one, so that a single bad second isn't shown.
 */

export type Grade = "good" | "fair" | "poor";

export interface ConnectionFigures {
  /** The part of the packets that was lost on the path, repaired or not, 0–1. */
  lost: number;
  /** Undefined while it isn't known. */
  roundTripMs: number | undefined;
  jitterMs: number;
}

const LIMITS = {
  lost: [0.02, 0.08],
  roundTripMs: [250, 500],
  jitterMs: [40, 100],
} as const;

const GRADES: readonly Grade[] = ["good", "fair", "poor"];

/** The worst of the three. */
export function gradeOf({ lost, roundTripMs = 0, jitterMs }: ConnectionFigures): Grade {
  const missed = (value: number, limits: readonly number[]) =>
    limits.filter((limit) => value > limit).length;
  return GRADES[
    Math.max(
      missed(lost, LIMITS.lost),
      missed(roundTripMs, LIMITS.roundTripMs),
      missed(jitterMs, LIMITS.jitterMs),
    )
  ]!;
}

export function worseGrade(a: Grade, b: Grade): Grade {
  return GRADES[Math.max(GRADES.indexOf(a), GRADES.indexOf(b))]!;
}

export class ConnectionQuality {
  #grade: Grade = "good";
  #next: Grade = "good";
  #figures: ConnectionFigures = { lost: 0, roundTripMs: undefined, jitterMs: 0 };

  get grade(): Grade {
    return this.#grade;
  }

  get figures(): ConnectionFigures {
    return this.#figures;
  }

  /** Takes a reading; answers whether the word changed. */
  read(figures: ConnectionFigures): boolean {
    this.#figures = figures;
    const grade = gradeOf(figures);
    const agreed = grade === this.#next && grade !== this.#grade;
    this.#next = grade;
    if (agreed) this.#grade = grade;
    return agreed;
  }
}
