import { expect } from "@std/expect";
import { QueueDelay } from "./queue_delay.ts";

/** Packets every 20 ms for so long, each delayed by what `delayOf` says of its number. */
function run(queue: QueueDelay, fromMs: number, ms: number, delayOf: (n: number) => number): void {
  for (let n = 0; n * 20 < ms; n++) queue.packet(fromMs + n * 20, fromMs + n * 20 + delayOf(n));
}

Deno.test("a queue delays every packet, an unsteady path only some", () => {
  const queue = new QueueDelay();
  expect(queue.ms).toBe(0);
  run(queue, 0, 2000, (n) => n % 4 === 0 ? 1000 : 1150);
  expect(queue.ms).toBe(0);
  run(queue, 2000, 1000, () => 1120);
  expect(queue.ms).toBe(120);
  run(queue, 3000, 1000, () => 1000);
  expect(queue.ms).toBe(0);
});

Deno.test("a path that became longer for good is the usual one after a while", () => {
  const queue = new QueueDelay();
  run(queue, 0, 2000, () => 1000);
  run(queue, 2000, 5000, () => 1080);
  expect(queue.ms).toBe(80);
  run(queue, 7000, 20_000, () => 1080);
  expect(queue.ms).toBe(0);
});
