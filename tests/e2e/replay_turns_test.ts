/**
 * A lesson in which people, pictures and a screen come and go, in real Chromium: watched while it runs through a pause
 * and a shared screen (see turns_lesson.ts), afterwards held against what its people saw, and used as whoever learns
 * from it would.
 */
import { expect } from "@std/expect";
import { strFromU8, unzipSync } from "fflate";
import { decodePDFRawStream, PDFDict, PDFDocument, PDFName, PDFRawStream } from "pdf-lib";
import type { Browser, Page } from "playwright-core";
import { type Lectern, openPerson, until } from "../support/browser/lectern.ts";
import { byId, lessonTests } from "../support/browser/lesson.ts";
import { focusEditor, run, shownText, type } from "../support/browser/code_lesson.ts";
import { drawStroke } from "../support/browser/replay_lesson.ts";
import {
  boardAt,
  boardOn,
  codeAt,
  manifestOf,
  momentWhen,
  seek,
  shown,
} from "../support/browser/replay_page.ts";
import { CODE, recordTurns, type Seen, type TurnsLesson } from "../support/browser/turns_lesson.ts";

const test = lessonTests();

let lesson: Promise<TurnsLesson> | null = null;

/** The one lesson of this file, recorded by the first test that asks for it. */
function recorded(lectern: Lectern, browser: Browser): Promise<TurnsLesson> {
  return lesson ??= recordTurns(lectern, browser);
}

function seenAt(page: Page): Promise<Seen> {
  return page.evaluate(() => {
    const shows = (within: Element | null) =>
      (within?.querySelector("video")?.readyState ?? 0) >= HTMLMediaElement.HAVE_CURRENT_DATA;
    const tiles = [...document.querySelectorAll<HTMLElement>("[data-testid=replay-tile]")];
    return {
      faces: Object.fromEntries(tiles.map((tile) => [tile.dataset["name"], shows(tile)])),
      screen: shows(document.querySelector("[data-testid=replay-screen]")),
    };
  });
}

/** How many people are there at a time. The page stands still there. */
async function tilesAt(page: Page, atMs: number): Promise<number> {
  await seek(page, atMs);
  // The clock's frame brings the document there, the next ones draw it.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 4; frame++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  });
  return await byId(page, "replay-tile").count();
}

/** Points at a time of the line, and waits until it says what happened then. */
async function nameOnLine(page: Page, atMs: number, words: string): Promise<void> {
  const line = byId(page, "seek");
  const { x, y, width, height } = (await line.boundingBox())!;
  const length = Number(await line.getAttribute("max"));
  await page.mouse.move(x + width * atMs / length, y + height / 2);
  await page.locator(".timeline-label").getByText(words).waitFor();
}

const chatAt = (page: Page) => byId(page, "replay-message").locator(".chat-text").allTextContents();

test("people, pictures and a shared screen come and go as they did in the lesson, the timeline tells of it, and a pause has left no trace", async ({ lectern, browser }) => {
  const { booking, recordingId, address, moments, comes, leaves, returns, errors } = await recorded(
    lectern,
    browser,
  );
  expect(errors).toEqual([]);
  const { page, errors: trouble } = await openPerson(browser);
  await page.goto(address);
  await byId(page, "replay").waitFor();
  const { startedAt, tracks, pauses, markers } = await manifestOf(lectern, booking, recordingId);

  // Backward and forward, in no order.
  for (const index of [4, 0, 6, 2, 7, 5, 3, 1]) {
    const { atMs, ...seen } = moments[index]!;
    await seek(page, atMs);
    await until(
      async () => ({ index, atMs, ...await seenAt(page) }),
      ({ faces, screen }) => JSON.stringify({ faces, screen }) === JSON.stringify(seen),
      30_000,
    );
  }
  for (
    const { turn: { after, before }, tiles } of [
      { turn: comes, tiles: 2 },
      { turn: leaves, tiles: 1 },
      { turn: returns, tiles: 2 },
    ]
  ) {
    const stretch = { fromMs: after - startedAt, toMs: before - startedAt };
    // The log of that time comes first.
    await seek(page, stretch.toMs);
    await until(() => byId(page, "replay-tile").count(), (count) => count === tiles);
    // Whenever it was done and seen: it isn't shown before the one, and is shown at the other.
    await momentWhen(stretch, async (atMs) => await tilesAt(page, atMs) === tiles);
  }

  expect(pauses).toHaveLength(1);
  const pause = { fromMs: pauses[0]!.fromMs, toMs: pauses[0]!.toMs! };
  const inPause = tracks.flatMap(({ spans }) => spans)
    .filter(({ fromMs, toMs }) => fromMs < pause.toMs && pause.fromMs < toMs);
  expect(inPause).toEqual([]);
  await seek(page, pause.fromMs + (pause.toMs - pause.fromMs) / 2);
  await until(() => boardAt(page), (board) => board.length === 1);
  expect(await chatAt(page)).toEqual(["before the pause"]);
  await seek(page, pause.fromMs - 500);
  await byId(page, "play").click();
  const { at } = await until(() => shown(page), ({ at }) => at >= pause.fromMs, 30_000);
  // Nobody waits through it.
  expect(at).toBeGreaterThanOrEqual(pause.toMs);
  const words = await until(() => chatAt(page), ({ length }) => length > 1);
  expect(words).toEqual(["before the pause", "after the pause"]);
  await byId(page, "play").click();
  await byId(page, "search").fill("pause");
  await until(() => byId(page, "find").count(), (finds) => finds > 0);
  expect(await byId(page, "find").filter({ hasText: "in the pause" }).count()).toBe(0);
  expect(await byId(page, "find").filter({ hasText: "after the pause" }).count()).toBe(1);
  await page.keyboard.press("Escape");

  // The line tells all of it, and the board shows who is where on it.
  const marks = await page.locator(".timeline-line .mark").evaluateAll((marks) =>
    marks.map(({ className }) => className.replace("mark mark-", ""))
  );
  expect(marks).toEqual(markers.map(({ type }) => type));
  expect([...new Set(marks)].sort())
    .toEqual(["board", "chat", "code", "join", "leave", "pause", "run", "screen"]);
  await nameOnLine(page, comes.before - startedAt, "Ada came");
  await nameOnLine(page, (pause.fromMs + pause.toMs) / 2, "Recording paused");
  await nameOnLine(page, moments[5]!.atMs, "Ada shares a screen");
  await seek(page, moments[0]!.atMs);
  await byId(page, "replay-board").locator(".tl-nametag", { hasText: "Mia" }).waitFor();
  expect(trouble).toEqual([]);
});

test("the board is taken along as a PDF, each of its pages drawn, as it stood at the end or at a moment", async ({ lectern, browser }) => {
  const { booking, recordingId, address } = await recorded(lectern, browser);
  const { pauses } = await manifestOf(lectern, booking, recordingId);
  const { page } = await openPerson(browser);
  await page.goto(address);
  const save = async (id: string) => {
    await byId(page, "downloads").click();
    const [download] = await Promise.all([
      page.waitForEvent("download", { timeout: 60_000 }),
      byId(page, id).click(),
    ]);
    expect(download.suggestedFilename()).toBe("Algebra with Mia board.pdf");
    return await picturesOf(await Deno.readFile(await download.path()));
  };
  // Nothing is drawn at the beginning; the whole board can be had all the same.
  await byId(page, "downloads").click();
  await byId(page, "download-board").waitFor();
  expect(await byId(page, "download-board-here").count()).toBe(0);
  await page.keyboard.press("Escape");
  const whole = await save("download-board");
  expect(whole).toHaveLength(2);
  for (const shades of whole) expect(shades).toBeGreaterThan(8);
  await seek(page, pauses[0]!.fromMs - 500);
  await until(() => boardAt(page), (board) => board.length === 1);
  expect(await save("download-board-here")).toHaveLength(1);
});

/** How many shades the picture on each page of a PDF has. */
async function picturesOf(pdf: Uint8Array): Promise<number[]> {
  const file = await PDFDocument.load(pdf);
  return file.getPages().map(({ node }) => {
    const drawn = node.Resources()?.lookup(PDFName.of("XObject"), PDFDict);
    const pictures = drawn?.values().map((value) => file.context.lookup(value)) ?? [];
    const bytes = pictures.flatMap((picture) =>
      picture instanceof PDFRawStream ? [...new Set(decodePDFRawStream(picture).decode())] : []
    );
    return new Set(bytes).size;
  });
}

/** Where the page stands, in ms. */
const at = async (page: Page) => Math.round((await shown(page)).at);

test("keys and buttons go back and on, change the speed and jump over silences", async ({ lectern, browser }) => {
  const { booking, recordingId, address, moments, comes } = await recorded(lectern, browser);
  const { startedAt } = await manifestOf(lectern, booking, recordingId);
  const { page, errors } = await openPerson(browser);
  await page.goto(address);
  await byId(page, "replay").waitFor();
  await seek(page, 12_000);
  for (
    const [key, atMs] of [["l", 22_000], ["j", 12_000], ["ArrowRight", 17_000], [
      "ArrowLeft",
      12_000,
    ]] as const
  ) {
    await page.keyboard.press(key);
    await until(() => at(page), (now) => now === atMs);
  }
  await page.getByRole("button", { name: "10 seconds on" }).click();
  await until(() => at(page), (now) => now === 22_000);
  await page.getByRole("button", { name: "10 seconds back" }).click();
  await until(() => at(page), (now) => now === 12_000);

  await seek(page, moments[3]!.atMs);
  await page.keyboard.press("Space");
  const rates = () =>
    page.locator("video.picture").evaluateAll((pictures) =>
      (pictures as HTMLVideoElement[]).filter(({ paused }) => !paused)
        .map(({ playbackRate }) => playbackRate)
    );
  // What is a little ahead or behind is nudged.
  const playsAt = (rate: number) =>
    until(rates, (now) => now.length > 0 && now.every((one) => Math.abs(one / rate - 1) < 0.13));
  await playsAt(1);
  for (const rate of [3, 0.5]) {
    await byId(page, "rate").click();
    await byId(page, `rate-${rate}`).click();
    await playsAt(rate);
    await seek(page, moments[3]!.atMs);
  }
  await page.keyboard.press(">");
  await playsAt(0.75);
  await page.keyboard.press("<");
  await playsAt(0.5);
  await page.keyboard.press("Space");
  await until(rates, (playing) => playing.length === 0);

  // Alone Mia said nothing; her next word would be said when Ada has come.
  await byId(page, "skip-silence").click();
  await seek(page, moments[0]!.atMs);
  const jump = page.evaluate(() => {
    const slider = document.querySelector<HTMLInputElement>("[data-testid=seek]")!;
    let last = { at: slider.valueAsNumber, now: performance.now() };
    return new Promise<{ from: number; to: number }>((resolve) => {
      const look = () => {
        const next = { at: slider.valueAsNumber, now: performance.now() };
        const ahead = next.at - last.at - (next.now - last.now);
        if (ahead > 2000) resolve({ from: last.at, to: next.at });
        last = next;
        requestAnimationFrame(look);
      };
      look();
    });
  });
  await byId(page, "play").click();
  const { from, to } = await jump;
  expect(from).toBeLessThan(moments[0]!.atMs + 5000);
  expect(to).toBeLessThan(comes.before - startedAt);
  expect(errors).toEqual([]);
});

test("output and words on the board are found, and a copy of a moment is changed, run and taken along", async ({ lectern, browser }) => {
  const { address, moments } = await recorded(lectern, browser);
  const { page, errors } = await openPerson(browser);
  await page.goto(address);
  await byId(page, "layout-board").click();
  await byId(page, "search").fill("root of 16: 4");
  await byId(page, "find").filter({ hasText: "Output of" }).click();
  await byId(page, "replay-run").filter({ hasText: "root of 16: 4" }).waitFor();
  await byId(page, "search").fill("vertex parabola");
  await byId(page, "find").filter({ hasText: "Board" }).click();
  await byId(page, "replay-board").locator(".tl-shape", { hasText: "The vertex of a parabola" })
    .waitFor();

  await seek(page, moments.at(-1)!.atMs);
  await byId(page, "layout-code").click();
  await until(() => codeAt(page), (code) => code === CODE);
  const caret = byId(page, "replay-code").locator(".caret[title=Mia]");
  await until(
    () => caret.evaluate((mark) => (mark as HTMLElement).style.left),
    (left) => left === `${CODE.length}ch`,
  );
  await byId(page, "open-here").click();
  const copy = byId(page, "copy");
  await until(() => shownText(page), (text) => text === CODE, 30_000);
  await focusEditor(page, "ControlOrMeta+a");
  await type(page, "console.log(6 * 7);");
  await until(() => shownText(page), (text) => text === "console.log(6 * 7);");
  expect(await run(page)).toBe("0");
  expect(await byId(page, "code-output").innerText()).toContain("42");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    byId(page, "copy-save").click(),
  ]);
  const files = unzipSync(await Deno.readFile(await download.path()));
  expect(Object.values(files).map((file) => strFromU8(file))).toEqual(["console.log(6 * 7);"]);
  await byId(page, "copy-board").click();
  await copy.locator(".tl-canvas").waitFor();
  const before = await boardOn(page, "[data-testid=copy]");
  await drawStroke(page, 200, "[data-testid=copy]");
  expect((await boardOn(page, "[data-testid=copy]")).length).toBe(before.length + 1);
  await byId(page, "copy-close").click();
  await until(() => codeAt(page), (code) => code === CODE);
  expect(errors).toEqual([]);
});
