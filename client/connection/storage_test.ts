import { expect } from "@std/expect";
import { browserMemory, splitByAge } from "./storage.ts";

const DAY_MS = 24 * 3_600_000;

Deno.test("a document is forgotten when nobody came back for a month", () => {
  const now = 100 * DAY_MS;
  const visits = { recent: now - 29 * DAY_MS, long: now - 31 * DAY_MS, nonsense: "x" };
  expect(splitByAge(visits, now)).toEqual({
    fresh: { recent: now - 29 * DAY_MS },
    old: ["long", "nonsense"],
  });
});

Deno.test("client ids are kept by person, at most as many as one claim carries, newest first to stay", () => {
  const meetingId = crypto.randomUUID();
  const ids = Array.from({ length: 70 }, (_, n) => n);
  browserMemory.setClientIds(meetingId, "sam", ids);
  expect(browserMemory.clientIds(meetingId, "sam")).toEqual(ids.slice(6));
  expect(browserMemory.clientIds(meetingId, "tara")).toEqual([]);
  browserMemory.setClientIds(meetingId, "sam", []);
  expect(localStorage.getItem(`lectern:clients:${meetingId}:sam`)).toBe(null);
});
