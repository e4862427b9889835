/**
 * `deno task bench network [--case NAME,…] [--encryption e2ee|transport] [--plain]`: what a lesson is like on bad networks.
 * Two real Chromiums in namespaces of their own; Mia sends a picture and sound over a good path, Ada receives them over a
 * bad one.
 *
 * Freezes and concealment are Ada's browser's figures, bitrates the relay's that makes her path bad. `ofCap` is how much of
 * the cap is used from {@linkcode SETTLE_S} seconds on. Without end-to-end encryption voices are sent redundantly where
 * packets are lost; with `--plain` Ada's browser takes no redundancy.
 */
import type { Browser, Page } from "playwright-core";
import { launchChromium, Lectern, linkOf, openPerson } from "../support/browser/lectern.ts";
import { byId, enter, forgetRed, seesAndHears } from "../support/browser/lesson.ts";
import { Network } from "../support/browser/network.ts";
import { type NetworkPath, Relay } from "../support/browser/relay.ts";
import { writeBusyPicture } from "./network/picture.ts";
import { writeVoice } from "./network/voice.ts";

const SEED = 11;
const SETTLE_S = 10;
const MEASURE_S = 8;
const WIDE_KBPS = 2000;
const NARROW_KBPS = 300;

/** Case → Ada's path, down and up alike but for a cap, which is on the path down. */
const CASES: Record<string, NetworkPath> = {
  loss1: { lossPercent: 1 },
  loss5: { lossPercent: 5 },
  loss10: { lossPercent: 10 },
  delay50: { delayMs: 50 },
  delay150: { delayMs: 150 },
  delay300: { delayMs: 300 },
  cap200: { kbps: 200, delayMs: 20 },
  cap1000: { kbps: 1000, delayMs: 20 },
};

interface Reading {
  atMs: number;
  bytes: number;
  freezeMs: number;
  freezes: number;
  frames: number;
  width: number;
  soundBytes: number;
  concealed: number;
  samples: number;
  /** Lost packets whose sound came with a later one, as Opus' own correction; of redundant voices Chromium tells too few. */
  repaired: number;
}

/** Ada's page, and her path. */
interface Receiver {
  page: Page;
  relay: Relay;
  address: string;
}

async function read({ page, relay, address }: Receiver): Promise<Reading> {
  const bytes = relay.received(address);
  const figures = await page.evaluate(async () => {
    const { keptPeers = [] } = globalThis as unknown as { keptPeers?: RTCPeerConnection[] };
    const sum = {
      freezeMs: 0,
      freezes: 0,
      frames: 0,
      width: 0,
      soundBytes: 0,
      concealed: 0,
      samples: 0,
      repaired: 0,
    };
    for (const peer of keptPeers.filter((peer) => peer.connectionState !== "closed")) {
      (await peer.getStats()).forEach((stat) => {
        if (stat.type !== "inbound-rtp") return;
        sum.freezeMs += (stat.totalFreezesDuration ?? 0) * 1000;
        sum.freezes += stat.freezeCount ?? 0;
        sum.frames += stat.framesDecoded ?? 0;
        sum.width = Math.max(sum.width, stat.frameWidth ?? 0);
        if (stat.kind === "audio") sum.soundBytes += stat.bytesReceived ?? 0;
        sum.concealed += (stat.concealedSamples ?? 0) - (stat.silentConcealedSamples ?? 0);
        sum.samples += stat.totalSamplesReceived ?? 0;
        sum.repaired += (stat.fecPacketsReceived ?? 0) - (stat.fecPacketsDiscarded ?? 0);
      });
    }
    return sum;
  });
  return { atMs: performance.now(), bytes, ...figures };
}

function between(before: Reading, after: Reading) {
  const seconds = (after.atMs - before.atMs) / 1000;
  const samples = after.samples - before.samples;
  return {
    kbps: Math.round((after.bytes - before.bytes) * 8 / 1000 / seconds),
    framesPerSecond: Math.round((after.frames - before.frames) / seconds),
    width: after.width,
    freezes: after.freezes - before.freezes,
    freezeMs: Math.round(after.freezeMs - before.freezeMs),
    soundKbps: Math.round((after.soundBytes - before.soundBytes) * 8 / 1000 / seconds),
    concealed: samples <= 0 ? 1 : round((after.concealed - before.concealed) / samples),
    repaired: after.repaired - before.repaired,
  };
}

const round = (value: number) => Math.round(value * 1000) / 1000;
const wait = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function measure(ada: Receiver, path: NetworkPath): Promise<Record<string, unknown>> {
  const { kbps } = path;
  const up: NetworkPath = { ...path };
  delete up.kbps;
  ada.relay.shape({ down: path, up }, ada.address);
  await wait(SETTLE_S);
  const before = await read(ada);
  await wait(MEASURE_S);
  const figures = between(before, await read(ada));
  return { ...figures, ...(kbps === undefined ? {} : { ofCap: round(figures.kbps / kbps) }) };
}

/** Seconds until this much comes, second by second; null when it doesn't within 20. */
async function secondsUntil(ada: Receiver, kbps: number): Promise<number | null> {
  const startMs = performance.now();
  let before = await read(ada);
  while (performance.now() - startMs < 20_000) {
    await wait(1);
    const now = await read(ada);
    if (between(before, now).kbps >= kbps) return round((now.atMs - startMs) / 1000);
    before = now;
  }
  return null;
}

/** A cap that drops and returns. */
async function measureDrop(ada: Receiver): Promise<Record<string, unknown>> {
  const wide = { kbps: WIDE_KBPS, delayMs: 20 };
  ada.relay.shape({ down: wide }, ada.address);
  await wait(SETTLE_S);
  const before = await read(ada);
  await wait(3);
  const usual = between(before, await read(ada));
  ada.relay.shape({ down: { ...wide, kbps: NARROW_KBPS } }, ada.address);
  const dropped = await read(ada);
  await wait(SETTLE_S);
  const narrow = between(dropped, await read(ada));
  ada.relay.shape({ down: wide }, ada.address);
  return { usual, narrow, recoverS: await secondsUntil(ada, 0.8 * usual.kbps) };
}

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf("--case");
  const only = at < 0 ? undefined : args[at + 1]?.split(",");
  const encryption = args[args.indexOf("--encryption") + 1] === "transport" ? "transport" : "e2ee";
  const plain = args.includes("--plain");
  const network = await Network.open(["mia", "ada"]);
  if (typeof network === "string") return { bench: "network", skipped: network };
  const browsers: Browser[] = [];
  let lectern: Lectern | undefined;
  let relay: Relay | undefined;
  const picture = await Deno.makeTempFile({ suffix: ".y4m" });
  const voice = await Deno.makeTempFile({ suffix: ".wav" });
  try {
    await writeBusyPicture(picture);
    await writeVoice(voice);
    lectern = await Lectern.start({
      HOST: "0.0.0.0",
      MEDIA_ADDRESS: "127.0.0.1",
      MEDIA_ANNOUNCED_ADDRESS: network.address,
    });
    const port = lectern.mediaPort;
    relay = await Relay.open(
      { address: network.address, port },
      { address: "127.0.0.1", port },
      SEED,
    );
    const booking = await lectern.book({ encryption });
    const origin = `http://${network.address}:${lectern.port}`;
    const open = async (name: "Mia" | "Ada"): Promise<Page> => {
      const browser = await launchChromium(
        [
          `--unsafely-treat-insecure-origin-as-secure=${origin}`,
          ...(name === "Mia"
            ? [
              `--use-file-for-fake-video-capture=${picture}`,
              `--use-file-for-fake-audio-capture=${voice}`,
            ]
            : []),
        ],
        "fake",
        (chromium) => network.program(name.toLowerCase(), chromium),
      );
      browsers.push(browser);
      const url = new URL(linkOf(booking, name));
      url.hostname = network.address;
      const person = await openPerson(browser);
      if (plain) await person.context.addInitScript(forgetRed);
      return await enter(person, url.href);
    };
    await open("Mia");
    const page = await open("Ada");
    await seesAndHears(page);
    // One picture is enough for two processors.
    await byId(page, "camera").click();
    const ada = { page, relay, address: network.addressOf("ada") };
    const cases: Record<string, unknown> = {};
    const wanted = (name: string) => only === undefined || only.includes(name);
    for (const [name, path] of Object.entries(CASES)) {
      if (wanted(name)) cases[name] = await measure(ada, path);
    }
    if (wanted("drop")) cases["drop"] = await measureDrop(ada);
    return {
      bench: "network",
      encryption,
      plain,
      settleS: SETTLE_S,
      measureS: MEASURE_S,
      cases,
    };
  } finally {
    for (const browser of browsers) await browser.close();
    relay?.close();
    await lectern?.stop();
    await network.close();
    await Deno.remove(picture);
    await Deno.remove(voice);
  }
}
