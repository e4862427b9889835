/**
 * What to tell a browser's encoder so that it sends as much of a layer as is wanted.
 *
 * Chromium gives the best active layer up to its `maxBitrate`, and each one below three quarters of it, or what it holds
 * to be right for its size where that is more (libwebrtc: `EncoderStreamFactory`, `SimulcastRateAllocator`).
 */

/** What libwebrtc aims at for VP8, in kbit/s by pixels; in between it interpolates. */
const AIMS: readonly (readonly [pixels: number, kbps: number])[] = [
  [0, 150],
  [320 * 180, 150],
  [480 * 270, 350],
  [640 * 360, 500],
  [960 * 540, 1200],
  [1280 * 720, 2500],
  [1920 * 1080, 4000],
];
const SHARE = 3 / 4;

function aimBps(pixels: number): number {
  const above = AIMS.findIndex(([limit]) => limit > pixels);
  const [, most] = AIMS.at(-1)!;
  if (above < 1) return 1000 * most;
  const [from, low] = AIMS[above - 1]!;
  const [to, high] = AIMS[above]!;
  return 1000 * (low + (high - low) * (pixels - from) / (to - from));
}

/** The `maxBitrate` by which a layer that isn't the best active one comes to `wantedBps`. */
export function maxBitrateOfLower(wantedBps: number, pixels: number): number {
  return wantedBps <= aimBps(pixels) ? wantedBps : wantedBps / SHARE;
}
