/**
 * What a publisher is asked to send of its encodings: those that somebody watches or records, and no others.
 *
 * An encoding is asked for at once, and no longer when nobody has wanted it for {@linkcode HOLD_MS}: starting one
 * costs a key frame. The lowest stays while anybody watches, so that whoever's network fails has something to
 * fall back to without a round trip to the publisher.
 */

export const HOLD_MS = 3000;

/** One encoding, in the order in which they were announced. */
export interface EncodingDemand {
  active: boolean;
  /** Bits a second; null is the publisher's own choice. */
  maxBitrate: number | null;
}

/** Who wants one encoding now. */
export interface EncodingUse {
  watched: boolean;
  recorded: boolean;
  maxBitrate: number | null;
}

/** A changed bitrate is told when it differs by this part, and not more often than this. */
const BITRATE_STEP = 0.1;
const BITRATE_EVERY_MS = 1000;

export class Demand {
  readonly #wantedMs: number[];
  #told: EncodingDemand[];
  #toldMs = -Infinity;

  constructor(encodings: number) {
    this.#told = Array.from({ length: encodings }, () => ({ active: true, maxBitrate: null }));
    this.#wantedMs = new Array(encodings).fill(-Infinity);
  }

  /** What to tell the publisher, undefined when it knows. */
  update(uses: readonly EncodingUse[], nowMs: number): EncodingDemand[] | undefined {
    const anybody = uses.some(({ watched }) => watched);
    const wanted = uses.map((use, i) => {
      // A publisher begins with everything.
      if (this.#wantedMs[i] === -Infinity) this.#wantedMs[i] = nowMs;
      if (use.watched || use.recorded || (i === 0 && anybody)) this.#wantedMs[i] = nowMs;
      return { active: nowMs - this.#wantedMs[i]! < HOLD_MS, maxBitrate: use.maxBitrate };
    });
    if (!this.#differs(wanted, nowMs)) return undefined;
    this.#told = wanted;
    this.#toldMs = nowMs;
    return wanted;
  }

  #differs(wanted: readonly EncodingDemand[], nowMs: number): boolean {
    const told = this.#told;
    if (wanted.some(({ active }, i) => active !== told[i]!.active)) return true;
    if (nowMs - this.#toldMs < BITRATE_EVERY_MS) return false;
    return wanted.some(({ active, maxBitrate }, i) =>
      active && changed(told[i]!.maxBitrate, maxBitrate)
    );
  }
}

function changed(from: number | null, to: number | null): boolean {
  if (from === null || to === null) return from !== to;
  return Math.abs(to - from) > from * BITRATE_STEP;
}
