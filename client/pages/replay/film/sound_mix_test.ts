import { expect } from "@std/expect";
import { type DecodedSound, silence, soften, TrackSound } from "./sound_mix.ts";

const FRAME = 960;

/** Pieces of 20 ms of one value, at these times in ms. */
async function* pieces(times: readonly number[], value: number): AsyncGenerator<DecodedSound> {
  for (const ms of times) {
    yield await Promise.resolve({
      timestamp: ms / 1000,
      numberOfFrames: FRAME,
      numberOfChannels: 1,
      copyTo: (target: Float32Array) => void target.fill(value),
      close: () => {},
    });
  }
}

Deno.test("pieces whose times are off by a millisecond are joined without a gap or a doubling", async () => {
  const sound = new TrackSound(0, pieces([0, 20, 41, 59, 80], 0.5));
  const block = silence(5 * FRAME);
  await sound.addTo(block, 0, 0, 5 * FRAME);
  expect(block[0]!.every((value) => value === 0.5)).toBe(true);
  expect(block[1]).toEqual(block[0]);
});

Deno.test("a track that begins late and rests in between is silent where nothing was sent", async () => {
  const sound = new TrackSound(10, pieces([0, 60], 0.5));
  const block = silence(100 * 48);
  await sound.addTo(block, 0, 0, 100 * 48);
  const heard = (ms: number) => block[0]![ms * 48 + 24];
  expect([5, 15, 25, 35, 65, 75, 85, 95].map(heard)).toEqual([0, 0.5, 0.5, 0, 0, 0.5, 0.5, 0]);
});

Deno.test("blocks join where they meet, and a jump over a pause leaves out what lies in it", async () => {
  const sound = new TrackSound(0, pieces([0, 20, 40, 60, 80], 0.25));
  const first = silence(480);
  await sound.addTo(first, 0, 0, 480);
  const second = silence(480 + FRAME);
  await sound.addTo(second, 480, 0, 480);
  await sound.addTo(second, 80 * 48, 480, FRAME);
  expect(first[0]!.every((value) => value === 0.25)).toBe(true);
  expect(second[0]!.every((value) => value === 0.25)).toBe(true);
});

Deno.test("two at once are louder than one, and never more than a sample can hold", async () => {
  const block = silence(FRAME);
  await new TrackSound(0, pieces([0], 0.9)).addTo(block, 0, 0, FRAME);
  await new TrackSound(0, pieces([0], 0.9)).addTo(block, 0, 0, FRAME);
  soften(block);
  expect(block[0]![0]).toBeGreaterThan(0.9);
  expect(block[0]![0]).toBeLessThanOrEqual(1);
});
