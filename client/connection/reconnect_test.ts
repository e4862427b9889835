import { expect } from "@std/expect";
import { CLOSE } from "../../rooms/contract/errors.ts";
import { delayMs, endingOf } from "./reconnect.ts";

Deno.test("waits grow from 0.3 s to 5 s and never pass either bound", () => {
  const longest = [0, 1, 2, 3, 4, 5, 40].map((attempt) => delayMs(attempt, false, 1));
  expect(longest).toEqual([300, 600, 1200, 2400, 4800, 5000, 5000]);
  expect(delayMs(0, false, 0)).toBe(150);
  expect(delayMs(40, false, 0)).toBe(2500);
});

Deno.test("a restarting server is looked for at least once a second", () => {
  expect(delayMs(9, true, 1)).toBe(1000);
});

Deno.test("only the closes that can mend are tried again", () => {
  const again = [CLOSE.normal, CLOSE.internal, CLOSE.overrun, CLOSE.timeout, 1006];
  expect(again.map(endingOf)).toEqual(again.map(() => "again"));
  expect(endingOf(CLOSE.restarting)).toBe("restarting");
  expect(endingOf(CLOSE.updateRefused)).toBe("afresh");
  expect([CLOSE.ended, CLOSE.removed, CLOSE.replaced, CLOSE.badRequest].map(endingOf))
    .toEqual(["ended", "removed", "replaced", "fault"]);
});
