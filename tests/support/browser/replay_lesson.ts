/**
 * A lesson of a minute that is recorded: Ada draws, writes and runs code, and each time that Mia's camera flashes, Mia's
 * page puts a dot on the board. Then Ada's camera hangs until all are warned of it. What everybody had is kept to be held
 * against the replay. It is encrypted end to end.
 */
import type { Browser, Page } from "playwright-core";
import { focusEditor, run, shownText, type } from "./code_lesson.ts";
import { type Booking, type Lectern, until } from "./lectern.ts";
import { byId, enterBoth, seesAndHears } from "./lesson.ts";
import { boardOn } from "./replay_page.ts";

const LESSON_MS = 62_000;
const FLASHES_EVERY_MS = 6000;
/** The tests look at most so far behind a flash. */
const AFTER_FLASH_MS = 1500;
/** Typed letter by letter, many of which are keys of the board's tools. */
const CODE = [
  "const discriminant = (a, b, c) => b * b - 4 * a * c;",
  "console.log('d =', discriminant(1, 0, -4));",
] as const;

/** What stood on Ada's page at a time of the lesson, after Mia's had it too. */
export interface Sample {
  at: number;
  board: string[];
  chat: string[];
  code: string;
}

/** When a white picture was taken by the camera, and when the dot was drawn that answers it. Unix ms. */
export interface Flash {
  takenAt: number;
  drawnAt: number;
}

export interface Recorded {
  booking: Booking;
  samples: Sample[];
  flashes: Flash[];
  /** Address of the recording, with Mia's invitation and the key. */
  address: string;
  errors: string[];
}

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function drawStroke(page: Page, top: number, within = ".room"): Promise<void> {
  const place = page.locator(within);
  const box = await place.locator(".tl-canvas").boundingBox();
  if (box === null) throw new Error("there is no board");
  const before = await boardOn(page, within);
  await place.getByTestId("tools.draw").click();
  await page.mouse.move(box.x + 220, box.y + top);
  await page.mouse.down();
  for (let step = 1; step <= 20; step++) {
    await page.mouse.move(box.x + 220 + step * 8, box.y + top + 15 * Math.sin(step / 3));
  }
  await page.mouse.up();
  await until(() => boardOn(page, within), (board) => board.length > before.length);
}

/** Runs in Mia's page: at each flash of her own picture, a dot at once. */
function dotOnFlash(): void {
  const video = document.querySelector<HTMLVideoElement>(".picture-mirrored");
  const canvas = document.querySelector(".tl-canvas");
  const context = new OffscreenCanvas(8, 8).getContext("2d");
  if (video === null || canvas === null || context === null) {
    throw new Error("no picture, no board");
  }
  const flashes: Flash[] = [];
  Object.assign(globalThis, { flashes });
  let bright = true;
  const press = (kind: string) => {
    const { x, y } = canvas.getBoundingClientRect();
    canvas.dispatchEvent(
      new PointerEvent(kind, {
        bubbles: true,
        pointerId: 1,
        pointerType: "mouse",
        isPrimary: true,
        button: 0,
        buttons: kind === "pointerdown" ? 1 : 0,
        clientX: x + 240 + flashes.length * 24,
        clientY: y + 80,
      }),
    );
  };
  const look: VideoFrameRequestCallback = (now, { captureTime }) => {
    video.requestVideoFrameCallback(look);
    context.drawImage(video, 0, 0, 8, 8);
    const { data } = context.getImageData(0, 0, 8, 8);
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    if (mean > 245 && !bright) {
      press("pointerdown");
      press("pointerup");
      const { timeOrigin } = performance;
      flashes.push({
        takenAt: timeOrigin + (captureTime ?? now),
        drawnAt: timeOrigin + performance.now(),
      });
    }
    bright = mean > 220;
  };
  video.requestVideoFrameCallback(look);
}

const flashesOf = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { flashes: Flash[] }).flashes);

/** Waits until Ada's page shows what Mia's shows, and the next flash is some time away. */
async function sampleOf(mia: Page, ada: Page): Promise<Sample> {
  const board = await until(async () => {
    const last = (await flashesOf(mia)).at(-1)?.drawnAt ?? 0;
    const since = Date.now() - last;
    const [hers, his] = [await boardOn(ada), await boardOn(mia)];
    return since > 700 && since < FLASHES_EVERY_MS - 2000 && `${hers}` === `${his}` ? hers : null;
  }, (board) => board !== null);
  const chat = await byId(ada, "chat-message").locator(".chat-text").allTextContents();
  const code = await byId(ada, "code-editor").count() > 0 ? await shownText(ada) : "";
  await rest(300);
  const at = Date.now();
  await rest(300);
  return { at, board: board!, chat, code };
}

/** Sends nothing of Ada's camera, as where it hangs, until both have been told that it isn't recorded. */
async function missCamera(mia: Page, ada: Page): Promise<void> {
  const sender = await ada.evaluateHandle(() => {
    const { keptPeers } = globalThis as unknown as { keptPeers: RTCPeerConnection[] };
    const senders = keptPeers.flatMap((peer) => peer.getSenders());
    const sender = senders.find(({ track }) => track?.kind === "video")!;
    return { sender, camera: sender.track };
  });
  await sender.evaluate(({ sender }) => sender.replaceTrack(null));
  const warning = "Ada's camera isn't being recorded.";
  await Promise.all(
    [mia, ada].map((page) =>
      byId(page, "messages").filter({ hasText: warning }).waitFor({ timeout: 60_000 })
    ),
  );
  await sender.evaluate(({ sender, camera }) => sender.replaceTrack(camera));
}

async function say(ada: Page, words: string): Promise<void> {
  await byId(ada, "chat-input").fill(words);
  await byId(ada, "chat-send").click();
  await byId(ada, "chat-message").filter({ hasText: words }).waitFor();
}

export async function recordMinute(lectern: Lectern, browser: Browser): Promise<Recorded> {
  const booking = await lectern.book({ isRecorded: true });
  const { mia, ada, errors } = await enterBoth(browser, booking);
  await seesAndHears(mia);
  // The recording has begun by now, so it is longer than what follows.
  const begun = Date.now();
  for (const page of [mia, ada]) {
    await byId(page, "stage-board").click();
    await page.locator(".tl-canvas").waitFor();
  }
  await mia.mouse.move(400, 400);
  await mia.getByTestId("tools.draw").click();
  await mia.evaluate(dotOnFlash);
  await byId(ada, "chat").first().click();
  const samples: Sample[] = [];
  const words = ["Is this a parabola?", "Now I see the vertex"];
  for (const [index, line] of words.entries()) {
    await drawStroke(ada, 180 + index * 90);
    samples.push(await sampleOf(mia, ada));
    await say(ada, line);
    samples.push(await sampleOf(mia, ada));
  }
  await byId(ada, "stage-code").click();
  await byId(ada, "code-start-javascript").click();
  await focusEditor(ada, "ControlOrMeta+a");
  await type(ada, `${CODE[0]}\n`, 10);
  await until(() => shownText(ada), (text) => text === `${CODE[0]}\n`);
  samples.push(await sampleOf(mia, ada));
  await type(ada, CODE[1], 10);
  await until(() => shownText(ada), (text) => text === CODE.join("\n"));
  await run(ada);
  samples.push(await sampleOf(mia, ada));
  await missCamera(mia, ada);
  await rest(LESSON_MS - (Date.now() - begun));
  // The tests look at what comes after the last flash too, so the recording has to go on for a while after it.
  const flashes = await until(
    () => flashesOf(mia),
    (flashes) => Date.now() - (flashes.at(-1)?.drawnAt ?? 0) > AFTER_FLASH_MS,
  );
  await byId(mia, "leave").click();
  await byId(mia, "end").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "recording-ready").waitFor();
  // With the key: the tests watch in other browsers than those that took part.
  const address = await byId(mia, "key-link").getByRole("textbox").inputValue();
  return { booking, samples, flashes, address, errors };
}
