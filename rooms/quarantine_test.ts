import { expect } from "@std/expect";
import { Quarantine } from "./quarantine.ts";

function open() {
  const told: string[] = [];
  const quarantine = new Quarantine({
    failed: (task, id, error) => told.push(`${task} ${id}: ${(error as Error).message}`),
    released: (task, id) => told.push(`${task} ${id} is well`),
  });
  return { quarantine, told };
}

function throwing(): never {
  throw new Error("odd");
}

Deno.test("Quarantine sets one thing aside and lets the others be dealt with", async () => {
  const { quarantine, told } = open();
  const done: string[] = [];
  const count = await quarantine.each("mail", ["a", "b", "c"], 0, async (id) => {
    await Promise.resolve();
    if (id === "b") throwing();
    done.push(id);
  });
  expect(count).toBe(2);
  expect(done).toEqual(["a", "c"]);
  expect(told).toEqual(["mail b: odd"]);
  expect([...quarantine.setAside(0)]).toEqual([["mail", 1]]);
});

Deno.test("Quarantine tries again with growing distance, tells a fault once, and its end", async () => {
  const { quarantine, told } = open();
  const tries: number[] = [];
  for (let now = 0; now < 3_600_000; now += 500) {
    await quarantine.attempt("room", "a", now, () => {
      tries.push(now);
      throwing();
    });
  }
  const waits = tries.slice(1).map((at, n) => at - tries[n]!);
  expect(waits.slice(0, 5)).toEqual([1000, 2000, 4000, 8000, 16_000]);
  expect(Math.max(...waits)).toBe(600_000);
  expect(told).toEqual(["room a: odd"]);
  expect(await quarantine.attempt("room", "a", 7_200_000, () => {})).toBe(true);
  expect(told.at(-1)).toBe("room a is well");
  expect(quarantine.setAside(0).size).toBe(0);
  expect(quarantine.total).toBe(1);
});

Deno.test("Quarantine forgets what its task doesn't have any more, and nothing of another task", async () => {
  const { quarantine } = open();
  await quarantine.each("recording", ["a", "b"], 0, throwing);
  await quarantine.each("pauses", ["a"], 0, throwing);
  await quarantine.each("recording", ["b"], 0, throwing);
  expect([...quarantine.setAside(0)]).toEqual([["recording", 1], ["pauses", 1]]);
});

Deno.test("Quarantine forgets a room that nobody asked for in an hour, and not what is walked over", async () => {
  const { quarantine } = open();
  await quarantine.attempt("room", "a", 0, throwing);
  await quarantine.attempt("mail", "a", 0, throwing);
  expect(quarantine.setAside(3_600_000).size).toBe(2);
  expect([...quarantine.setAside(3_602_000)]).toEqual([["mail", 1]]);
});

Deno.test("Quarantine remembers a bounded number of things and counts them all", async () => {
  const { quarantine, told } = open();
  const ids = Array.from({ length: 10_050 }, (_, n) => `${n}`);
  await quarantine.each("mail", ids, 0, throwing);
  expect(told.length).toBe(10_000);
  expect(quarantine.total).toBe(10_050);
});
