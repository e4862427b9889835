/** The board in two real pages on the real server: how long a large one takes to open, and a stroke to arrive. */
import type { Page } from "playwright-core";
import { openStorage } from "../../../db/storage.ts";
import {
  launchChromium,
  Lectern,
  linkOf,
  openPerson,
  until,
} from "../../support/browser/lectern.ts";

const STROKES = 20;

/** `largeBoard` is the state of a document with so many `shapes`. */
export async function benchInBrowser(
  largeBoard: Uint8Array,
  shapes: number,
): Promise<Record<string, unknown>> {
  const lectern = await Lectern.start();
  const browser = await launchChromium();
  try {
    const small = await lectern.book();
    const pages: Page[] = [];
    for (const name of ["Mia", "Ada"]) {
      const { page } = await openPerson(browser);
      await enterBoard(page, linkOf(small, name));
      pages.push(page);
    }
    const [mia, ada] = pages as [Page, Page];
    const latency = await strokeLatency(mia, ada);

    const large = await lectern.book();
    await lectern.kill("SIGTERM");
    await keep(lectern.dataDir, large.meetingId, largeBoard);
    await lectern.start();
    const { page } = await openPerson(browser);
    const opened = await enterBoard(page, linkOf(large, "Mia"), shapes);
    return { latency, large: opened };
  } finally {
    await browser.close();
    await lectern.stop();
  }
}

/** Puts the board into the meeting's log, as if it had been drawn. */
async function keep(dataDir: string, meetingId: string, update: Uint8Array): Promise<void> {
  const storage = await openStorage({
    location: { kind: "file", path: `${dataDir}/lectern.db`, synchronous: "normal" },
    joinEarlyMs: 0,
    endGraceMs: 0,
  });
  await storage.log.append(meetingId, [{ at: Date.now(), update }]);
  await storage.close();
}

/** Answers the milliseconds from opening the board to its canvas, its first shape, and all `shapes` in the page. */
async function enterBoard(
  page: Page,
  url: string,
  shapes = 0,
): Promise<Record<string, number>> {
  await page.goto(url);
  await page.getByTestId("join").click();
  await page.getByTestId("room").waitFor();
  const start = performance.now();
  await page.keyboard.press("b");
  await page.locator(".tl-canvas").waitFor({ timeout: 120_000 });
  const canvasMs = Math.round(performance.now() - start);
  if (shapes === 0) return { canvasMs };
  await page.locator(".tl-shape svg path").first().waitFor();
  const firstShapeMs = Math.round(performance.now() - start);
  await until(() => page.locator(".tl-shape").count(), (count) => count === shapes, 120_000);
  return { shapes, canvasMs, firstShapeMs, allShapesMs: Math.round(performance.now() - start) };
}

/** From the pen touching one page to the stroke in the frame that the other page paints. One machine, one clock. */
async function strokeLatency(from: Page, to: Page): Promise<Record<string, number>> {
  await to.evaluate(`
    globalThis.painted = [];
    const seen = new Set(document.querySelectorAll(".tl-shape"));
    new MutationObserver(() => {
      for (const shape of document.querySelectorAll(".tl-shape")) {
        if (seen.has(shape)) continue;
        seen.add(shape);
        requestAnimationFrame(() => painted.push(Date.now()));
      }
    }).observe(document.querySelector(".tl-canvas"), { childList: true, subtree: true });
  `);
  await from.evaluate(`
    globalThis.touched = [];
    addEventListener("pointerdown", () => touched.push(Date.now()), { capture: true });
  `);
  await from.keyboard.press("d");
  const box = await from.locator(".tl-canvas").boundingBox();
  if (box === null) throw new Error("the board isn't there");
  for (let stroke = 0; stroke < STROKES; stroke++) {
    const x = box.x + 100 + (stroke % 5) * 80;
    const y = box.y + 100 + Math.floor(stroke / 5) * 80;
    await from.mouse.move(x, y);
    await from.mouse.down();
    for (let step = 1; step <= 6; step++) await from.mouse.move(x + step * 6, y + step * 4);
    await from.mouse.up();
    await to.waitForFunction(`painted.length > ${stroke}`);
  }
  const [touched, painted] = await Promise.all([
    from.evaluate("touched") as Promise<number[]>,
    to.evaluate("painted") as Promise<number[]>,
  ]);
  const latencies = painted.map((at, index) => at - (touched[index] ?? NaN))
    .sort((a, b) => a - b);
  const at = (part: number) => latencies[Math.floor(latencies.length * part)] ?? NaN;
  return { strokes: STROKES, p50Ms: at(0.5), p95Ms: at(0.95) };
}
