/**
 * Who speaks, loudest first, steady enough to show.
 *
 * Somebody becomes a speaker above {@linkcode SPEAKING_DBOV}, and stays one for {@linkcode HOLD_MS} after falling
 * below {@linkcode QUIET_DBOV}. The order changes only when somebody is louder by {@linkcode LEAD_DB}.
 * Invariant: a change is told at most every {@linkcode INTERVAL_MS}.
 */
import { AudioLevel } from "../receive/audio_level.ts";

export const SPEAKING_DBOV = -50;
export const QUIET_DBOV = -58;
export const HOLD_MS = 800;
export const LEAD_DB = 6;
export const INTERVAL_MS = 200;
/** A speaker's level is told again when it moved by this much. */
const LEVEL_STEP_DB = 6;
const MAX_SPEAKERS = 8;

export interface Speaker {
  producerId: string;
  level: number;
}

interface Candidate {
  producerId: string;
  level: AudioLevel;
  speaking: boolean;
  lastLoudMs: number;
}

export class Speakers {
  readonly #candidates = new Map<string, Candidate>();
  #told: Speaker[] = [];
  #toldMs = -Infinity;

  /** The level of a producer, to be fed by its packets. */
  add(producerId: string): AudioLevel {
    const level = new AudioLevel();
    this.#candidates.set(producerId, { producerId, level, speaking: false, lastLoudMs: -Infinity });
    return level;
  }

  remove(producerId: string): void {
    this.#candidates.delete(producerId);
  }

  /** The speakers when they changed, undefined otherwise. */
  poll(nowMs: number): Speaker[] | undefined {
    if (nowMs - this.#toldMs < INTERVAL_MS) return undefined;
    if (this.#candidates.size === 0 && this.#told.length === 0) return undefined;
    const speakers: Speaker[] = [];
    for (const candidate of this.#candidates.values()) {
      const level = candidate.level.at(nowMs);
      if (level > (candidate.speaking ? QUIET_DBOV : SPEAKING_DBOV)) {
        candidate.speaking = true;
        candidate.lastLoudMs = nowMs;
      } else if (nowMs - candidate.lastLoudMs > HOLD_MS) {
        candidate.speaking = false;
      }
      if (candidate.speaking) {
        speakers.push({ producerId: candidate.producerId, level: Math.round(level) });
      }
    }
    const ordered = this.#order(speakers).slice(0, MAX_SPEAKERS);
    if (!this.#differs(ordered)) return undefined;
    this.#told = ordered;
    this.#toldMs = nowMs;
    return ordered;
  }

  /** Loudest first, where whoever led keeps a head start. */
  #order(speakers: Speaker[]): Speaker[] {
    const rank = new Map(this.#told.map((speaker, i) => [speaker.producerId, i]));
    return speakers.sort((a, b) => {
      const before = rank.get(a.producerId);
      const after = rank.get(b.producerId);
      if (before === undefined || after === undefined) return b.level - a.level;
      const headStart = before < after ? LEAD_DB : -LEAD_DB;
      return b.level - a.level - headStart;
    });
  }

  #differs(speakers: Speaker[]): boolean {
    return speakers.length !== this.#told.length ||
      speakers.some((speaker, i) => {
        const told = this.#told[i]!;
        return told.producerId !== speaker.producerId ||
          Math.abs(told.level - speaker.level) >= LEVEL_STEP_DB;
      });
  }
}
