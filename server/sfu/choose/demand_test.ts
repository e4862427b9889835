import { expect } from "@std/expect";
import { Demand, type EncodingUse, HOLD_MS } from "./demand.ts";

const uses = (...letters: string[]): EncodingUse[] =>
  letters.map((letter) => ({
    watched: letter === "w",
    recorded: letter === "r",
    maxBitrate: null,
  }));
const active = (told: { active: boolean }[] | undefined) => told?.map((one) => one.active);

Deno.test("encodings that nobody watches are switched off after a while, and on at once", () => {
  const demand = new Demand(3);
  expect(demand.update(uses("", "w", ""), 0)).toBeUndefined();
  expect(demand.update(uses("", "w", ""), HOLD_MS - 1)).toBeUndefined();
  expect(active(demand.update(uses("", "w", ""), HOLD_MS))).toEqual([true, true, false]);
  expect(active(demand.update(uses("", "", "w"), HOLD_MS + 1))).toEqual([true, true, true]);
  expect(active(demand.update(uses("", "", "w"), 2 * HOLD_MS))).toEqual([true, false, true]);
});

Deno.test("with nobody left nothing is sent but what is recorded", () => {
  const demand = new Demand(3);
  demand.update(uses("", "", "r"), 0);
  expect(active(demand.update(uses("", "", "r"), HOLD_MS))).toEqual([false, false, true]);
  expect(active(demand.update(uses("", "", ""), 2 * HOLD_MS))).toEqual([false, false, false]);
});

Deno.test("a bitrate is told when it moves by a tenth, at most once a second", () => {
  const demand = new Demand(1);
  const tell = (maxBitrate: number | null, nowMs: number) =>
    demand.update([{ watched: true, recorded: false, maxBitrate }], nowMs)?.[0]?.maxBitrate;
  expect(tell(500_000, 0)).toBe(500_000);
  expect(tell(300_000, 500)).toBeUndefined();
  expect(tell(300_000, 1000)).toBe(300_000);
  expect(tell(320_000, 3000)).toBeUndefined();
  expect(tell(null, 3001)).toBe(null);
});
