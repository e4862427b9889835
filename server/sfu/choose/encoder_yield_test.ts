import { expect } from "@std/expect";
import { EncoderYield } from "./encoder_yield.ts";

/** Asks ten times a second, as an encoder that makes `made` of what it is told once a second; answers the last bitrate told. */
function follow(
  encoder: EncoderYield,
  made: (told: number) => number,
  options: { wanted?: number; fromMs?: number; seconds: number },
): number {
  const { wanted = 100_000, fromMs = 0, seconds } = options;
  let told = wanted;
  encoder.tell(told, fromMs);
  for (let ms = 100; ms <= seconds * 1000; ms += 100) {
    const asked = encoder.ask(wanted, made(told), fromMs + ms);
    if (ms % 2000 !== 0) continue;
    told = asked;
    encoder.tell(told, fromMs + ms);
  }
  return told;
}

Deno.test("an encoder that makes nine tenths of what it is told is told a ninth more, and no more than that", () => {
  const encoder = new EncoderYield();
  const told = follow(encoder, (told) => told * 0.9, { seconds: 20 });
  expect(told * 0.9).toBeCloseTo(100_000, -2);
});

Deno.test("one that makes what it is told, or more, is told what is wanted", () => {
  for (const made of [1, 1.2]) {
    expect(follow(new EncoderYield(), (told) => told * made, { seconds: 20 })).toBe(100_000);
  }
});

Deno.test("one that leaves a third is told a quarter more at most", () => {
  expect(follow(new EncoderYield(), (told) => told * 0.67, { seconds: 20 })).toBe(125_000);
});

Deno.test("where little moves nothing is added, so that nothing is too much when it moves again", () => {
  const encoder = new EncoderYield();
  follow(encoder, (told) => told * 0.9, { seconds: 20 });
  expect(follow(encoder, () => 20_000, { seconds: 4, fromMs: 20_000 })).toBe(100_000);
});

Deno.test("what is added is taken back as soon as it is too much", () => {
  const encoder = new EncoderYield();
  const told = follow(encoder, (told) => told * 0.85, { seconds: 20 });
  expect(told).toBeGreaterThan(110_000);
  encoder.tell(told, 21_000);
  expect(encoder.ask(100_000, told * 1.1, 23_000)).toBe(100_000);
});

Deno.test("nothing is added while an encoder sends what it likes", () => {
  const encoder = new EncoderYield();
  encoder.tell(null, 0);
  expect(encoder.ask(100_000, 90_000, 5000)).toBe(100_000);
});
