import { expect } from "@std/expect";
import type { AudioLevel } from "../receive/audio_level.ts";
import { HOLD_MS, INTERVAL_MS, type Speaker, Speakers } from "./speakers.ts";

/** Feeds 20 ms packets and collects what is told, on simulated time. */
function run(
  speakers: Speakers,
  voices: [AudioLevel, (atMs: number) => number | undefined][],
  fromMs: number,
  toMs: number,
) {
  const told: { atMs: number; speakers: Speaker[] }[] = [];
  for (let atMs = fromMs; atMs < toMs; atMs += 20) {
    for (const [level, loudness] of voices) {
      const dBov = loudness(atMs);
      if (dBov !== undefined) level.receive(0x80 | -dBov, atMs);
    }
    const change = speakers.poll(atMs);
    if (change !== undefined) told.push({ atMs, speakers: change });
  }
  return told;
}

const ids = (speakers: Speaker[] | undefined) => speakers?.map((speaker) => speaker.producerId);

Deno.test("a voice becomes a speaker within 200 ms and stops within a second or so", () => {
  const speakers = new Speakers();
  const voice = speakers.add("ada");
  const started = run(speakers, [[voice, () => -25]], 0, 2000);
  expect(ids(started[0]!.speakers)).toEqual(["ada"]);
  expect(started[0]!.atMs).toBeLessThanOrEqual(200);
  const stopped = run(speakers, [[voice, () => -127]], 2000, 5000);
  expect(stopped.at(-1)!.speakers).toEqual([]);
  expect(stopped.at(-1)!.atMs).toBeLessThan(2000 + HOLD_MS + 700);
});

Deno.test("a pause between words changes nobody", () => {
  const speakers = new Speakers();
  const voice = speakers.add("ada");
  run(speakers, [[voice, () => -25]], 0, 1000);
  const words = run(speakers, [[voice, (at) => at % 600 < 300 ? -25 : -90]], 1000, 6000);
  expect(words.every((told) => ids(told.speakers)?.[0] === "ada")).toBe(true);
});

Deno.test("background noise is nobody speaking", () => {
  const speakers = new Speakers();
  const noise = speakers.add("fan");
  expect(run(speakers, [[noise, (at) => -60 - at % 7]], 0, 5000)).toEqual([]);
});

Deno.test("two equal voices don't change places, a clearly louder one leads", () => {
  const speakers = new Speakers();
  const ada = speakers.add("ada");
  const bob = speakers.add("bob");
  run(speakers, [[ada, () => -30], [bob, () => undefined]], 0, 1000);
  const equal = run(speakers, [[ada, (at) => -30 - at % 3], [bob, () => -29]], 1000, 4000);
  expect(equal.every((told) => ids(told.speakers)?.[0] === "ada")).toBe(true);
  const louder = run(speakers, [[ada, () => -45], [bob, () => -20]], 4000, 8000);
  expect(ids(louder.at(-1)!.speakers)).toEqual(["bob", "ada"]);
});

Deno.test("changes are told at most every 200 ms", () => {
  const speakers = new Speakers();
  const ada = speakers.add("ada");
  const told = run(speakers, [[ada, (at) => at % 100 < 50 ? -5 : -49]], 0, 5000);
  for (let i = 1; i < told.length; i++) {
    expect(told[i]!.atMs - told[i - 1]!.atMs).toBeGreaterThanOrEqual(INTERVAL_MS);
  }
});

Deno.test("whoever leaves is told once and forgotten", () => {
  const speakers = new Speakers();
  const ada = speakers.add("ada");
  run(speakers, [[ada, () => -20]], 0, 1000);
  speakers.remove("ada");
  expect(speakers.poll(2000)).toEqual([]);
  expect(speakers.poll(3000)).toBeUndefined();
});
