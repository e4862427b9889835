/** The door of a lesson in real Chromium: who comes in, who waits, and what everybody else reads. */
import { expect } from "@std/expect";
import type { Page, WebSocketRoute } from "playwright-core";
import {
  inbound,
  launchChromium,
  Lectern,
  linkOf,
  openPerson,
  until,
} from "../support/browser/lectern.ts";
import {
  byId,
  enter,
  enterBoth,
  lessonTests,
  seesAndHears,
  standsStill,
} from "../support/browser/lesson.ts";

const test = lessonTests();

const MINUTE_MS = 60_000;

test("a guest waits until the host lets them in, is refused, and once admitted does not wait again", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const mia = await enter(await openPerson(browser), linkOf(booking, "Mia"));
  const { page: tom } = await openPerson(browser);
  await tom.goto(booking.url);
  await byId(tom, "recorded").waitFor();
  await tom.getByLabel("Your name").fill("Tom");
  await byId(tom, "join").and(tom.getByText("Ask to join")).click();
  await byId(tom, "waiting-room").waitFor();
  await byId(mia, "waiting-notice").getByTestId("refuse").click();
  await byId(tom, "refused").waitFor();
  await tom.getByRole("button", { name: "Back to the lobby" }).click();
  await byId(tom, "join").click();
  await byId(tom, "waiting-room").waitFor();
  await byId(mia, "waiting-notice").getByTestId("admit").click();
  await byId(tom, "room").waitFor();
  await seesAndHears(tom);

  await tom.reload();
  await byId(tom, "room").waitFor();
  await seesAndHears(tom);
  await byId(tom, "leave").click();
  await byId(tom, "leave-now").click();
  await tom.getByRole("button", { name: "Back to the lobby" }).click();
  await byId(tom, "join").and(tom.getByText("Join the lesson")).click();
  await byId(tom, "room").waitFor();
});

test("a guest who is called like a student is told apart by everybody, and can leave the lesson but not end it", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const { mia } = await enterBoth(browser, booking);
  const { page: eve } = await openPerson(browser);
  await eve.goto(booking.url);
  await eve.getByLabel("Your name").fill("АDА");
  await byId(eve, "join").click();
  const notice = byId(mia, "waiting-notice");
  await notice.getByText("АDА (guest)").waitFor();
  await notice.getByTestId("admit").click();
  await byId(eve, "room").waitFor();
  await byId(mia, "tile").getByText("АDА (guest)").waitFor();
  await byId(eve, "leave").click();
  await byId(eve, "leave-now").waitFor();
  expect(await byId(eve, "end").count()).toBe(0);
  await byId(mia, "leave").click();
  await byId(mia, "end").waitFor();
});

test("a page that is reloaded comes back into the room, and what was muted stays muted", async ({ lectern, browser }) => {
  const { mia, ada } = await enterBoth(browser, await lectern.book());
  await byId(ada, "microphone").click();
  await ada.getByLabel("Unmute the microphone").waitFor();
  await ada.reload();
  await byId(ada, "room").waitFor();
  await ada.getByLabel("Unmute the microphone").waitFor();
  await ada.getByLabel("Switch the camera off").waitFor();
  await seesAndHears(ada);
  await byId(mia, "tile").and(mia.getByLabel("Ada, muted")).waitFor();
  expect(await byId(mia, "tile").count()).toBe(2);
});

test("another person's link opened in the same tab is that person's lobby", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const { page } = await openPerson(browser);
  await page.goto(linkOf(booking, "Ada"));
  await byId(page, "join").waitFor();
  // Only the fragment differs: the page itself has to notice.
  await Promise.all([page.waitForEvent("load"), page.goto(linkOf(booking, "Mia"))]);
  await byId(page, "join").click();
  await byId(page, "tile").getByText("Mia (you)").waitFor();
});

test("a lesson opened in a second tab leaves the first, which can take it back", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const person = await openPerson(browser);
  const first = await enter(person, linkOf(booking, "Ada"));
  const second = await person.context.newPage();
  await enter({ ...person, page: second }, linkOf(booking, "Ada"));
  await byId(first, "replaced").waitFor();
  await first.getByRole("button", { name: "Use it here instead" }).click();
  await byId(first, "room").waitFor();
  await byId(second, "replaced").waitFor();
});

test("a locked room keeps newcomers out until it is unlocked", async ({ lectern, browser }) => {
  const booking = await lectern.book({ isRecorded: false });
  const mia = await enter(await openPerson(browser), linkOf(booking, "Mia"));
  await byId(mia, "people").click();
  await byId(mia, "lock").click();
  await mia.getByRole("button", { name: "Unlock" }).waitFor();
  const { page: ada } = await openPerson(browser);
  await ada.goto(linkOf(booking, "Ada"));
  await byId(ada, "join").waitFor();
  expect(await byId(ada, "recorded").count()).toBe(0);
  expect(await byId(mia, "recording").count()).toBe(0);
  await byId(ada, "join").click();
  await byId(ada, "locked").waitFor();
  await byId(mia, "lock").click();
  await mia.getByRole("button", { name: "Lock", exact: true }).waitFor();
  await ada.getByRole("button", { name: "Try again" }).click();
  await byId(ada, "join").click();
  await byId(ada, "room").waitFor();
});

test("outside its time a lesson says when it opens, that it is over, or that it was cancelled", async ({ lectern, browser }) => {
  const { page } = await openPerson(browser);
  // By noon, so that it is tomorrow whatever the time is now.
  const noon = new Date();
  noon.setDate(noon.getDate() + 1);
  noon.setHours(12, 0, 0, 0);
  const tomorrow = await lectern.book({
    scheduledStart: noon.toISOString(),
    scheduledEnd: new Date(noon.getTime() + 60 * MINUTE_MS).toISOString(),
  });
  await page.goto(linkOf(tomorrow, "Ada"));
  await byId(page, "too-early").waitFor();
  expect(await page.getByRole("heading").textContent()).toMatch(
    /^This lesson opens tomorrow at \d/,
  );
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Add to calendar" }).click();
  expect((await download).suggestedFilename()).toMatch(/\.ics$/);

  await lectern.api("POST", `/meetings/${tomorrow.meetingId}/cancel`);
  await page.reload();
  await byId(page, "cancelled").waitFor();

  const ended = await lectern.book();
  await lectern.api("POST", `/meetings/${ended.meetingId}/end`);
  await page.goto(linkOf(ended, "Ada"));
  await byId(page, "over").waitFor();
});

test("who denies microphone and camera is told what to do, and joins without them", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const mia = await enter(await openPerson(browser), linkOf(booking, "Mia"));
  await using bare = await launchChromium([], "denied");
  const { page: ada, errors } = await openPerson(bare);
  await ada.goto(linkOf(booking, "Ada"));
  await byId(ada, "trouble-denied")
    .getByText("Your microphone and camera are blocked for this page.").waitFor();
  await byId(ada, "join").click();
  await byId(ada, "room").waitFor();
  await seesAndHears(ada);
  await byId(mia, "tile").and(mia.getByLabel("Ada, muted")).waitFor();
  await byId(ada, "microphone").click();
  await byId(ada, "messages").getByText("Your microphone is blocked for this page.").waitFor();
  expect(errors).toEqual([]);
});

test("who has no camera is told so, and is heard without one", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const mia = await enter(await openPerson(browser), linkOf(booking, "Mia"));
  await using bare = await launchChromium([], "no-camera");
  const { page: ada, errors } = await openPerson(bare);
  await ada.goto(linkOf(booking, "Ada"));
  await byId(ada, "trouble-none").getByText("No camera was found.").waitFor();
  await byId(ada, "join").click();
  await byId(ada, "room").waitFor();
  await seesAndHears(ada);
  const before = await inbound(mia);
  await until(() => inbound(mia), (now) => now.audioPackets > before.audioPackets + 10);
  await byId(ada, "camera").click();
  await byId(ada, "messages").getByText("No camera was found.").waitFor();
  expect(errors).toEqual([]);
});

Deno.test("a wrong passcode gets a plain message, and many of them a pause", async () => {
  // A server of its own: the pause holds for everybody at this address.
  const lectern = await Lectern.start();
  const browser = await launchChromium();
  try {
    const booking = await lectern.book();
    const { page } = await openPerson(browser);
    await page.goto(`${lectern.origin}/video-room/${booking.meetingId}?passcode=wrong`);
    await byId(page, "wrong-passcode").waitFor();
    for (let i = 0; i < 30; i++) {
      const response = await fetch(`${lectern.origin}/api/join`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ meetingId: booking.meetingId, passcode: `wrong-${i}` }),
      });
      await response.body?.cancel();
    }
    await page.goto("about:blank");
    await page.goto(`${lectern.origin}/video-room/${booking.meetingId}?passcode=wrong`);
    await byId(page, "rate-limited").waitFor();
    await page.goto("about:blank");
    await page.goto(linkOf(booking, "Ada"));
    await byId(page, "lobby").waitFor();
  } finally {
    await browser.close();
    await lectern.stop();
  }
});

/** The server's answer to who knocks, made into another. */
async function liesAtTheDoor(page: Page): Promise<void> {
  await page.route("**/api/join", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...await response.json(), encryption: "transport" } });
  });
}

test("a lesson that was promised to be encrypted is not gone on with when the server says that it isn't, in the room and at the door", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const { mia, ada } = await enterBoth(browser, booking);
  await ada.close();
  const person = await openPerson(browser);
  const sockets: WebSocketRoute[] = [];
  let lies = false;
  await person.page.routeWebSocket("**/api/socket", (socket) => {
    sockets.push(socket);
    const server = socket.connectToServer();
    server.onMessage((frame) =>
      socket.send(
        lies && typeof frame === "string"
          ? frame.replaceAll('"encryption":"e2ee"', '"encryption":"transport"')
          : frame,
      )
    );
  });
  const again = await enter(person, linkOf(booking, "Ada"));
  await seesAndHears(again);
  lies = true;
  await sockets.at(-1)!.close({ code: 1012 });
  await byId(again, "unencrypted").waitFor();
  const peers = await again.evaluate(() =>
    (globalThis as unknown as { keptPeers: RTCPeerConnection[] }).keptPeers
      .map(({ connectionState }) => connectionState)
  );
  expect(new Set(peers)).toEqual(new Set(["closed"]));
  await standsStill(mia, "framesDecoded");

  // The same at the door, after a reload and with a link that promises nothing.
  await liesAtTheDoor(again);
  await again.reload();
  await byId(again, "unencrypted").waitFor();
  await again.goto(booking.url);
  await byId(again, "unencrypted").waitFor();

  // In another tab it is the link that promises.
  const fresh = await openPerson(browser);
  await liesAtTheDoor(fresh.page);
  await fresh.page.goto(linkOf(booking, "Ada"));
  await byId(fresh.page, "unencrypted").waitFor();
});

test("lobby and room say in words of a lesson that isn't encrypted that it isn't", async ({ lectern, browser }) => {
  const booking = await lectern.book({ encryption: "transport" });
  const { page } = await openPerson(browser);
  await page.goto(linkOf(booking, "Mia"));
  await byId(page, "not-encrypted").getByText("Not encrypted end to end").waitFor();
  await byId(page, "join").click();
  await byId(page, "not-encrypted").getByText("Not encrypted").click();
  await byId(page, "not-encrypted-dialog").getByText("could see and hear them").waitFor();
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 390, height: 780 });
  expect(await byId(page, "not-encrypted").innerText()).toBe("Not encrypted");
});
