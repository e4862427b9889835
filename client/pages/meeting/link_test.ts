import { expect } from "@std/expect";
import { writeFragment } from "../../../rooms/contract/link_fragment.ts";
import { readLink } from "./link.ts";

Deno.test("A meeting link gives its id and passcode", () => {
  expect(readLink(new URL("https://a.example/video-room/m1?passcode=p%2B1"))).toEqual({
    meetingId: "m1",
    passcode: "p+1",
    invite: null,
    isEncrypted: false,
  });
});

Deno.test("A link that the server makes of an encrypted lesson promises it, with and without an invite", () => {
  const address = "https://a.example/video-room/m1?passcode=p";
  for (const invite of ["t_1", null]) {
    for (const isEncrypted of [true, false]) {
      const fragment = writeFragment({ invite, isEncrypted });
      expect(readLink(new URL(`${address}#${fragment}`)))
        .toEqual({ meetingId: "m1", passcode: "p", invite, isEncrypted });
    }
  }
  expect(writeFragment({ invite: "t_1", isEncrypted: true })).toBe("invite=t_1&encryption=e2ee");
});

Deno.test("A promise isn't lost by a second word, or by one that this version doesn't know", () => {
  const promises = (hash: string) =>
    readLink(new URL(`https://a.example/video-room/m1#${hash}`))?.isEncrypted;
  expect(promises("encryption=transport&encryption=e2ee")).toBe(true);
  expect(promises("encryption=e3ee")).toBe(true);
  expect(["encryption=", "encryption=transport", "e2ee"].map(promises))
    .toEqual([false, false, false]);
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
