/** Where on a recording's timeline there is something to see: pauses are jumped over, and silences when asked. */
import type { Stretch } from "../../../../rooms/contract/recording/manifest.ts";

/** How far a player of a running lesson stays behind what is kept. */
export const LIVE_DELAY_MS = 4000;
/** Left of a silence at both ends, so that words keep their breath. */
const BREATH_MS = 400;

/** The moment to play on from: `atMs`, or the end of the pause or the silence that it lies in. */
export function playableFrom(
  atMs: number,
  pauses: readonly Stretch[],
  silences: readonly Stretch[],
): number {
  for (const { fromMs, toMs } of pauses) {
    if (toMs !== null && fromMs <= atMs && atMs < toMs) return toMs;
  }
  for (const { fromMs, toMs } of silences) {
    if (toMs === null) continue;
    if (fromMs + BREATH_MS <= atMs && atMs < toMs - BREATH_MS) return toMs - BREATH_MS;
  }
  return atMs;
}

/** Where a seek may go to. */
export function clampTo(atMs: number, endMs: number): number {
  return Math.min(Math.max(0, atMs), Math.max(0, endMs));
}

/** Whether a time lies in one of these stretches; their ends are outside. */
export function isWithin(
  stretches: readonly { fromMs: number; toMs: number }[],
  atMs: number,
): boolean {
  return stretches.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}
