/** The recording of an encrypted lesson: what the server keeps of it, and who can watch it where. */
import { Buffer } from "node:buffer";
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { fromBase64Url, toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import { readTrailer } from "../../rooms/contract/encryption/frame.ts";
import { KeyRing } from "../../rooms/contract/encryption/key_ring.ts";
import { type Secret, SECRET_BYTES, secretOf } from "../../rooms/contract/encryption/secret.ts";
import { readClusters } from "../../client/pages/replay/decryption/clusters.ts";
import { openAll, readKey } from "../../client/encryption/recording_keys.ts";
import { manifestSchema } from "../../rooms/contract/recording/manifest.ts";
import { makePageKeys, openAsCustodian } from "../../rooms/contract/encryption/wrapping.ts";
import { type Cut, likeness, picturesShown } from "../support/browser/decoding.ts";
import { type Lectern, linkOf, openPerson, until } from "../support/browser/lectern.ts";
import {
  byId,
  enter,
  enterBoth,
  lessonTests,
  personMenu,
  seesAndHears,
} from "../support/browser/lesson.ts";
import { loudness, probe } from "../support/browser/media_file.ts";
import { seek } from "../support/browser/replay_page.ts";

const test = lessonTests();

/** Frames tried of each track; the decoders are slow where nothing fits. */
const FRAMES_TRIED = 60;
/** As they are, without what stands behind them, and without the first bytes as well. */
const PICTURE_CUTS: readonly Cut[] = [[0, 0], [0, 29], [10, 29], [3, 29]];
const SOUND_CUTS: readonly Cut[] = [[0, 0], [0, 29], [1, 29]];

/** Everything that the server answers of a recording's tracks, as whoever runs it can read it. */
async function stored(lectern: Lectern, recordingId: string, token: string) {
  const get = (path: string) =>
    fetch(`${lectern.origin}/api/recordings/${recordingId}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
  const manifest = manifestSchema.parse(await (await get("")).json());
  const tracks = await Promise.all(manifest.tracks.map(async (track) => {
    const from = `from=${track.startMs}&to=${track.startMs + track.durationMs}`;
    const clusters = await get(`/tracks/${track.trackId}/clusters?${from}`);
    return { ...track, blocks: readClusters(await clusters.bytes())!.flat() };
  }));
  return { manifest, tracks };
}

/** Every key that follows from what somebody holds and from what the server has. */
async function ringOf(
  lectern: Lectern,
  recordingId: string,
  { token, held }: { token: string; held: readonly Secret[] },
): Promise<KeyRing> {
  const keys = await fetch(`${lectern.origin}/api/recordings/${recordingId}/keys`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { envelopes } = await keys.json();
  const ring = new KeyRing();
  for (const secret of (await openAll(held, envelopes)).values()) ring.add(secret);
  return ring;
}

/** All that is in the files below a folder. */
async function bytesBelow(folder: string): Promise<Buffer> {
  const found: Buffer[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    found.push(isDirectory ? await bytesBelow(path) : Buffer.from(await Deno.readFile(path)));
  }
  return Buffer.concat(found);
}

/** Waits until two faces move. */
async function playsTwo(page: Page): Promise<void> {
  await byId(page, "replay").waitFor();
  // Near the end, where both are there.
  await byId(page, "seek").evaluate((element) => {
    const slider = element as HTMLInputElement;
    slider.value = String(Number(slider.max) - 5000);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await byId(page, "play").click();
  await until(
    () =>
      page.evaluate(() =>
        [...document.querySelectorAll<HTMLVideoElement>(".picture")]
          .map((video) => video.getVideoPlaybackQuality().totalVideoFrames)
      ),
    (frames) => frames.length === 2 && frames.every((now) => now > 8),
  );
}

test("an encrypted lesson is stored as ciphertext, and is watched where its key is", async ({ lectern, browser }) => {
  const custodian = await makePageKeys();
  const publicKey = toBase64Url(custodian.publicKey);
  expect((await lectern.api("POST", "/custodian-key", { publicKey })).status).toBe(200);
  const booking = await lectern.book();
  const { mia, ada, errors } = await enterBoth(browser, booking);
  await seesAndHears(mia);
  await seesAndHears(ada);
  // A reload in the middle: another page, other keys, one recording.
  await ada.reload();
  await byId(ada, "room").waitFor();
  await seesAndHears(mia);
  await seesAndHears(ada);
  await byId(mia, "encryption").click();
  await byId(mia, "encryption-dialog").getByText("booking system").waitFor();
  await mia.keyboard.press("Escape");
  await byId(ada, "chat").first().click();
  await byId(ada, "chat-input").fill("Is this a parabola?");
  await byId(ada, "chat-send").click();
  await byId(ada, "chat-message").filter({ hasText: "Is this a parabola?" }).waitFor();
  await byId(mia, "leave").click();
  await byId(mia, "end").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "ended").waitFor();
  const withKey = await byId(mia, "key-link").getByRole("textbox").inputValue();
  const recordingId = new URL(withKey).pathname.split("/").at(-1)!;

  // What the server holds decodes to nothing, with and without what was put before and behind it.
  const invite = new URLSearchParams(new URL(linkOf(booking, "Mia")).hash.slice(1)).get("invite")!;
  const { manifest, tracks } = await stored(lectern, recordingId, invite);
  expect(new Set(tracks.map(({ source }) => source))).toEqual(new Set(["audio", "video"]));
  const key = new URLSearchParams(new URL(withKey).hash.slice(1)).get("key")!;
  const ring = await ringOf(lectern, recordingId, { token: invite, held: await readKey(key) });
  for (const { source, participantId, blocks } of tracks) {
    const frames = blocks.filter(({ data }) => data.length > 1).slice(0, FRAMES_TRIED);
    // With the key they are a picture and a sound.
    const real = await Promise.all(frames.map(async (frame) => {
      const opened = await ring.open(new Uint8Array(frame.data), { participantId, source });
      if (opened.status !== "opened") throw new Error(`A frame of ${source} is ${opened.status}`);
      return { ...frame, data: opened.frame };
    }));
    if (source === "video") {
      expect(await picturesShown(mia, { frames, real }, PICTURE_CUTS)).toEqual([0, 0, 0, 0]);
      const [shown] = await picturesShown(mia, { frames: real, real }, [[0, 0]]);
      expect(shown).toBeGreaterThan(0);
    } else {
      const { energy, alike } = await likeness(mia, { frames, real }, SOUND_CUTS);
      expect(energy).toBeGreaterThan(0);
      expect(Math.max(...alike)).toBeLessThan(0.3);
      const [itself] = (await likeness(mia, { frames: real, real }, [[0, 0]])).alike;
      expect(itself).toBeGreaterThan(0.99);
    }
  }
  const answer = await lectern.api("GET", `/recordings/${recordingId}/key-envelopes`);
  const { meetingId, envelopes } = await answer.json();
  // Every frame is an encrypted one; sound of one byte is what the recorder fills gaps with.
  for (const { source, blocks } of tracks) {
    const sealed = blocks.filter(({ data }) => source === "video" || data.length > 1);
    expect(sealed.length).toBeGreaterThan(0);
    expect(sealed.filter(({ data }) => readTrailer(data) === undefined)).toEqual([]);
  }
  // Nor is a secret in any file of the server's, neither as it is nor as a link has it.
  const files = await bytesBelow(lectern.dataDir);
  expect(files.includes(meetingId)).toBe(true);
  const keys = key.split(".");
  expect(keys.every((key) => fromBase64Url(key)?.length === SECRET_BYTES)).toBe(true);
  for (const key of keys) {
    expect(files.includes(key)).toBe(false);
    expect(files.includes(Buffer.from(key, "base64url"))).toBe(false);
  }

  // In the browser that was in the lesson it just plays, and downloads can be watched anywhere.
  await mia.getByRole("link", { name: "Watch the lesson" }).click();
  await playsTwo(mia);
  await byId(mia, "downloads").click();
  const saving = mia.waitForEvent("download");
  await byId(mia, "download-track").filter({ hasText: "camera" }).first().click();
  const file = await Deno.readFile(await (await saving).path());
  const playable = await mia.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const video = document.createElement("video");
    video.muted = true;
    video.src = URL.createObjectURL(new Blob([bytes], { type: "video/webm" }));
    await video.play();
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    return { width: video.videoWidth, duration: video.duration };
  }, file.toBase64());
  const track = manifest.tracks.find(({ source }) => source === "video")!;
  const opened = readClusters(file.subarray(track.headerBytes))!.flat();
  const frames = opened.slice(0, FRAMES_TRIED);
  const [shown] = await picturesShown(mia, { frames, real: frames }, [[0, 0]]);
  expect(shown).toBeGreaterThan(0);
  expect(playable.width).toBeGreaterThan(0);
  expect(Math.abs(playable.duration * 1000 - track.durationMs)).toBeLessThan(1000);

  await byId(mia, "downloads").click();
  await byId(mia, "copy-key-link").click();
  await byId(mia, "key-link-copied").waitFor();

  // The whole lesson as one film.
  await byId(mia, "downloads").click();
  await byId(mia, "download-film").click();
  await mia.evaluate(() => Reflect.deleteProperty(globalThis, "showSaveFilePicker"));
  const filmed = mia.waitForEvent("download", { timeout: 120_000 });
  await byId(mia, "film-start").click();
  const film = await (await filmed).path();
  const { durationMs, streams } = await probe(film);
  expect(Math.abs(durationMs - manifest.durationMs)).toBeLessThan(1000);
  for (const { frames, packets } of streams) {
    expect(frames).toBe(packets);
    expect(frames).toBeGreaterThan(50);
  }
  expect(streams.map(({ kind }) => kind).sort()).toEqual(["audio", "video"]);
  expect(await loudness(film)).toBeGreaterThan(-60);
  // All of it stood where it was sent.
  expect(await byId(mia, "misplaced").count()).toBe(0);

  // In another browser the personal link alone shows everything but faces and voices.
  const bare = new URL(withKey);
  bare.hash = new URLSearchParams({ invite }).toString();
  const { page: fresh } = await openPerson(browser);
  await fresh.goto(bare.href);
  await byId(fresh, "key-missing").waitFor();
  expect(await fresh.locator("video, audio").count()).toBe(0);
  await seek(fresh, manifest.durationMs);
  await byId(fresh, "replay-message").filter({ hasText: "Is this a parabola?" }).waitFor();
  await byId(fresh, "downloads").click();
  await byId(fresh, "download-film").filter({ hasText: "the key to faces and voices isn’t here" })
    .waitFor();
  expect(await byId(fresh, "download-track").count()).toBe(0);

  // The booking system makes a link that carries the key.
  const secrets = await Promise.all(
    (envelopes as { wrapped: string }[]).map(({ wrapped }) =>
      openAsCustodian(custodian, { meetingId, wrapped: fromBase64Url(wrapped)! })
    ),
  );
  const custody = secrets.map((secret) => toBase64Url(secret!.bytes)).join(".");
  const minted = await (await lectern.api("POST", `/recordings/${recordingId}/links`, {})).json();
  const { page: byLink } = await openPerson(browser);
  await byLink.goto(`${minted.url}&key=${custody}`);
  await playsTwo(byLink);

  // Mia's own link, in yet another browser.
  const { page: elsewhere } = await openPerson(browser);
  await elsewhere.goto(withKey);
  await playsTwo(elsewhere);
  expect(errors).toEqual([]);
});

/** The secrets that a page's browser keeps of recordings. */
function secretsIn(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await settled(indexedDB.open("lectern-recording-keys"));
    const store = database.transaction("secrets").objectStore("secrets");
    const rows: { bytes: Uint8Array<ArrayBuffer> }[] = await settled(store.getAll());
    return rows.map(({ bytes }) => btoa(String.fromCharCode(...bytes)));
  });
}

test("who is removed can decrypt what was said before, and nothing that follows, whatever the server gives them", async ({ lectern, browser }) => {
  const booking = await lectern.book({
    students: [{ id: "s-1", name: "Ada" }, { id: "s-2", name: "Ben" }],
  });
  const { mia, ada } = await enterBoth(browser, booking);
  const ben = await enter(await openPerson(browser), linkOf(booking, "Ben"));
  for (const page of [mia, ada, ben]) await seesAndHears(page);
  await personMenu(mia, "Ben", "remove");
  await byId(mia, "confirm-yes").click();
  await byId(ben, "removed").waitFor();
  for (const page of [mia, ada]) await seesAndHears(page);
  const bens = await secretsIn(ben);
  expect(bens.length).toBeGreaterThan(0);
  await byId(mia, "leave").click();
  await byId(mia, "end").click();
  await byId(mia, "confirm-yes").click();
  await byId(mia, "ended").waitFor();
  const link = await byId(mia, "key-link").getByRole("textbox").inputValue();
  const recordingId = new URL(link).pathname.split("/").at(-1)!;
  const invite = new URLSearchParams(new URL(linkOf(booking, "Mia")).hash.slice(1)).get("invite")!;
  const { tracks } = await stored(lectern, recordingId, invite);

  // Ben's secrets, and every envelope and frame that the server has.
  const held = await Promise.all(bens.map((bytes) => secretOf(Uint8Array.fromBase64(bytes))));
  const ring = await ringOf(lectern, recordingId, { token: invite, held });
  const epochs = new Map<number, { opened: boolean; lastMs: number }>();
  for (const { participantId, source, startMs, blocks } of tracks) {
    for (const { data, atMs } of blocks) {
      const number = readTrailer(data)?.epoch;
      if (number === undefined) continue;
      const { status } = await ring.open(new Uint8Array(data), { participantId, source });
      const epoch = epochs.get(number) ?? { opened: false, lastMs: 0 };
      epoch.opened ||= status === "opened";
      epoch.lastMs = Math.max(epoch.lastMs, startMs + atMs);
      epochs.set(number, epoch);
    }
  }
  const opens = [...epochs.values()].sort((a, b) => a.lastMs - b.lastMs).map(({ opened }) =>
    opened
  );
  expect(opens[0]).toBe(true);
  expect(opens.at(-1)).toBe(false);
});
