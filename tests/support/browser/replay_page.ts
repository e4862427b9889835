/** The page of a recording, as the tests use and read it. */
import type { Page } from "playwright-core";
import { type Manifest, manifestSchema } from "../../../rooms/contract/recording/manifest.ts";
import { type Booking, type Lectern, linkOf, until } from "./lectern.ts";
import { byId } from "./lesson.ts";

/** The fragment of somebody's personal link, which opens the recording too. */
export const fragmentOf = (booking: Booking, name: string) => new URL(linkOf(booking, name)).hash;

export async function manifestOf(
  lectern: Lectern,
  booking: Booking,
  recordingId: string,
): Promise<Manifest> {
  const invite = new URLSearchParams(fragmentOf(booking, "Mia").slice(1)).get("invite");
  const answer = await fetch(`${lectern.origin}/api/recordings/${recordingId}`, {
    headers: { authorization: `Bearer ${invite}` },
  });
  return manifestSchema.parse(await answer.json());
}

export async function seek(page: Page, atMs: number): Promise<void> {
  await byId(page, "seek").evaluate((element, value) => {
    const slider = element as HTMLInputElement;
    slider.value = String(value);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }, atMs);
}

export interface Shown {
  at: number;
  pictures: { name: string; skewMs: number; frames: number; width: number }[];
}

/** The clock and every picture that is on the page, at one instant. */
export function shown(page: Page): Promise<Shown> {
  return page.evaluate(() => {
    const slider = document.querySelector<HTMLInputElement>("[data-testid=seek]");
    const at = slider?.valueAsNumber ?? Number.NaN;
    const pictures = [...document.querySelectorAll<HTMLVideoElement>(".picture")].map((video) => ({
      name: video.closest<HTMLElement>("[data-name]")?.dataset["name"] ?? "screen",
      skewMs: video.currentTime * 1000 + Number(video.dataset["startMs"]) - at,
      frames: video.getVideoPlaybackQuality().totalVideoFrames,
      width: video.videoWidth,
    }));
    return { at, pictures };
  });
}

/** Everything on the board of a page, to the last point of each stroke. */
export function boardOn(page: Page, within = ".room"): Promise<string[]> {
  return page.locator(`${within} .tl-shape`).evaluateAll((shapes) =>
    shapes.map((shape) => {
      const { dataset, style } = shape as HTMLElement;
      const path = shape.querySelector("path")?.getAttribute("d") ?? "";
      return `${dataset["shapeId"]} ${dataset["shapeType"]} ${style.transform} ${path}`;
    }).sort()
  );
}

export const boardAt = (page: Page) => boardOn(page, "[data-testid=replay-board]");

export async function codeAt(page: Page): Promise<string> {
  const lines = byId(page, "replay-code").locator(".code-lines code");
  return (await lines.allTextContents()).map((line) => line === "\n" ? "" : line).join("\n");
}

/** How bright somebody's picture is at a time: 0 black, 255 white. The page stands still there. */
export async function brightnessAt(page: Page, name: string, atMs: number): Promise<number> {
  await seek(page, atMs);
  const tile = `[data-testid=replay-tile][data-name=${name}] video`;
  await until(
    () =>
      page.evaluate(({ tile, atMs }) => {
        const video = document.querySelector<HTMLVideoElement>(tile);
        if (video === null || video.seeking || video.readyState < 2) return Infinity;
        return Math.abs(video.currentTime * 1000 + Number(video.dataset["startMs"]) - atMs);
      }, { tile, atMs }),
    (skewMs) => skewMs <= 20,
  );
  return await page.evaluate(async (tile) => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const context = new OffscreenCanvas(8, 8).getContext("2d");
    const video = document.querySelector<HTMLVideoElement>(tile);
    if (context === null || video === null) return Number.NaN;
    context.drawImage(video, 0, 0, 8, 8);
    const { data } = context.getImageData(0, 0, 8, 8);
    return data.filter((_, index) => index % 4 !== 3).reduce((sum, value) => sum + value, 0) / 192;
  }, tile);
}

/** How many shapes stand on the board at a time. The page stands still there. */
export async function shapesAt(page: Page, atMs: number): Promise<number> {
  await seek(page, atMs);
  // The clock's frame brings the document there, the next ones draw it.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 4; frame++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  });
  return (await boardAt(page)).length;
}

/** The first moment of a stretch at which something holds that holds from then on, to 8 ms. */
export async function momentWhen(
  stretch: { fromMs: number; toMs: number },
  holds: (atMs: number) => Promise<boolean>,
): Promise<number> {
  let { fromMs, toMs } = stretch;
  if (await holds(fromMs) || !await holds(toMs)) {
    throw new Error(`it doesn't begin to hold between ${fromMs} and ${toMs}`);
  }
  while (toMs - fromMs > 8) {
    const middle = (fromMs + toMs) / 2;
    if (await holds(middle)) toMs = middle;
    else fromMs = middle;
  }
  return toMs;
}
