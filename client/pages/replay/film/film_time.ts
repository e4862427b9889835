/**
 * The time of a film beside that of its lesson: the film leaves out the pauses, of which nothing was kept.
 *
 * Pure. Times in ms; a film begins at 0.
 */
import type { Stretch } from "../../../../rooms/contract/recording/manifest.ts";

interface Part {
  /** On the lesson's timeline. */
  fromMs: number;
  toMs: number;
  /** Where it begins in the film. */
  filmMs: number;
}

export class FilmTime {
  readonly #parts: Part[] = [];
  readonly durationMs: number;

  constructor(lessonMs: number, pauses: readonly Stretch[]) {
    let [at, filmMs] = [0, 0];
    const add = (toMs: number) => {
      if (toMs <= at) return;
      this.#parts.push({ fromMs: at, toMs, filmMs });
      filmMs += toMs - at;
    };
    for (const { fromMs, toMs } of [...pauses].sort((one, other) => one.fromMs - other.fromMs)) {
      add(Math.min(fromMs, lessonMs));
      at = Math.max(at, toMs ?? lessonMs);
    }
    add(lessonMs);
    this.durationMs = filmMs;
  }

  /** The moment of the lesson that the film shows at this time. */
  lessonAt(filmMs: number): number {
    const part = this.#parts.findLast(({ filmMs: from }) => from <= filmMs) ?? this.#parts[0];
    return part === undefined ? 0 : Math.min(part.toMs, part.fromMs + filmMs - part.filmMs);
  }

  /** Stretches of the lesson that follow each other in this stretch of the film. */
  stretches(fromMs: number, toMs: number): { fromMs: number; toMs: number; filmMs: number }[] {
    return this.#parts.flatMap((part) => {
      const begin = Math.max(fromMs, part.filmMs);
      const end = Math.min(toMs, part.filmMs + part.toMs - part.fromMs);
      if (begin >= end) return [];
      const shift = part.fromMs - part.filmMs;
      return [{ fromMs: begin + shift, toMs: end + shift, filmMs: begin }];
    });
  }
}
