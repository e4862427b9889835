/**
 * A drawn frame as encoders take it unchanged: I420 in BT.601 and limited range, as WebRTC's.
 *
 * Given a canvas, browsers encode full-range BT.709 and say so in a tag, which other players pass over for VP8: their
 * reds and greens are off. All of them read this as it is meant.
 */
import { VideoSample } from "mediabunny";
import type { Context, Size } from "../pictures/canvas.ts";

const COLOUR_SPACE = {
  primaries: "smpte170m",
  transfer: "smpte170m",
  matrix: "smpte170m",
  fullRange: false,
} as const;

/** The canvas as it is now. Times in seconds; close it. */
export function frameOf(
  context: Context,
  { width, height }: Size,
  { timestamp, duration }: { timestamp: number; duration: number },
): VideoSample {
  const { data } = context.getImageData(0, 0, width, height);
  return new VideoSample(i420Of(data, { width, height }), {
    format: "I420",
    codedWidth: width,
    codedHeight: height,
    timestamp,
    duration,
    colorSpace: COLOUR_SPACE,
  });
}

/** RGBA as I420 (ITU-R BT.601 §2.5, in 16-bit fixed point); width and height are even. */
export function i420Of(
  rgba: Uint8ClampedArray,
  { width, height }: Size,
): Uint8Array<ArrayBuffer> {
  const pixels = width * height;
  const i420 = new Uint8Array(pixels * 3 / 2);
  const [uAt, vAt] = [pixels, pixels * 5 / 4];
  for (let n = 0; n < pixels; n++) {
    const at = n * 4;
    i420[n] = (16_829 * rgba[at]! + 33_039 * rgba[at + 1]! + 6_416 * rgba[at + 2]! + 1_081_344) >>
      16;
  }
  let chroma = 0;
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2, chroma++) {
      const [one, two] = [(y * width + x) * 4, ((y + 1) * width + x) * 4];
      const sum = (channel: number) =>
        rgba[one + channel]! + rgba[one + 4 + channel]! + rgba[two + channel]! +
        rgba[two + 4 + channel]!;
      const [red, green, blue] = [sum(0), sum(1), sum(2)];
      // Four pixels' sum, so two bits more.
      i420[uAt + chroma] = (-9_714 * red - 19_070 * green + 28_784 * blue + 33_685_504) >> 18;
      i420[vAt + chroma] = (28_784 * red - 24_103 * green - 4_681 * blue + 33_685_504) >> 18;
    }
  }
  return i420;
}
