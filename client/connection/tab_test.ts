import { expect } from "@std/expect";
import { setTabPromise, setTabSeat, setTabToken, tabPromise, tabSeat, tabToken } from "./tab.ts";

Deno.test("a tab's token belongs to one link", () => {
  const meetingId = crypto.randomUUID();
  setTabToken({ meetingId, invite: "i1" }, "t1");
  expect(tabToken({ meetingId, invite: "i1" })).toBe("t1");
  expect(tabToken({ meetingId, invite: "i2" })).toBe(null);
  expect(tabToken({ meetingId })).toBe(null);
  setTabToken({ meetingId, invite: "i1" }, null);
  expect(tabToken({ meetingId, invite: "i1" })).toBe(null);
});

Deno.test("a seat says what was switched on, and is gone when the tab has left", () => {
  const link = { meetingId: crypto.randomUUID() };
  expect(tabSeat(link)).toBe(null);
  for (const seat of [{ microphone: false, camera: true }, { microphone: false, camera: false }]) {
    setTabSeat(link, seat);
    expect(tabSeat(link)).toEqual(seat);
  }
  setTabSeat(link, null);
  expect(tabSeat(link)).toBe(null);
});

Deno.test("a tab's promise that a meeting is encrypted holds for each of its links, and for no other meeting", () => {
  const meetingId = crypto.randomUUID();
  expect(tabPromise(meetingId)).toBe(false);
  setTabPromise(meetingId);
  expect(tabPromise(meetingId)).toBe(true);
  expect(tabPromise(crypto.randomUUID())).toBe(false);
});
