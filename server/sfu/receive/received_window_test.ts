import { expect } from "@std/expect";
import { ReceivedWindow } from "./received_window.ts";

Deno.test("every number is new once, in any order within the window", () => {
  const window = new ReceivedWindow();
  const order = [100_000, 100_005, 100_001, 100_004, 99_999, 100_003, 100_002];
  expect(order.map((n) => window.add(n))).toEqual(order.map(() => true));
  expect(order.map((n) => window.add(n))).toEqual(order.map(() => false));
});

Deno.test("a number older than the window is refused", () => {
  const window = new ReceivedWindow();
  window.add(10_000);
  expect(window.add(10_000 - 2047)).toBe(true);
  expect(window.add(10_000 - 2048)).toBe(false);
});

Deno.test("a jump forgets old numbers without claiming that new ones came", () => {
  const window = new ReceivedWindow();
  for (let n = 0; n < 5000; n++) expect(window.add(n)).toBe(true);
  expect(window.add(50_000)).toBe(true);
  for (let n = 49_999; n > 50_000 - 2048; n--) expect(window.add(n)).toBe(true);
  expect(window.add(4999)).toBe(false);
});
