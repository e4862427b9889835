/** A camera of known colours is recorded: whoever shows it, live or later, shows the same. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { launchChromium, type Lectern, openPerson, until } from "../support/browser/lectern.ts";
import { byId, enterBoth, lessonTests } from "../support/browser/lesson.ts";
import { type Colour, colourAt, paletteCamera } from "../support/browser/media_file.ts";
import { fragmentOf, manifestOf, seek } from "../support/browser/replay_page.ts";

const test = lessonTests();

/** Four quarters, from the left above to the right below. */
const QUARTERS = ["0x008700", "0xc82828", "0xe0b090", "0x2040c0"] as const;
/** The noise of a live encoder on a busy machine came to 5. With the wrong matrix the green is 77 instead of 135. */
const BOUND = 6;

/** The colours in the middle of the quarters of a video, in whichever size it is shown. */
function coloursOf(page: Page, selector: string): Promise<Colour[]> {
  return page.evaluate((selector) => {
    const video = document.querySelector<HTMLVideoElement>(selector);
    const context = new OffscreenCanvas(16, 16).getContext("2d");
    if (video === null || context === null || video.readyState < 2) return [];
    context.drawImage(video, 0, 0, 16, 16);
    return [[4, 4], [12, 4], [4, 12], [12, 12]].map(([x, y]) => {
      const [red, green, blue] = context.getImageData(x!, y!, 1, 1).data;
      return [red!, green!, blue!] as [number, number, number];
    });
  }, selector);
}

function colourOf(hex: string): Colour {
  const value = Number(hex);
  return [value >> 16, value >> 8 & 0xff, value & 0xff];
}

/** By how much the channel differs that differs most. */
function distance(one: Colour, other: Colour): number {
  return Math.max(...one.map((value, channel) => Math.abs(value - other[channel]!)));
}

/** Every quarter has the camera's colour. */
function expectTrue(shown: readonly Colour[], where: string): void {
  expect(shown).toHaveLength(QUARTERS.length);
  const worst = Math.max(
    ...QUARTERS.map((hex, quarter) => distance(colourOf(hex), shown[quarter]!)),
  );
  expect({ where, shown, isTrue: worst <= BOUND }).toEqual({ where, shown, isTrue: true });
}

async function trackFile(
  { lectern, recordingId, trackId, invite }: {
    lectern: Lectern;
    recordingId: string;
    trackId: string;
    invite: string;
  },
): Promise<string> {
  const answer = await fetch(
    `${lectern.origin}/api/recordings/${recordingId}/tracks/${trackId}.webm`,
    { headers: { authorization: `Bearer ${invite}` } },
  );
  const path = await Deno.makeTempFile({ prefix: "lectern-colours-", suffix: ".webm" });
  await Deno.writeFile(path, new Uint8Array(await answer.arrayBuffer()));
  return path;
}

for (const [width, height] of [[1280, 720], [640, 360]] as const) {
  test(`a camera of ${width} × ${height} has its colours live, in the replay and in its track`, async ({ lectern }) => {
    const camera = await paletteCamera(QUARTERS, { width, height });
    const browser = await launchChromium([`--use-file-for-fake-video-capture=${camera}`]);
    try {
      const booking = await lectern.book({ isRecorded: true, encryption: "transport" });
      const { mia, ada } = await enterBoth(browser, booking);
      const video = 'video[aria-label="Mia’s camera"]';
      const list = await lectern.api("GET", `/recordings?meetingId=${booking.meetingId}`);
      const { recordings } = await list.json() as { recordings: { recordingId: string }[] };
      const { recordingId } = recordings[0]!;
      const trackOf = async () => {
        const { people, tracks } = await manifestOf(lectern, booking, recordingId);
        const id = people.find(({ name }) => name === "Mia")?.participantId;
        return tracks.find(({ participantId, kind }) => participantId === id && kind === "video");
      };
      await until(trackOf, (track) => (track?.durationMs ?? 0) > 6000);
      // The first pictures of a camera are coarse; these aren't any more.
      expectTrue(await coloursOf(ada, video), "live");
      await byId(mia, "leave").click();
      await byId(mia, "end").click();
      await byId(mia, "confirm-yes").click();
      await byId(mia, "recording-ready").waitFor();
      const track = (await trackOf())!;
      const atMs = track.startMs + 5000;

      const { page } = await openPerson(browser);
      await page.goto(
        `${lectern.origin}/recordings/${recordingId}${fragmentOf(booking, "Mia")}`,
      );
      await byId(page, "replay").waitFor();
      await seek(page, atMs);
      const tile = "[data-testid=replay-tile][data-name=Mia] video";
      const replayed = await until(
        () => coloursOf(page, tile),
        (colours) => colours.length > 0 && colours.some((colour) => Math.max(...colour) > 0),
      );
      expectTrue(replayed, "the replay");

      const invite = new URLSearchParams(fragmentOf(booking, "Mia").slice(1)).get("invite")!;
      const path = await trackFile({ lectern, recordingId, trackId: track.trackId, invite });
      expectTrue(await colourAt(path, 5000), "the track in ffmpeg");
      await Deno.remove(path);
    } finally {
      await browser.close();
      await Deno.remove(camera);
    }
  });
}

test("at its end a finished recording is asked for nothing any more", async ({ lectern, browser }) => {
  const booking = await lectern.book({ isRecorded: true, encryption: "transport" });
  const { mia } = await enterBoth(browser, booking);
  await byId(mia, "recording").getByText("REC", { exact: true }).waitFor();
  const list = await lectern.api("GET", `/recordings?meetingId=${booking.meetingId}`);
  const { recordings } = await list.json() as { recordings: { recordingId: string }[] };
  const { recordingId } = recordings[0]!;
  await until(
    async () => (await manifestOf(lectern, booking, recordingId)).tracks,
    (tracks) => tracks.length === 4 && tracks.every(({ durationMs }) => durationMs > 2000),
  );
  await byId(mia, "leave").click();
  await byId(mia, "end").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "recording-ready").waitFor();
  const { page } = await openPerson(browser);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${lectern.origin}/recordings/${recordingId}${fragmentOf(booking, "Mia")}`);
  await byId(page, "replay").waitFor();
  const { durationMs } = await manifestOf(lectern, booking, recordingId);
  await seek(page, durationMs - 1500);
  const clusters = () => asked.filter((url) => url.includes("/clusters")).length;
  await until(() => Promise.resolve(clusters()), (count) => count >= 4);
  await seek(page, durationMs);
  // Twice as long as it once took to ask again, by the page's own clock.
  const settled = await page.evaluate(() =>
    new Promise<number>((resolve) => setTimeout(() => resolve(performance.now()), 2000))
  );
  const before = clusters();
  await until(
    () => page.evaluate(() => performance.now()),
    (now) => now > settled + 4000,
  );
  expect(clusters()).toBe(before);
});
