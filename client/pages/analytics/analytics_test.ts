import { expect } from "@std/expect";
import { readAddress, readAnalytics, sayConnection, sayDuration, talkShares } from "./analytics.ts";

Deno.test("an address names a lesson, with the token in its fragment", () => {
  const address = (path: string) => readAddress(new URL(path, "https://lessons.example.org"));
  expect(address("/lessons/k3v9/analytics#token=abc")).toEqual({ meetingId: "k3v9", token: "abc" });
  expect(address("/lessons/k3v9/analytics")?.token).toBe("");
  expect(address("/lessons/k3v9")).toBeNull();
});

Deno.test("durations are said the way people say them", () => {
  expect([0, 59, 60, 3480, 3600, 3900].map(sayDuration))
    .toEqual(["0 s", "59 s", "1 min", "58 min", "1 h", "1 h 5 min"]);
});

Deno.test("shares of talk are of all talk, and nobody's where nobody spoke", () => {
  expect(talkShares([{ talkSeconds: 90 }, { talkSeconds: 30 }])).toEqual([75, 25]);
  expect(talkShares([{ talkSeconds: 0 }])).toEqual([0]);
});

Deno.test("a connection is said in words that fit most of the lesson", () => {
  const good = {
    drops: 0,
    awaySeconds: 0,
    lossPercent: 0,
    goodSeconds: 600,
    fairSeconds: 10,
    poorSeconds: 10,
  };
  expect(sayConnection(good)).toBe("Good");
  expect(sayConnection({ ...good, fairSeconds: 300 })).toBe("Fair");
  expect(sayConnection({ ...good, poorSeconds: 60, drops: 2, awaySeconds: 14, lossPercent: 3.2 }))
    .toBe("Poor at times, lost 2 times for 14 s, 3.2% of packets lost");
  expect(sayConnection({ ...good, goodSeconds: 0, fairSeconds: 0, poorSeconds: 0 }))
    .toBe("Nothing was sent");
});

Deno.test("an answer that isn't one reads as an empty lesson", () => {
  expect(readAnalytics({ people: [null, { stays: [{ from: "soon" }] }] })).toMatchObject({
    title: "Lesson",
    start: null,
    people: [{ stays: [] }, { stays: [], connection: { lossPercent: null } }],
  });
});
