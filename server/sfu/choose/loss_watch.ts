/**
 * Whether one path loses so many packets that audio should be sent twice, from the reports on it. Pure.
 *
 * Loss comes in bursts: a path that lost counts as lossy for {@linkcode HOLD_MS} more, because redundancy that begins
 * anew after each burst would miss most of them.
 */

/** Below this, Opus' own error correction and concealment leave little to hear. */
export const LOSSY = 0.02;
export const HOLD_MS = 30_000;
/** Over how long reports are averaged: they come every second or five. */
const AVERAGE_MS = 4000;

export class LossWatch {
  #lost = 0;
  #reportMs = -Infinity;
  #lossyMs = -Infinity;

  /** Notes the part that was lost since the last report, 0–1. */
  report(fractionLost: number, nowMs: number): void {
    const weight = 1 - Math.exp(-(nowMs - this.#reportMs) / AVERAGE_MS);
    this.#reportMs = nowMs;
    this.#lost += (fractionLost - this.#lost) * weight;
    if (this.#lost >= LOSSY) this.#lossyMs = nowMs;
  }

  lossy(nowMs: number): boolean {
    return nowMs - this.#lossyMs < HOLD_MS;
  }
}
