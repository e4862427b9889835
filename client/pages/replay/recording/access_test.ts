import { expect } from "@std/expect";
import { readAddress, type TabMemory } from "./access.ts";

const memoryOf = (entries: Record<string, string>): TabMemory => {
  const keys = Object.keys(entries);
  return {
    length: keys.length,
    key: (index) => keys[index] ?? null,
    getItem: (key) => entries[key] ?? null,
  };
};
const address = (path: string) => new URL(path, "https://lectern.example");

Deno.test("a minted link's token comes before what the tab remembers", () => {
  const memory = memoryOf({ "lectern:session:m1:inv": "ses", "lectern:seat:m1:inv": "in", x: "y" });
  expect(readAddress(address("/recordings/r1#token=tok"), memory)).toEqual({
    recordingId: "r1",
    tokens: ["tok", "ses", "inv"],
    key: "",
  });
});

Deno.test("a link's key is no token", () => {
  const found = readAddress(address("/recordings/r1#token=tok&key=AAAA.BBBB"), null);
  expect(found).toEqual({ recordingId: "r1", tokens: ["tok"], key: "AAAA.BBBB" });
});

Deno.test("a personal link's invite opens a recording without any memory", () => {
  expect(readAddress(address("/recordings/r1/#invite=abc"), null)?.tokens).toEqual(["abc"]);
});

Deno.test("a tab that came in by passcode remembers its session alone", () => {
  const memory = memoryOf({ "lectern:session:m1:": "ses" });
  expect(readAddress(address("/recordings/r1"), memory)?.tokens).toEqual(["ses"]);
});

Deno.test("other addresses, empty and overlong tokens count for nothing", () => {
  expect(readAddress(address("/video-room/m1"), null)).toBe(null);
  expect(readAddress(address("/recordings/"), null)).toBe(null);
  const long = "x".repeat(600);
  expect(readAddress(address(`/recordings/r1#token=&invite=${long}`), null)?.tokens).toEqual([]);
});
