/** A lesson of two people in real Chromium, and the same lesson watched as soon as it has ended. */
import { expect } from "@std/expect";
import type { Browser, Page } from "playwright-core";
import { manifestSchema } from "../../recorder/manifest.ts";
import { linkOf, openPerson, until } from "./lectern.ts";
import type { Booking, Lectern } from "./lectern.ts";
import { byId, enterBoth, lessonTests, seesAndHears } from "./lesson.ts";

const test = lessonTests();

/** What stood on the pages at a time of the lesson, after everybody had it. */
interface Sample {
  at: number;
  strokes: number;
  chat: string[];
  code: string;
}

interface Recorded {
  mia: Page;
  booking: Booking;
  samples: Sample[];
}

const shapes = (page: Page) => page.locator(".tl-shape").count();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function drawStroke(page: Page, top: number): Promise<void> {
  const box = await page.locator(".tl-canvas").boundingBox();
  if (box === null) throw new Error("there is no board");
  await page.keyboard.press("d");
  await page.mouse.move(box.x + 220, box.y + top);
  await page.mouse.down();
  for (let step = 1; step <= 20; step++) {
    await page.mouse.move(box.x + 220 + step * 8, box.y + top + 15 * Math.sin(step / 3));
  }
  await page.mouse.up();
}

/** Two strokes, two messages and a few lines of code, one after the other, then the end. */
async function record(lectern: Lectern, browser: Browser): Promise<Recorded> {
  const booking = await lectern.book();
  const { mia, ada, errors } = await enterBoth(browser, booking);
  await seesAndHears(mia);
  const samples: Sample[] = [];
  const now: Omit<Sample, "at"> = { strokes: 0, chat: [], code: "" };
  // The lesson rests for a moment around each sample, so that it has one state there.
  const sample = async () => {
    await pause(500);
    samples.push({ at: Date.now(), ...structuredClone(now) });
    await pause(500);
  };
  await byId(ada, "stage-board").click();
  await ada.locator(".tl-canvas").waitFor();
  await byId(mia, "stage-board").click();
  await mia.locator(".tl-canvas").waitFor();
  for (let strokes = 1; strokes <= 2; strokes++) {
    await drawStroke(mia, 60 + strokes * 90);
    await until(() => shapes(ada), (count) => count === strokes);
    now.strokes = strokes;
    await sample();
    const words = strokes === 1 ? "Is this a parabola?" : "Now I see the vertex";
    if (strokes === 1) await byId(ada, "chat").first().click();
    await byId(ada, "chat-input").fill(words);
    await byId(ada, "chat-send").click();
    await byId(ada, "chat-message").filter({ hasText: words }).waitFor();
    now.chat.push(words);
    await sample();
  }
  await byId(mia, "stage-code").click();
  await byId(mia, "code-start-python").click();
  const editor = byId(mia, "code-editor");
  await editor.locator(".view-line").first().click();
  await mia.keyboard.press("ControlOrMeta+a");
  now.code = "discriminant = 5";
  await mia.keyboard.insertText(now.code);
  await editor.getByText("discriminant").waitFor();
  await sample();
  await byId(mia, "leave").click();
  await byId(mia, "end").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "ended").waitFor();
  expect(errors).toEqual([]);
  return { mia, booking, samples };
}

async function seek(page: Page, atMs: number): Promise<void> {
  await byId(page, "seek").evaluate((element, value) => {
    const slider = element as HTMLInputElement;
    slider.value = String(value);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }, atMs);
}

interface Shown {
  at: number;
  pictures: { skewMs: number; frames: number; width: number }[];
}

/** The clock and every picture that is on the page, at one instant. */
function shown(page: Page): Promise<Shown> {
  return page.evaluate(() => {
    const slider = document.querySelector<HTMLInputElement>("[data-testid=seek]");
    const at = slider?.valueAsNumber ?? Number.NaN;
    const pictures = [...document.querySelectorAll<HTMLVideoElement>(".picture")].map((video) => ({
      skewMs: video.currentTime * 1000 + Number(video.dataset["startMs"]) - at,
      frames: video.getVideoPlaybackQuality().totalVideoFrames,
      width: video.videoWidth,
    }));
    return { at, pictures };
  });
}

test("a lesson is watched when it has ended: faces move with the clock, and board, chat and code are as they were", async ({ lectern, browser }) => {
  const { mia, booking, samples } = await record(lectern, browser);
  const errors: string[] = [];
  mia.on("pageerror", (error) => errors.push(error.message));
  await mia.getByRole("link", { name: "Watch the lesson" }).click();
  await byId(mia, "replay").waitFor();
  const recordingId = new URL(mia.url()).pathname.split("/").at(-1)!;
  const invite = new URLSearchParams(new URL(linkOf(booking, "Mia")).hash.slice(1)).get("invite");
  const answer = await fetch(`${lectern.origin}/api/recordings/${recordingId}`, {
    headers: { authorization: `Bearer ${invite}` },
  });
  const manifest = manifestSchema.parse(await answer.json());
  expect(manifest.live).toBe(false);

  await seek(mia, 2000);
  await byId(mia, "play").click();
  const before = await until(
    () => shown(mia),
    ({ pictures }) => pictures.length === 2 && pictures.every(({ frames }) => frames > 5),
  );
  const after = await until(
    () => shown(mia),
    ({ at, pictures }) => at > before.at + 2000 && pictures.length === 2,
  );
  for (const [index, { frames, width }] of after.pictures.entries()) {
    expect(width).toBeGreaterThan(0);
    expect(frames).toBeGreaterThan(before.pictures[index]!.frames + 10);
  }
  // In step once they have settled; a loaded machine may need a moment.
  await until(
    () => shown(mia),
    ({ pictures }) =>
      pictures.length === 2 && pictures.every(({ skewMs }) => Math.abs(skewMs) < 100),
  );
  await byId(mia, "play").click();

  // Backward and forward, in no order.
  const order = [3, 0, 4, 2, 1];
  expect(samples).toHaveLength(order.length);
  for (const index of order) {
    const { at, strokes, chat, code } = samples[index]!;
    await seek(mia, at - manifest.startedAt);
    const messages = byId(mia, "replay-message").locator(".chat-text");
    await until(() => messages.allTextContents(), (now) => now.join() === chat.join());
    await byId(mia, "layout-board").click();
    await until(() => shapes(mia), (now) => now === strokes);
    await byId(mia, "layout-code").click();
    const lines = byId(mia, "replay-code").locator(".code-lines code");
    await until(() => lines.allTextContents(), (now) => now.join("\n") === code);
    await byId(mia, "layout-all").click();
  }
  expect(errors).toEqual([]);
});

test("search leads to the moment, a line says when it appeared, and a copy of the moment opens", async ({ lectern, browser }) => {
  const { mia, samples } = await record(lectern, browser);
  await mia.getByRole("link", { name: "Watch the lesson" }).click();
  await byId(mia, "replay").waitFor();
  await mia.keyboard.press("/");
  await mia.keyboard.insertText("vertex");
  await byId(mia, "find").filter({ hasText: "Now I see the vertex" }).click();
  await byId(mia, "finds").waitFor({ state: "detached" });
  const found = (await shown(mia)).at;
  const order = samples.map(({ at }) => at - samples[0]!.at);
  await byId(mia, "search").fill("discriminant");
  await byId(mia, "find").filter({ hasText: "discriminant" }).first().click();
  await byId(mia, "finds").waitFor({ state: "detached" });
  const coded = (await shown(mia)).at;
  // The message was written between the third and the fourth sample, the code between the fourth and the fifth.
  expect(coded - found).toBeGreaterThan(0);
  expect(coded - found).toBeLessThan(order[4]! - order[2]!);

  await mia.keyboard.press("l");
  await byId(mia, "layout-code").click();
  await mia.getByRole("button", { name: "When did line 1 appear?" }).click();
  await byId(mia, "appeared").getByRole("button", { name: "Go there" }).click();
  await byId(mia, "appeared").waitFor({ state: "detached" });
  expect(Math.abs((await shown(mia)).at - coded)).toBeLessThan(3000);

  await byId(mia, "open-here").click();
  const copy = byId(mia, "copy");
  await copy.getByTestId("code-editor").getByText("discriminant").waitFor();
  const [download] = await Promise.all([
    mia.waitForEvent("download"),
    byId(mia, "copy-save").click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.zip$/);
  await byId(mia, "copy-close").click();
  await copy.waitFor({ state: "detached" });
});

test("only those who were booked open a recording, and a track is downloaded as it was sent", async ({ lectern, browser }) => {
  const { mia, booking } = await record(lectern, browser);
  await mia.getByRole("link", { name: "Watch the lesson" }).click();
  await byId(mia, "replay").waitFor();
  const address = mia.url();
  const stranger = (await openPerson(browser)).page;
  await stranger.goto(address);
  await byId(stranger, "recording-refused").waitFor();
  const ada = (await openPerson(browser)).page;
  await ada.goto(`${address}${new URL(linkOf(booking, "Ada")).hash}`);
  await byId(ada, "replay").waitFor();
  await byId(ada, "downloads").click();
  expect(await byId(ada, "delete-recording").count()).toBe(0);
  const [download] = await Promise.all([
    ada.waitForEvent("download"),
    byId(ada, "download-track").first().click(),
  ]);
  const file = await Deno.readFile(await download.path());
  expect([...file.subarray(0, 4)]).toEqual([0x1a, 0x45, 0xdf, 0xa3]);

  await byId(mia, "downloads").click();
  await byId(mia, "delete-recording").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "recording-gone").waitFor();
  await ada.reload();
  await byId(ada, "recording-gone").waitFor();
});

test("while the lesson still runs, somebody in it watches it a few seconds behind", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const { mia } = await enterBoth(browser, booking);
  await seesAndHears(mia);
  const list = await lectern.api("GET", `/recordings?meetingId=${booking.meetingId}`);
  const { recordings } = await list.json() as { recordings: { recordingId: string }[] };
  const recordingId = recordings[0]!.recordingId;
  const { page, errors } = await openPerson(browser);
  await page.goto(
    `${lectern.origin}/recordings/${recordingId}${new URL(linkOf(booking, "Ada")).hash}`,
  );
  await page.getByRole("button", { name: "Go to live" }).click();
  const before = await until(
    () => shown(page),
    ({ at, pictures }) => at > 0 && pictures.some(({ frames }) => frames > 0),
  );
  // Further than what was kept when the page was opened.
  const after = await until(() => shown(page), ({ at }) => at > before.at + 12_000, 30_000);
  expect(after.pictures.length).toBe(2);
  await byId(mia, "stage-board").click();
  await mia.locator(".tl-canvas").waitFor();
  await drawStroke(mia, 150);
  await until(() => shapes(page), (count) => count === 1, 20_000);
  expect(errors).toEqual([]);
});
