/** A minute's lesson of two people in real Chromium, and the same lesson watched, searched, taken along and deleted. */
import { expect } from "@std/expect";
import type { Browser, Page } from "playwright-core";
import { seriousViolations } from "../support/browser/axe.ts";
import { findFirefox, Firefox } from "../support/browser/firefox.ts";
import {
  launchChromium,
  type Lectern,
  openPerson,
  type PersonPage,
  until,
} from "../support/browser/lectern.ts";
import { byId, lessonTests } from "../support/browser/lesson.ts";
import { flashingCamera, loudness, probe } from "../support/browser/media_file.ts";
import { type Recorded, recordMinute } from "../support/browser/replay_lesson.ts";
import {
  boardAt,
  brightnessAt,
  codeAt,
  fragmentOf,
  manifestOf,
  momentWhen,
  seek,
  shapesAt,
  shown,
} from "../support/browser/replay_page.ts";

let camera = "";
const test = lessonTests(async () => {
  camera = await flashingCamera();
  return await launchChromium([`--use-file-for-fake-video-capture=${camera}`]);
});
Deno.test.afterAll(() => Deno.remove(camera));

let recording: Promise<Recorded> | null = null;

/** The one lesson of this file, recorded by the first test that asks for it. */
function recorded(lectern: Lectern, browser: Browser): Promise<Recorded> {
  return recording ??= recordMinute(lectern, browser);
}

const idOf = (address: string) => new URL(address).pathname.split("/").at(-1)!;

async function watch(
  browser: Browser,
  address: string,
  options?: Parameters<typeof openPerson>[1],
): Promise<PersonPage> {
  const person = await openPerson(browser, options);
  await person.page.goto(address);
  await byId(person.page, "replay").waitFor();
  return person;
}

test("as soon as a lesson has ended its recording is there: faces move with the clock, and board, chat and code are as they were", async ({ lectern, browser }) => {
  const { booking, samples, address, errors } = await recorded(lectern, browser);
  expect(errors).toEqual([]);
  const { page, errors: trouble } = await watch(browser, address);
  const manifest = await manifestOf(lectern, booking, idOf(address));
  expect(manifest.live).toBe(false);
  expect(manifest.durationMs).toBeGreaterThan(60_000);

  await seek(page, 4000);
  await byId(page, "play").click();
  const before = await until(
    () => shown(page),
    ({ pictures }) => pictures.length === 2 && pictures.every(({ frames }) => frames > 5),
  );
  const after = await until(
    () => shown(page),
    ({ at, pictures }) => at > before.at + 2000 && pictures.length === 2,
  );
  for (const [index, { frames, width }] of after.pictures.entries()) {
    expect(width).toBeGreaterThan(0);
    expect(frames).toBeGreaterThan(before.pictures[index]!.frames + 10);
  }
  // In step once they have settled; a loaded machine may need a moment.
  await until(
    () => shown(page),
    ({ pictures }) =>
      pictures.length === 2 && pictures.every(({ skewMs }) => Math.abs(skewMs) < 100),
  );
  // Both beep once a second, so that somebody speaks all the time.
  await page.keyboard.press("c");
  expect(await byId(page, "caption").textContent()).toMatch(/^(Mia|Ada) speaks$/);
  await page.keyboard.press("c");
  await byId(page, "caption").waitFor({ state: "detached" });
  await byId(page, "play").click();

  // Backward and forward, in no order.
  const order = [3, 0, 5, 2, 4, 1];
  expect(samples).toHaveLength(order.length);
  for (const index of order) {
    const { at, board, chat, code } = samples[index]!;
    await seek(page, at - manifest.startedAt);
    const messages = byId(page, "replay-message").locator(".chat-text");
    await until(() => messages.allTextContents(), (now) => now.join() === chat.join());
    await byId(page, "layout-board").click();
    await until(() => boardAt(page), (now) => now.join() === board.join());
    if (code !== "") {
      await byId(page, "layout-code").click();
      await until(() => codeAt(page), (now) => now === code);
    }
  }
  await seek(page, samples[5]!.at - manifest.startedAt);
  await byId(page, "layout-code").click();
  expect(await byId(page, "replay-run").textContent()).toContain("d = 16");
  expect(trouble).toEqual([]);
});

test("a flash in the camera and the dot that was drawn at that moment are seen within 100 ms of each other", async ({ lectern, browser }) => {
  const { booking, flashes, address } = await recorded(lectern, browser);
  const { page } = await watch(browser, address);
  const { startedAt } = await manifestOf(lectern, booking, idOf(address));
  expect(flashes.length).toBeGreaterThanOrEqual(6);
  const skews: number[] = [];
  // Near the beginning, in the middle and at the end: nothing drifts.
  for (const flash of [flashes[1]!, flashes[flashes.length >> 1]!, flashes.at(-1)!]) {
    const around = flash.takenAt - startedAt;
    await byId(page, "layout-faces").click();
    const face = await momentWhen(
      { fromMs: around - 500, toMs: around + 400 },
      async (at) => await brightnessAt(page, "Mia", at) > 235,
    );
    await byId(page, "layout-board").click();
    await page.locator("[data-testid=replay-board] .tl-canvas").waitFor();
    const before = await shapesAt(page, around - 500);
    const dot = await momentWhen(
      { fromMs: around - 500, toMs: around + 1000 },
      async (at) => await shapesAt(page, at) > before,
    );
    // A page needs a moment to see what its camera took; that moment belongs between the two.
    skews.push(Math.round((dot - face) - (flash.drawnAt - flash.takenAt)));
  }
  // The page that drew may have been busy at one of them.
  const [, middle] = skews.toSorted((one, other) => Math.abs(one) - Math.abs(other));
  expect({ skews, within: Math.abs(middle!) <= 100 }).toEqual({ skews, within: true });
});

test("search leads to the moment, a line and a stroke say when they appeared, the timeline shows glimpses, and a copy opens", async ({ lectern, browser }) => {
  const { booking, samples, address } = await recorded(lectern, browser);
  const { page } = await watch(browser, address);
  const { startedAt, durationMs } = await manifestOf(lectern, booking, idOf(address));
  const timeOf = (index: number) => samples[index]!.at - startedAt;
  const between = async (from: number, to: number) => {
    const { at } = await shown(page);
    expect(at).toBeGreaterThan(timeOf(from) - 500);
    expect(at).toBeLessThan(timeOf(to) + 500);
  };
  await page.keyboard.press("/");
  await page.keyboard.insertText("vertex");
  await byId(page, "find").filter({ hasText: "Now I see the vertex" }).click();
  await byId(page, "finds").waitFor({ state: "detached" });
  await between(2, 3);
  await byId(page, "search").fill("discriminant");
  await byId(page, "find").filter({ hasText: "const discriminant" }).first().click();
  await byId(page, "finds").waitFor({ state: "detached" });
  await between(3, 4);

  await seek(page, timeOf(5));
  await byId(page, "layout-code").click();
  await page.getByRole("button", { name: "When did line 2 appear?" }).click();
  await byId(page, "appeared").getByRole("button", { name: "Go there" }).click();
  await byId(page, "appeared").waitFor({ state: "detached" });
  await between(4, 5);
  await byId(page, "layout-board").click();
  await pressStroke(page, samples[2]!.board, samples[1]!.board);
  await byId(page, "appeared").getByRole("button", { name: "Go there" }).click();
  await between(1, 2);

  const line = (await byId(page, "seek").boundingBox())!;
  const hover = line.x + line.width * timeOf(3) / durationMs;
  await page.mouse.move(hover, line.y + line.height / 2);
  await page.locator("[data-testid=glimpse][data-at-ms]").waitFor();
  expect(await coloursOf(page)).toBeGreaterThan(2);
  await page.mouse.move(0, 0);
  await byId(page, "glimpse").waitFor({ state: "detached" });

  await seek(page, timeOf(5));
  await byId(page, "layout-code").click();
  await byId(page, "open-here").click();
  const copy = byId(page, "copy");
  await copy.getByTestId("code-editor").getByText("discriminant").first().waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    byId(page, "copy-save").click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.zip$/);
  await byId(page, "copy-close").click();
  await copy.waitFor({ state: "detached" });
});

/** Presses the stroke that one board has and another hasn't. */
async function pressStroke(page: Page, board: string[], without: string[]): Promise<void> {
  const known = new Set(without.map((shape) => shape.split(" ")[0]));
  const added = board.filter((shape) => !known.has(shape.split(" ")[0]));
  const boxes = await Promise.all(added.map(async (shape) => {
    const id = shape.split(" ")[0];
    return (await page.locator(`[data-testid=replay-board] [data-shape-id="${id}"] path`)
      .first().boundingBox())!;
  }));
  // Beside the stroke there may be a dot.
  const stroke = boxes.sort((one, other) => other.width - one.width)[0]!;
  await page.mouse.click(stroke.x + 2, stroke.y + stroke.height / 2);
  await byId(page, "appeared").waitFor();
}

function coloursOf(page: Page): Promise<number> {
  return byId(page, "glimpse").evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const data = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(new Uint32Array(data.buffer)).size;
  });
}

test("every track is taken along whole: ffmpeg decodes each frame, and the sounds sound", async ({ lectern, browser }) => {
  const { booking, address } = await recorded(lectern, browser);
  const { page } = await watch(browser, address);
  const { tracks } = await manifestOf(lectern, booking, idOf(address));
  expect(tracks.map(({ kind }) => kind).sort()).toEqual(["audio", "audio", "video", "video"]);
  for (const [index, track] of tracks.entries()) {
    await byId(page, "downloads").click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      byId(page, "download-track").nth(index).click(),
    ]);
    const path = await download.path();
    const { durationMs, streams: [stream] } = await probe(path);
    expect(Math.abs(durationMs - track.durationMs)).toBeLessThan(150);
    expect(stream?.kind).toBe(track.kind);
    expect(stream?.frames).toBe(stream?.packets);
    const perSecond = stream!.frames / durationMs * 1000;
    if (track.kind === "audio") {
      // Opus in pieces of 20 ms.
      expect(Math.abs(perSecond - 50)).toBeLessThan(2);
      expect(await loudness(path)).toBeGreaterThan(-60);
    } else {
      expect(perSecond).toBeGreaterThan(10);
      expect(perSecond).toBeLessThan(32);
    }
  }
});

test("the page of a recording is accessible in light and dark, and fits a phone", async ({ lectern, browser }) => {
  const { address, samples } = await recorded(lectern, browser);
  const { page } = await watch(browser, address, { bypassCSP: true });
  await seek(page, samples[5]!.at - samples[0]!.at);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const layout of ["all", "board", "code", "faces"]) {
      await byId(page, `layout-${layout}`).click();
      expect(await seriousViolations(page)).toEqual([]);
    }
    await byId(page, "downloads").click();
    await byId(page, "download-film").click();
    await until(() => byId(page, "film-start").isEnabled(), (enabled) => enabled);
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
  }
  await page.setViewportSize({ width: 390, height: 844 });
  for (const layout of ["all", "board", "code", "faces"]) {
    await byId(page, `layout-${layout}`).click();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    for (const id of ["play", "seek", "open-here", "downloads"]) {
      expect(await byId(page, id).isVisible()).toBe(true);
    }
  }
  expect(await seriousViolations(page)).toEqual([]);
});

/**
 * Runs in a page before its own scripts. `played` are the elements of its sounds; `heard()` says of each what the browser
 * makes of all that was put into it. Where there is nothing to play through, an element that feeds a graph plays all the
 * same.
 */
function keepSounds(): void {
  const played: HTMLAudioElement[] = [];
  const fed: BlobPart[][] = [];
  let context: AudioContext | null = null;
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    if (this instanceof HTMLAudioElement && !played.includes(this)) {
      played.push(this);
      context ??= new AudioContext();
      context.createMediaElementSource(this);
    }
    return play.call(this);
  };
  const { addSourceBuffer } = MediaSource.prototype;
  MediaSource.prototype.addSourceBuffer = function (type) {
    const buffer = addSourceBuffer.call(this, type);
    if (!type.startsWith("audio/")) return buffer;
    const pieces: BlobPart[] = [];
    fed.push(pieces);
    const { appendBuffer } = buffer;
    buffer.appendBuffer = (bytes) => {
      pieces.push(bytes as BlobPart);
      appendBuffer.call(buffer, bytes);
    };
    return buffer;
  };
  const heard = () =>
    Promise.all(fed.map(async (pieces) => {
      const file = await new Blob(pieces).arrayBuffer();
      const sound = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(file);
      const wave = sound.getChannelData(0);
      const peak = wave.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);
      return { seconds: sound.duration, peak };
    }));
  Object.assign(globalThis, { played, heard });
}

const firefoxPath = findFirefox();
Deno.test({
  name: `Firefox plays a recording, everybody’s picture and voice${
    firefoxPath === null ? " (skipped: Debian's firefox-esr is not installed)" : ""
  }`,
  ignore: firefoxPath === null,
  fn: async () => {
    if (recording === null) throw new Error("run it with the file's first test");
    const { address } = await recording;
    const firefox = await Firefox.launch(firefoxPath!);
    try {
      await firefox.addInitScript(keepSounds);
      await firefox.goto(address);
      await firefox.click("[data-testid=play]");
      const frames = `[...document.querySelectorAll(".picture")]
        .map((video) => video.getVideoPlaybackQuality().totalVideoFrames)`;
      await firefox.waitFor(
        `((frames) => frames.length === 2 && frames.every((count) => count > 15))
        (${frames})`,
        40_000,
      );
      await firefox.waitFor(
        `played.length === 2 && played.every(({ currentTime }) => currentTime > 2)`,
        40_000,
      );
      // Both beep once a second.
      const heard = await firefox.evaluate<{ seconds: number; peak: number }[]>("heard()");
      expect(heard).toHaveLength(2);
      for (const { seconds, peak } of heard) {
        expect(seconds).toBeGreaterThan(2);
        expect(peak).toBeGreaterThan(0.01);
      }
      expect(await firefox.evaluate(`!!document.querySelector("[data-testid=unplayable]")`)).toBe(
        false,
      );
      await firefox.click("[data-testid=layout-board]");
      await firefox.waitFor(`document.querySelectorAll(".tl-shape").length > 0`);
    } finally {
      await firefox.close();
    }
  },
});

test("only those who were booked open a recording; the tutor deletes it", async ({ lectern, browser }) => {
  const { booking, address } = await recorded(lectern, browser);
  const bare = address.split("#")[0]!;
  const stranger = (await openPerson(browser)).page;
  await stranger.goto(bare);
  await byId(stranger, "recording-refused").waitFor();
  const { page: ada } = await watch(browser, `${bare}${fragmentOf(booking, "Ada")}`);
  await byId(ada, "downloads").click();
  expect(await byId(ada, "delete-recording").count()).toBe(0);

  const { page: mia } = await watch(browser, address);
  await byId(mia, "downloads").click();
  await byId(mia, "delete-recording").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "recording-gone").waitFor();
  await ada.reload();
  await byId(ada, "recording-gone").waitFor();
});
