/** A short lesson in real Chromium, made into one film by the page of its recording. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { arrange } from "../../client/pages/replay/pictures/arrangement.ts";
import type { Manifest } from "../../rooms/contract/recording/manifest.ts";
import { fullDisk } from "../support/recording/full_disk.ts";
import {
  type Booking,
  launchChromium,
  type Lectern,
  openPerson,
  until,
} from "../support/browser/lectern.ts";
import { byId, enterBoth, lessonTests, seesAndHears } from "../support/browser/lesson.ts";
import { greyLevels, loudness, probe } from "../support/browser/media_file.ts";
import { drawStroke } from "../support/browser/replay_lesson.ts";
import { fragmentOf, manifestOf } from "../support/browser/replay_page.ts";

const disk = await fullDisk();
const test = lessonTests(launchChromium, {
  RECORDING_FREE_MB: String(Math.ceil(disk.freeBytes / 1024 ** 2)),
});
Deno.test.afterAll(() => disk[Symbol.asyncDispose]());

/** Stands in for the dialog that asks where to save, which nobody can answer here: files of the page's own storage. */
function saveIntoOwnStorage(): void {
  Object.assign(globalThis, {
    showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) => {
      const folder = await navigator.storage.getDirectory();
      return await folder.getFileHandle(suggestedName, { create: true });
    },
  });
}

/** Names and sizes of the files that were saved so. */
function ownFiles(page: Page): Promise<[string, number][]> {
  return page.evaluate(async () => {
    const files: [string, number][] = [];
    const folder = await navigator.storage.getDirectory() as unknown as AsyncIterable<
      [string, { getFile(): Promise<File> }]
    >;
    for await (const [name, handle] of folder) {
      // What is written lies beside the file until it is whole.
      if (name.endsWith(".crswap")) continue;
      // Gone since it was named.
      const file = await handle.getFile().catch(() => null);
      if (file !== null) files.push([name, file.size]);
    }
    return files;
  });
}

/** Downloads one of them, and answers where it is. */
async function takeOut(page: Page, name: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.evaluate(async (name) => {
      const folder = await navigator.storage.getDirectory();
      const file = await (await folder.getFileHandle(name)).getFile();
      const href = URL.createObjectURL(file);
      Object.assign(document.createElement("a"), { href, download: name }).click();
    }, name),
  ]);
  return await download.path();
}

async function startFilm(page: Page): Promise<void> {
  await byId(page, "downloads").click();
  await byId(page, "download-film").click();
  await until(() => byId(page, "film-start").isEnabled(), (enabled) => enabled);
}

/** Waits until so much of the film is made. */
const filmReaches = (page: Page, part: number) =>
  until(
    () => byId(page, "film-progress").evaluate((bar) => (bar as HTMLProgressElement).value),
    (value) => value >= part,
    60_000,
  );

/** Where a film shows a moment of the lesson: it leaves out the pauses. */
const filmTime = ({ pauses }: Manifest, atMs: number) =>
  pauses.reduce((at, { fromMs, toMs }) => toMs! <= atMs ? at - (toMs! - fromMs) : at, atMs);

/** Waits until each of these has been recorded for a while since the last pause, and answers a moment in it. */
async function keptMoment(
  lectern: Lectern,
  booking: Booking,
  { recordingId, from }: { recordingId: string; from: [name: string, source: string][] },
): Promise<number> {
  const spansOf = ({ tracks, people, pauses }: Manifest) =>
    from.map(([name, source]) => {
      const id = people.find((person) => person.name === name)?.participantId;
      const since = pauses.at(-1)?.toMs ?? 0;
      return tracks.findLast((track) =>
        track.participantId === id && track.source === source && track.startMs >= since
      )?.spans.at(-1);
    });
  const spans = await until(
    async () => spansOf(await manifestOf(lectern, booking, recordingId)),
    (spans) => spans.every((span) => span !== undefined && span.toMs - span.fromMs > 1000),
    60_000,
  );
  return Math.max(...spans.map((span) => span!.fromMs)) + 500;
}

test("all see while a full disk keeps a lesson from being recorded; a film of it that is broken off leaves no file, and one that is made holds board, screen, faces and voices", async ({ lectern, browser }) => {
  const booking = await lectern.book({ isRecorded: true, encryption: "transport" });
  const { mia, ada } = await enterBoth(browser, booking);
  const list = await lectern.api("GET", `/recordings?meetingId=${booking.meetingId}`);
  const { recordings } = await list.json() as { recordings: { recordingId: string }[] };
  const { recordingId } = recordings[0]!;
  await byId(mia, "stage-board").click();
  await mia.locator(".tl-canvas").waitFor();
  await drawStroke(mia, 200);
  await seesAndHears(mia, 60_000);
  const drawn = await keptMoment(lectern, booking, {
    recordingId,
    from: [["Mia", "video"], ["Ada", "audio"]],
  });
  // While the disk is full nothing is kept and everybody sees it; it goes on by itself.
  const badges = [mia, ada].map((person) => byId(person, "recording"));
  await disk.fill();
  for (const badge of badges) await badge.getByText("Not recorded: disk full").waitFor();
  await disk.empty();
  for (const badge of badges) {
    await until(() => badge.textContent(), (words) => words?.startsWith("REC") === true);
  }
  await byId(mia, "recording").click();
  await mia.getByRole("menuitem", { name: "Pause recording" }).click();
  await byId(mia, "recording").getByText("Recording paused").waitFor();
  await byId(mia, "recording").click();
  await mia.getByRole("menuitem", { name: "Resume recording" }).click();
  await byId(mia, "recording").getByText("REC", { exact: true }).waitFor();
  await byId(ada, "share").click();
  const shared = await keptMoment(lectern, booking, {
    recordingId,
    from: [["Mia", "video"], ["Ada", "video"], ["Ada", "screen"]],
  });
  await byId(mia, "leave").click();
  await byId(mia, "end").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "recording-ready").waitFor();

  const manifest = await manifestOf(lectern, booking, recordingId);
  const address = `${lectern.origin}/recordings/${recordingId}${fragmentOf(booking, "Mia")}`;
  const { page, errors, context } = await openPerson(browser);
  await page.addInitScript(saveIntoOwnStorage);
  await page.goto(address);
  await startFilm(page);
  expect(await byId(page, "film-dialog").textContent()).toContain("A WebM file");
  await byId(page, "film-start").click();
  await filmReaches(page, 0.01);
  expect(await byId(page, "film").textContent()).toMatch(/^The film: \d+ %/);
  expect(await ownFiles(page)).toHaveLength(1);
  await byId(page, "film-cancel").click();
  await byId(page, "film").waitFor({ state: "detached" });
  await until(() => ownFiles(page), (files) => files.length === 0);
  await startFilm(page);
  await byId(page, "film-start").click();
  await page.locator("[data-testid=film][data-state=made]").waitFor({ timeout: 180_000 });
  expect((await ownFiles(page)).map(([name]) => name)).toEqual(["Algebra with Mia.webm"]);
  const chosen = await takeOut(page, "Algebra with Mia.webm");
  await page.close();

  // Where no page may write files, the browser keeps the film until it is whole, and downloads it then.
  const other = await context.newPage();
  await other.addInitScript(() => Object.assign(globalThis, { showSaveFilePicker: undefined }));
  await other.goto(address);
  await startFilm(other);
  const [download] = await Promise.all([
    other.waitForEvent("download", { timeout: 180_000 }),
    byId(other, "film-start").click(),
  ]);
  await other.locator("[data-testid=film][data-state=made]").waitFor();
  expect(download.suggestedFilename()).toBe("Algebra with Mia.webm");
  const film = await download.path();
  expect(manifest.pauses).toHaveLength(1);
  for (const path of [chosen, film]) {
    const { durationMs, streams } = await probe(path);
    const [picture, sound] = ["video", "audio"].map((kind) =>
      streams.find((stream) => stream.kind === kind)
    );
    expect(Math.abs(durationMs - filmTime(manifest, manifest.durationMs))).toBeLessThan(100);
    expect(picture).toMatchObject({ codec: "vp8", width: 1280, height: 720 });
    expect(picture?.frames).toBe(picture?.packets);
    expect(Math.abs(picture!.frames - durationMs / 40)).toBeLessThan(3);
    expect(sound).toMatchObject({ codec: "opus", frames: sound?.packets });
    expect(await loudness(path)).toBeGreaterThan(-50);
  }

  const { stage, faces } = arrange({ width: 1280, height: 720 }, 2, true);
  // A board of one stroke has few shades, a screen and a camera have many.
  expect(await greyLevels(film, filmTime(manifest, drawn), stage!)).toBeGreaterThan(8);
  expect(await greyLevels(film, filmTime(manifest, shared), stage!)).toBeGreaterThan(20);
  for (const face of faces) {
    expect(await greyLevels(film, filmTime(manifest, shared), face)).toBeGreaterThan(20);
  }
  expect(errors).toEqual([]);
});
