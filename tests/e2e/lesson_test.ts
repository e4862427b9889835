/** A lesson between people in real Chromium: they come in, see and hear each other, show things, and leave. */
import { expect } from "@std/expect";
import { inbound, linkOf, openPerson, until } from "../support/browser/lectern.ts";
import {
  byId,
  enter,
  enterBoth,
  lessonTests,
  personMenu,
  pictureWidth,
  seesAndHears,
  seesAndHearsAll,
  sentWidths,
  standsStill,
} from "../support/browser/lesson.ts";

const test = lessonTests();

test("two people come in by their links, and each sees and hears the other", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  expect((await lectern.meeting(booking.meetingId)).status).toBe("pending");
  const { mia, ada, errors } = await enterBoth(browser, booking);
  await seesAndHears(mia);
  await seesAndHears(ada);
  expect(await byId(mia, "tile").count()).toBe(2);
  expect(await ada.getByText("Mia").first().isVisible()).toBe(true);
  for (const page of [mia, ada]) await byId(page, "recording").getByText("REC").waitFor();
  expect((await lectern.meeting(booking.meetingId)).status).toBe("active");
  expect(errors).toEqual([]);
});

test("three people see and hear each other; one leaves and comes back", async ({ lectern, browser }) => {
  const booking = await lectern.book({
    students: [{ id: "s-1", name: "Ada" }, { id: "s-2", name: "Ben" }],
  });
  const { mia, ada } = await enterBoth(browser, booking);
  const ben = await enter(await openPerson(browser), linkOf(booking, "Ben"));
  for (const page of [mia, ada, ben]) await seesAndHearsAll(page, 2);

  await byId(ben, "leave").click();
  await byId(ben, "leave-now").click();
  await byId(ben, "left").waitFor();
  await until(() => byId(mia, "tile").count(), (tiles) => tiles === 2);
  for (const page of [mia, ada]) await seesAndHearsAll(page, 1);

  await ben.getByRole("button", { name: "Back to the lobby" }).click();
  await byId(ben, "join").click();
  await byId(ben, "room").waitFor();
  for (const page of [ben, mia, ada]) await seesAndHearsAll(page, 2);
});

test("the host mutes, stops a camera and mutes all; each one switches on again by themselves", async ({ lectern, browser }) => {
  const { mia, ada } = await enterBoth(browser, await lectern.book());
  await seesAndHears(mia);
  await personMenu(mia, "Ada", "mute");
  await byId(ada, "microphone").and(ada.getByLabel("Unmute the microphone")).waitFor();
  await standsStill(mia, "audioPackets");
  await personMenu(mia, "Ada", "stop-video");
  await ada.getByLabel("Switch the camera on").waitFor();
  await ada.getByText("Mia stopped your camera.").waitFor();
  await standsStill(mia, "framesDecoded");
  await byId(ada, "microphone").click();
  await byId(ada, "camera").click();
  await seesAndHears(mia);

  if (!await byId(mia, "mute-all").isVisible()) await byId(mia, "people").click();
  await byId(mia, "mute-all").click();
  await ada.getByLabel("Unmute the microphone").waitFor();
  await standsStill(mia, "audioPackets");
  expect(await mia.getByLabel("Mute the microphone").isVisible()).toBe(true);

  await personMenu(mia, "Ada", "ask-audio");
  await ada.getByText("Mia asks you to switch your microphone on.").waitFor();
  await standsStill(mia, "audioPackets");
  await ada.getByRole("button", { name: "Switch it on" }).click();
  await seesAndHears(mia);
});

test("a small picture arrives small and an enlarged one large, and a layer that nobody watches isn't sent", async ({ lectern, browser }) => {
  const { mia, ada, errors } = await enterBoth(browser, await lectern.book());
  await seesAndHears(mia);
  await until(() => pictureWidth(mia), (width) => width === 1280);
  await byId(mia, "stage-board").click();
  await until(() => pictureWidth(mia), (width) => width === 320);
  // Mia's recording keeps the best layer of Ada's camera; the middle one is nobody's.
  await until(() => sentWidths(ada), (widths) => `${widths}` === "320,1280");
  const before = await inbound(mia);
  await byId(mia, "stage-talk").click();
  await until(() => pictureWidth(mia), (width) => width === 1280);
  expect((await inbound(mia)).framesDecoded).toBeGreaterThan(before.framesDecoded);
  expect(errors).toEqual([]);
});

test("a shared screen is seen by the other until the host stops it", async ({ lectern, browser }) => {
  const { mia, ada } = await enterBoth(browser, await lectern.book());
  await byId(ada, "share").click();
  const screen = byId(mia, "shared-screen").locator("video");
  await screen.waitFor();
  await until(
    () => screen.evaluate((video) => (video as HTMLVideoElement).videoWidth),
    (width) => width > 0,
  );
  await ada.getByText("Everyone sees your screen").waitFor();
  await personMenu(mia, "Ada", "stop-screen");
  await screen.waitFor({ state: "detached" });
  await ada.getByText("Mia stopped your screen share.").waitFor();
  await ada.getByLabel("Share your screen").waitFor();
  expect(await byId(ada, "shared-screen").count()).toBe(0);
});

test("a raised hand is seen, and lowered by the host", async ({ lectern, browser }) => {
  const { mia, ada } = await enterBoth(browser, await lectern.book());
  await ada.keyboard.press("h");
  await mia.getByText("Ada raised a hand.").waitFor();
  await byId(mia, "tile").and(mia.getByLabel(/Ada.*hand raised/)).waitFor();
  await personMenu(mia, "Ada", "lower-hand");
  await ada.getByLabel("Raise your hand").waitFor();
});

test("a chat message reaches the other, with its code set as code and its link to press", async ({ lectern, browser }) => {
  const { mia, ada } = await enterBoth(browser, await lectern.book());
  await byId(mia, "chat").first().click();
  await byId(mia, "chat-input").fill("See https://example.org and `x = 1`\n```\ny = 2\n```");
  await byId(mia, "chat-send").click();
  await byId(ada, "unread").first().waitFor();
  await byId(ada, "chat").first().click();
  const message = byId(ada, "chat-message").first();
  expect(await message.getByRole("link").getAttribute("href")).toBe("https://example.org/");
  expect(await message.locator("code").allTextContents()).toEqual(["x = 1", "y = 2"]);
});

test("a removed person is told, and the same link does not let them in again", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const { mia, ada } = await enterBoth(browser, booking);
  await personMenu(mia, "Ada", "remove");
  await byId(mia, "confirm-yes").click();
  await byId(ada, "removed").waitFor();
  await byId(mia, "alone").waitFor();
  await ada.goto("about:blank");
  await ada.goto(linkOf(booking, "Ada"));
  await byId(ada, "removed").waitFor();
});

test("a student ends the lesson for everyone, and the booking knows when", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const { mia, ada } = await enterBoth(browser, booking);
  await byId(ada, "leave").click();
  await byId(ada, "end").click();
  await byId(ada, "confirm-yes").click();
  await byId(ada, "ended").waitFor();
  await byId(mia, "ended").waitFor();
  const meeting = await lectern.meeting(booking.meetingId);
  expect(meeting.status).toBe("completed");
  expect(typeof meeting.actualStart).toBe("string");
  expect(typeof meeting.actualEnd).toBe("string");
});
