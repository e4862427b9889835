/**
 * A lesson in which things come and go, recorded in real Chromium: Ada is late, the recording rests a while, she leaves,
 * comes back, reloads her page, turns her camera off for a while and shares her screen. What Mia's page showed at some
 * moments is kept, and between which two times somebody's tile came or went.
 */
import type { Browser, Page } from "playwright-core";
import type { Manifest } from "../../../rooms/contract/recording/manifest.ts";
import { type Booking, type Lectern, linkOf, openPerson, until } from "./lectern.ts";
import { focusEditor, run, shownText, type } from "./code_lesson.ts";
import { byId, enter, seesAndHears } from "./lesson.ts";
import { drawStroke } from "./replay_lesson.ts";
import { boardAt, boardOn, fragmentOf, manifestOf, shown } from "./replay_page.ts";

/** Kept on both sides of a moment that is looked at. */
const MARGIN_MS = 700;
/** Nobody is heard and nothing is done for so long while Mia, whose microphone is off, is alone. */
const SILENCE_MS = 6000;
const PATIENCE_MS = 60_000;

export const CODE = "console.log('root of 16:', Math.sqrt(16));";

/** Who is there, whether with a picture, and whether a shared screen is seen. */
export interface Seen {
  faces: Record<string, boolean>;
  screen: boolean;
}

/** What Mia's page showed at a time of the recording. */
export interface Moment extends Seen {
  atMs: number;
}

/** Something was done after the one time and seen before the other. Unix ms. */
export interface Turn {
  after: number;
  before: number;
}

export interface TurnsLesson {
  booking: Booking;
  recordingId: string;
  /** The page of the recording, with Mia's link. */
  address: string;
  /** Alone, with Ada, after she left, when she was back, without her camera, with her screen, without, at the end. */
  moments: Moment[];
  comes: Turn;
  leaves: Turn;
  returns: Turn;
  errors: string[];
}

async function say(page: Page, words: string): Promise<void> {
  await byId(page, "chat-input").fill(words);
  await byId(page, "chat-send").click();
  await byId(page, "chat-message").filter({ hasText: words }).waitFor();
}

async function turnRecording(page: Page, to: "Pause" | "Resume"): Promise<void> {
  await byId(page, "recording").click();
  await page.getByRole("menuitem", { name: `${to} recording` }).click();
  const words = to === "Pause" ? "Recording paused" : "REC";
  await byId(page, "recording").getByText(words, { exact: true }).waitFor();
}

function seenOn(page: Page): Promise<Seen> {
  return page.evaluate(() => {
    const moves = (within: Element | null) =>
      (within?.querySelector("video")?.readyState ?? 0) >= HTMLMediaElement.HAVE_CURRENT_DATA;
    const tiles = [...document.querySelectorAll("[data-testid=tile]")].map((tile) =>
      [tile.querySelector(".tile-name")?.textContent.replace(" (you)", ""), moves(tile)] as const
    );
    return {
      faces: Object.fromEntries(tiles),
      screen: moves(document.querySelector("[data-testid=shared-screen]")),
    };
  });
}

/** A time since which all of it has been recorded, with some more on both sides; null while there is none. */
function momentOf(
  { tracks, people, startedAt }: Manifest,
  { wanted, since, restMs }: { wanted: Seen; since: number; restMs: number },
): number | null {
  const newest = (name: string, source: string) => {
    const id = people.find((person) => person.name === name)?.participantId;
    const own = tracks.filter((track) => track.participantId === id && track.source === source);
    return own.at(-1)?.spans.at(-1);
  };
  const names = Object.keys(wanted.faces).filter((name) => wanted.faces[name]);
  const cameras = names.map((name) => newest(name, "video"));
  // A screen on which nothing moves sends hardly anything.
  const screens = wanted.screen ? [newest("Ada", "screen")] : [];
  const begun = [...cameras, ...screens].map((span) => span?.fromMs ?? Infinity);
  const atMs = Math.max(since - startedAt, ...begun) + MARGIN_MS;
  return cameras.every((span) => span !== undefined && span.toMs > atMs + restMs) ? atMs : null;
}

async function turn(act: () => Promise<unknown>, seen: () => Promise<unknown>): Promise<Turn> {
  const after = Date.now();
  await act();
  await seen();
  return { after, before: Date.now() };
}

const seesTiles = (page: Page, count: number) =>
  until(() => byId(page, "tile").count(), (tiles) => tiles === count, PATIENCE_MS);

export async function recordTurns(lectern: Lectern, browser: Browser): Promise<TurnsLesson> {
  const booking = await lectern.book({ isRecorded: true, encryption: "transport" });
  const [tutor, student] = [await openPerson(browser), await openPerson(browser)];
  const [mia, ada] = [tutor.page, student.page];
  await mia.goto(linkOf(booking, "Mia"));
  await byId(mia, "lobby-microphone").click();
  await byId(mia, "join").click();
  await byId(mia, "room").waitFor();
  const list = await lectern.api("GET", `/recordings?meetingId=${booking.meetingId}`);
  const { recordings } = await list.json() as { recordings: { recordingId: string }[] };
  const { recordingId } = recordings[0]!;
  const address = `${lectern.origin}/recordings/${recordingId}${fragmentOf(booking, "Mia")}`;
  const moments: Moment[] = [];
  const keep = async (wanted: Seen, restMs = MARGIN_MS) => {
    const held = JSON.stringify(wanted);
    await until(() => seenOn(mia), (seen) => JSON.stringify(seen) === held, PATIENCE_MS);
    const since = Date.now();
    const atMs = await until(
      async () => {
        const manifest = await manifestOf(lectern, booking, recordingId);
        return momentOf(manifest, { wanted, since, restMs });
      },
      (atMs) => atMs !== null,
      PATIENCE_MS,
    );
    moments.push({ ...wanted, atMs: atMs! });
  };

  await byId(mia, "stage-board").click();
  await mia.locator(".tl-canvas").waitFor();
  await drawStroke(mia, 150);
  await keep({ faces: { Mia: true }, screen: false }, SILENCE_MS);
  const comes = await turn(() => enter(student, linkOf(booking, "Ada")), () => seesTiles(mia, 2));
  await seesAndHears(mia, PATIENCE_MS);
  await keep({ faces: { Mia: true, Ada: true }, screen: false });
  await byId(mia, "chat").first().click();
  await say(mia, "before the pause");

  // Somebody watches meanwhile, a few seconds behind.
  const watcher = await openPerson(browser);
  await watcher.page.goto(address);
  await watcher.page.getByRole("button", { name: "Go to live" }).click();
  await until(
    () => shown(watcher.page),
    ({ at, pictures }) => at > 0 && pictures.some(({ frames }) => frames > 0),
    PATIENCE_MS,
  );

  await turnRecording(mia, "Pause");
  await say(mia, "in the pause");
  await drawStroke(mia, 250);
  await turnRecording(mia, "Resume");
  await say(mia, "after the pause");
  const leaves = await turn(async () => {
    await byId(ada, "leave").click();
    await byId(ada, "leave-now").click();
  }, () => seesTiles(mia, 1));
  await keep({ faces: { Mia: true }, screen: false });

  const returns = await turn(async () => {
    await ada.getByRole("button", { name: "Back to the lobby" }).click();
    await byId(ada, "join").click();
  }, () => seesTiles(mia, 2));
  await seesAndHears(mia, PATIENCE_MS);
  await ada.reload();
  await byId(ada, "room").waitFor();
  await seesAndHears(mia, PATIENCE_MS);
  await keep({ faces: { Mia: true, Ada: true }, screen: false });

  await byId(ada, "camera").click();
  await keep({ faces: { Mia: true, Ada: false }, screen: false });
  await byId(ada, "camera").click();
  await byId(mia, "stage-talk").click();
  await byId(ada, "share").click();
  await keep({ faces: { Mia: true, Ada: true }, screen: true });
  await byId(watcher.page, "replay-screen").locator("video").waitFor({ timeout: PATIENCE_MS });
  await byId(ada, "share").click();
  await keep({ faces: { Mia: true, Ada: true }, screen: false });

  await byId(mia, "stage-board").click();
  await drawStroke(mia, 350);
  // What is drawn now reaches whoever watches, who has come through the pause.
  await until(() => boardAt(watcher.page), (board) => board.length === 3, PATIENCE_MS);
  await addPage(mia);
  await drawStroke(mia, 200);
  await write(mia, "The vertex of a parabola");
  await byId(mia, "stage-code").click();
  await byId(mia, "code-start-javascript").click();
  await focusEditor(mia, "ControlOrMeta+a");
  await type(mia, CODE, 10);
  await until(() => shownText(mia), (text) => text === CODE);
  await run(mia);
  await keep({ faces: { Mia: true, Ada: true }, screen: false });
  await byId(mia, "leave").click();
  await byId(mia, "end").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "recording-ready").waitFor();
  const errors = [...tutor.errors, ...student.errors, ...watcher.errors];
  return { booking, recordingId, address, moments, comes, leaves, returns, errors };
}

/** Puts a text on the board. */
async function write(page: Page, words: string): Promise<void> {
  const before = (await boardOn(page)).length;
  const box = (await page.locator(".tl-canvas").boundingBox())!;
  await page.getByTestId("tools.text").click();
  await page.mouse.click(box.x + 260, box.y + 320);
  await page.locator(".tl-shape [contenteditable=true]").waitFor();
  await page.keyboard.type(words);
  await page.keyboard.press("Escape");
  await until(() => boardOn(page), (board) => board.length === before + 1);
}

/** A second page of the board. */
async function addPage(page: Page): Promise<void> {
  await page.getByTestId("page-menu.button").click();
  await page.getByTestId("page-menu.create").click();
  await until(() => boardOn(page), (board) => board.length === 0);
  await page.keyboard.press("Escape");
}
