import { expect } from "@std/expect";
import { mayOpenEnough } from "./start_limits.ts";

const table = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units
Max processes             96365                96365                processes
Max open files            ${soft.padEnd(20)} 524288               files
Max locked memory         8388608              8388608              bytes
`;

Deno.test("mayOpenEnough reads the soft limit of open files, and takes a table that it can't read for enough", () => {
  expect(mayOpenEnough(table("64"))).toBe(false);
  expect(mayOpenEnough(table("255"))).toBe(false);
  expect(mayOpenEnough(table("256"))).toBe(true);
  expect(mayOpenEnough(table("unlimited"))).toBe(true);
  expect(mayOpenEnough("")).toBe(true);
});

Deno.test("mayOpenEnough takes this process's own table", () => {
  expect(mayOpenEnough(Deno.readTextFileSync("/proc/self/limits"))).toBe(true);
});
