import { expect } from "@std/expect";
import { platformTrouble, troubleOf } from "./trouble.ts";

Deno.test("a browser's refusals become what the person can do something about", () => {
  const named = (name: string) => troubleOf(new DOMException("", name));
  expect(named("NotAllowedError")).toBe("denied");
  expect(named("NotFoundError")).toBe("none");
  expect(named("OverconstrainedError")).toBe("none");
  expect(named("NotReadableError")).toBe("busy");
  expect(named("AbortError")).toBe("busy");
  expect(troubleOf(new TypeError())).toBe("unsupported");
});

Deno.test("a platform without media devices is unsupported, not denied", () => {
  expect(platformTrouble()).toBe("unsupported");
});
