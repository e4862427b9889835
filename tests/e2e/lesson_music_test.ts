/** A lesson with an instrument: sound in stereo, as it is, from the microphone to the recording. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { launchChromium, until } from "../support/browser/lectern.ts";
import { byId, enterBoth, lessonTests, seesAndHears } from "../support/browser/lesson.ts";
import { loudness, stereoWidth, twoNotes } from "../support/browser/media_file.ts";

let microphone = "";
const test = lessonTests(async () => {
  microphone = await twoNotes();
  return await launchChromium([`--use-file-for-fake-audio-capture=${microphone}`]);
});
Deno.test.afterAll(() => Deno.remove(microphone));

/** The loudest notes, in Hz, of the left and the right channel of the sound that arrives at a page now. */
function notesHeard(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const { keptPeers } = globalThis as unknown as { keptPeers: RTCPeerConnection[] };
    const tracks = keptPeers.filter((peer) => peer.connectionState === "connected")
      .flatMap((peer) => peer.getReceivers())
      .map(({ track }) => track)
      .filter(({ kind, readyState, muted }) => kind === "audio" && readyState === "live" && !muted);
    if (tracks.length === 0) return [0, 0];
    const context = new AudioContext({ sampleRate: 48_000 });
    const source = context.createMediaStreamSource(new MediaStream(tracks.slice(-1)));
    // A source of one channel would leave the other side of the splitter empty.
    const stereo = new GainNode(context, { channelCount: 2, channelCountMode: "explicit" });
    const splitter = context.createChannelSplitter(2);
    source.connect(stereo).connect(splitter);
    const analysers = [0, 1].map((channel) => {
      const analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
      splitter.connect(analyser, channel);
      return analyser;
    });
    await context.resume();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const notes = analysers.map((analyser) => {
      const levels = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(levels);
      const loudest = levels.reduce((best, level, i) => level > levels[best]! ? i : best, 0);
      return levels[loudest]! < -80 ? 0 : Math.round(loudest * 48_000 / 4096);
    });
    await context.close();
    return notes;
  });
}

const near = (hertz: number | undefined, note: number) => Math.abs((hertz ?? 0) - note) < 40;
const isStereo = ([left, right]: number[]) => near(left, 440) && near(right, 1760);

/** What Mia's browser has agreed on for the sound that it sends. */
function sentSound(page: Page): Promise<{ format: string; processed: boolean }> {
  return page.evaluate(async () => {
    const { keptPeers } = globalThis as unknown as { keptPeers: RTCPeerConnection[] };
    const sender = keptPeers.filter((peer) => peer.connectionState === "connected")
      .flatMap((peer) => peer.getSenders())
      .find(({ track }) => track?.kind === "audio" && track.readyState === "live");
    if (sender === undefined || sender.track === null) return { format: "", processed: false };
    const stats = [...(await sender.getStats()).values()];
    const { codecId } = stats.find(({ type }) => type === "outbound-rtp") ?? {};
    const format = String(stats.find(({ id }) => id === codecId)?.sdpFmtpLine ?? "");
    const { echoCancellation, noiseSuppression, autoGainControl } = sender.track.getSettings();
    return {
      format,
      processed: [echoCancellation, noiseSuppression, autoGainControl].includes(true),
    };
  });
}

test("an instrument is heard in stereo as it sounds, after a reload too, and kept so in the recording", async ({ lectern, browser }) => {
  const booking = await lectern.book({ isRecorded: true, encryption: "transport" });
  const { mia, ada, errors } = await enterBoth(browser, booking);
  await seesAndHears(ada, 30_000);
  const [left, right] = await until(() => notesHeard(ada), ([left]) => left !== 0, 30_000);
  expect(left).toBe(right);
  const speech = await sentSound(mia);
  expect(speech.processed).toBe(true);
  expect(speech.format).toContain("useinbandfec=1");
  expect(speech.format).toContain("usedtx=1");

  await byId(mia, "devices").click();
  await byId(mia, "sound-music").click();
  await until(() => notesHeard(ada), isStereo, 30_000);
  const music = await sentSound(mia);
  expect(music.processed).toBe(false);
  expect(music.format).toContain("stereo=1");
  expect(music.format).toContain("maxaveragebitrate=160000");
  expect(music.format).not.toContain("usedtx=1");

  await mia.reload();
  await byId(mia, "room").waitFor();
  await until(() => notesHeard(ada), isStereo, 30_000);
  await byId(mia, "devices").click();
  expect(await byId(mia, "sound-music").getAttribute("aria-checked")).toBe("true");
  await mia.keyboard.press("Escape");

  await byId(mia, "leave").click();
  await byId(mia, "end").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "recording-ready").waitFor();
  await mia.getByRole("link", { name: "Watch the lesson" }).click();
  await byId(mia, "downloads").click();
  const kept: number[] = [];
  const count = await byId(mia, "download-track").count();
  await mia.keyboard.press("Escape");
  for (let index = 0; index < count; index++) {
    await byId(mia, "downloads").click();
    const [download] = await Promise.all([
      mia.waitForEvent("download"),
      byId(mia, "download-track").nth(index).click(),
    ]);
    const path = await download.path();
    if (!Number.isNaN(await loudness(path).catch(() => NaN))) kept.push(await stereoWidth(path));
  }
  expect(Math.max(...kept)).toBeGreaterThan(-40);
  expect(errors).toEqual([]);
});
