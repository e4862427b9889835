/**
 * A lesson in which things come and go, recorded in real Chromium: a late microphone, a pause, somebody who comes back,
 * a shared screen. It is watched while it runs and afterwards, and made into one film.
 */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import type { Manifest } from "../../recorder/manifest.ts";
import { linkOf, openPerson, until } from "./lectern.ts";
import { byId, enter, lessonTests, seesAndHears } from "./lesson.ts";
import { greyLevels, loudness, probe } from "./media_file.ts";
import { drawStroke } from "./replay_lesson.ts";
import { boardAt, boardOn, fragmentOf, manifestOf, seek, shown } from "./replay_page.ts";

const test = lessonTests();

async function sayInChat(page: Page, words: string): Promise<void> {
  await byId(page, "chat-input").fill(words);
  await byId(page, "chat-send").click();
  await byId(page, "chat-message").filter({ hasText: words }).waitFor();
}

async function turnRecording(page: Page, to: "Pause" | "Resume"): Promise<void> {
  await byId(page, "recording").click();
  await page.getByRole("menuitem", { name: `${to} recording` }).click();
  await byId(page, "recording").getByText(to === "Pause" ? "Recording paused" : "REC").waitFor();
}

async function startFilm(page: Page): Promise<void> {
  await byId(page, "downloads").click();
  await byId(page, "download-film").click();
  await until(() => byId(page, "film-start").isEnabled(), (enabled) => enabled);
  await byId(page, "film-start").click();
  await byId(page, "film-progress").waitFor();
}

/** The film's file of a recording, as it comes down. */
async function makeFilm(page: Page): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent("download", { timeout: 120_000 }),
    startFilm(page),
  ]);
  await page.locator("[data-testid=film][data-state=made]").waitFor();
  return await download.path();
}

const keptMs = ({ durationMs, pauses }: Manifest) =>
  pauses.reduce((sum, { fromMs, toMs }) => sum - ((toMs ?? durationMs) - fromMs), durationMs);

test("a lesson with a late microphone, a pause, a return and a shared screen is watched live and afterwards, and becomes one film", async ({ lectern, browser }) => {
  const booking = await lectern.book({ isRecorded: true });
  const mia = await enter(await openPerson(browser), linkOf(booking, "Mia"));
  const { page: ada } = await openPerson(browser);
  await ada.goto(linkOf(booking, "Ada"));
  await byId(ada, "lobby-microphone").click();
  await byId(ada, "join").click();
  await byId(ada, "room").waitFor();
  await until(() => mia.locator("video").count(), (pictures) => pictures === 2);
  for (const page of [mia, ada]) {
    await byId(page, "stage-board").click();
    await page.locator(".tl-canvas").waitFor();
  }
  await byId(mia, "chat").first().click();
  await drawStroke(mia, 150);
  await sayInChat(mia, "before the pause");
  await byId(ada, "microphone").click();
  await seesAndHears(mia);

  const list = await lectern.api("GET", `/recordings?meetingId=${booking.meetingId}`);
  const { recordings } = await list.json() as { recordings: { recordingId: string }[] };
  const { recordingId } = recordings[0]!;
  const { page, errors } = await openPerson(browser);
  await page.addInitScript(() => {
    // A browser that asks where to save can't be answered by a test.
    Object.assign(globalThis, { showSaveFilePicker: undefined });
  });
  await page.goto(`${lectern.origin}/recordings/${recordingId}${fragmentOf(booking, "Mia")}`);
  await page.getByRole("button", { name: "Go to live" }).click();
  await until(
    () => shown(page),
    ({ at, pictures }) => at > 0 && pictures.some(({ frames }) => frames > 0),
  );

  await turnRecording(mia, "Pause");
  await sayInChat(mia, "in the pause");
  await drawStroke(mia, 250);
  await until(() => boardOn(ada), (board) => board.length === 2);
  await turnRecording(mia, "Resume");
  await ada.reload();
  await byId(ada, "room").waitFor();
  await until(() => byId(mia, "tile").count(), (tiles) => tiles === 2);
  await seesAndHears(mia);
  await byId(ada, "share").click();
  // The one who watches a few seconds behind sees it too.
  await byId(page, "replay-screen").locator("video").waitFor({ timeout: 20_000 });
  await byId(ada, "share").click();
  await drawStroke(mia, 350);
  // What is drawn now reaches whoever watches a few seconds behind, who has come through the pause.
  await until(() => boardAt(page), (board) => board.length === 3, 20_000);
  await byId(mia, "leave").click();
  await byId(mia, "end").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "recording-ready").waitFor();
  // Whoever opens their link again is told too.
  await ada.reload();
  await byId(ada, "over").waitFor();
  await byId(ada, "recording-ready").waitFor();

  await page.reload();
  await byId(page, "replay").waitFor();
  const manifest = await manifestOf(lectern, booking, recordingId);
  const [pause] = manifest.pauses;
  expect(manifest.pauses).toHaveLength(1);
  const tracksOf = (name: string, source: string) => {
    const person = manifest.people.find((person) => person.name === name)?.participantId;
    return manifest.tracks.filter((track) =>
      track.participantId === person && track.source === source
    );
  };
  const [late] = tracksOf("Ada", "audio");
  expect(late!.startMs).toBeGreaterThan(tracksOf("Ada", "video")[0]!.startMs + 500);
  // One before she came back, one after.
  expect(tracksOf("Ada", "video").length).toBeGreaterThanOrEqual(2);

  await seek(page, pause!.fromMs - 1000);
  await byId(page, "play").click();
  await until(() => shown(page), ({ at }) => at >= pause!.toMs!);
  await byId(page, "play").click();
  const words = await byId(page, "replay-message").locator(".chat-text").allTextContents();
  expect(words).toEqual(["before the pause"]);
  await until(() => boardAt(page), (board) => board.length === 2);

  const [shared] = tracksOf("Ada", "screen");
  await seek(page, shared!.startMs + shared!.durationMs / 2);
  await until(
    () => shown(page),
    ({ pictures }) => pictures.some(({ name, width }) => name === "screen" && width > 0),
  );
  const back = tracksOf("Ada", "video").at(-1)!;
  await seek(page, back.startMs + back.durationMs - 1000);
  await until(
    () => shown(page),
    ({ pictures }) => pictures.some(({ name, width }) => name === "Ada" && width > 0),
  );

  await startFilm(page);
  await byId(page, "film-cancel").click();
  await byId(page, "film").waitFor({ state: "detached" });
  const film = await makeFilm(page);
  const { durationMs, streams } = await probe(film);
  const [picture, sound] = ["video", "audio"].map((kind) =>
    streams.find((stream) => stream.kind === kind)
  );
  expect(Math.abs(durationMs - keptMs(manifest))).toBeLessThan(100);
  expect(picture).toMatchObject({ width: 1280, height: 720, frames: picture?.packets });
  expect(Math.abs(picture!.frames - durationMs / 40)).toBeLessThan(3);
  expect(sound?.frames).toBeGreaterThan(0);
  expect(await loudness(film)).toBeGreaterThan(-50);
  for (const part of [0.3, 0.6, 0.9]) {
    expect(await greyLevels(film, durationMs * part)).toBeGreaterThan(20);
  }
  expect(errors).toEqual([]);
});
