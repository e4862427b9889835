/**
 * Which simulcast layer suits the size in which a video is shown. Pure; layers are numbered from 0, the lowest.
 */
import type { FrameSize } from "../packets/vp8.ts";

/** A video that is shown larger than this looks soft. */
const MAX_ENLARGED = 1.4;
/** A lower layer must suit by this much before a better one is given up, so that a drag doesn't switch to and fro. */
const MAX_ENLARGED_DOWN = 1.2;

/**
 * The lowest layer that need not be enlarged much to fill the size; the highest while sizes aren't known. `current`
 * is the layer of the last answer. Layers whose size isn't known yet count as half as wide as the next one.
 */
export function layerForSize(
  layers: readonly Readonly<FrameSize>[],
  shown: Readonly<FrameSize> | undefined,
  current: number,
): number {
  const top = layers.length - 1;
  if (shown === undefined || top <= 0) return top;
  const known = layers.findIndex(({ width }) => width > 0);
  if (known < 0) return top;
  for (let layer = 0; layer < top; layer++) {
    const { width, height } = layers[layer]!.width > 0
      ? layers[layer]!
      : scaled(layers[known]!, 2 ** (layer - known));
    const enlarged = Math.max(shown.width / width, shown.height / height);
    if (enlarged <= (layer < current ? MAX_ENLARGED_DOWN : MAX_ENLARGED)) return layer;
  }
  return top;
}

function scaled({ width, height }: Readonly<FrameSize>, factor: number): FrameSize {
  return { width: width * factor, height: height * factor };
}
