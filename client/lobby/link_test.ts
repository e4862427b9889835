import { expect } from "@std/expect";
import { readLink } from "./link.ts";

Deno.test("A meeting link gives its id and passcode", () => {
  expect(readLink(new URL("https://a.example/video-room/m1?passcode=p%2B1"))).toEqual({
    meetingId: "m1",
    passcode: "p+1",
    invite: null,
  });
});

Deno.test("A personal link gives its invite from the fragment", () => {
  expect(readLink(new URL("https://a.example/video-room/m1?passcode=p#invite=t_1"))?.invite)
    .toBe("t_1");
  expect(readLink(new URL("https://a.example/video-room/m1?passcode=p#invite="))?.invite)
    .toBe(null);
});

Deno.test("A link without a passcode is still a link, and any other address is none", () => {
  expect(readLink(new URL("https://a.example/video-room/m1"))?.passcode).toBe("");
  expect(readLink(new URL("https://a.example/video-room/"))).toBe(null);
  expect(readLink(new URL("https://a.example/video-room/a/b"))).toBe(null);
  expect(readLink(new URL("https://a.example/"))).toBe(null);
});
