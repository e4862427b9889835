/**
 * `deno task bench e2ee`: what end-to-end encryption costs.
 *
 * `framesUs`: microseconds to encrypt and to decrypt a frame, one after the other as a stream does it, by size, in Chromium
 * and in this runtime. `callCpu`: CPU seconds of all of the browser's processes in a second of a call of two on one machine,
 * with and without encryption, by turns. `joinToFirstPictureMs`: from the press of Join until the other's picture is decoded.
 */
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import {
  inbound,
  launchChromium,
  Lectern,
  linkOf,
  openPerson,
  until,
} from "../support/browser/lectern.ts";
import { measureFrames } from "./e2ee/frames.ts";

const CALL_SECONDS = 10;
const TURNS = 3;
/** Joins measured in each mode, the calls above among them: a join varies more than a call. */
const JOINS = 7;
const MODES = ["transport", "e2ee"] as const;
type Mode = (typeof MODES)[number];

interface Call {
  /** Null of a call that was only joined. */
  cpu: number | null;
  joinMs: number;
}

async function framesInBrowser(browser: Browser, origin: string): Promise<unknown> {
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      lib: {
        entry: fileURLToPath(new URL("./e2ee/frames.ts", import.meta.url)),
        formats: ["iife"],
        name: "frames",
      },
    },
  });
  const [output] = [built].flat();
  if (output === undefined || !("output" in output)) throw new Error("nothing was built");
  const page = await browser.newPage();
  // A secure context: without one there is no Web Crypto.
  await page.goto(`${origin}/healthz`);
  const result = await page.evaluate(`${output.output[0].code}; frames.measureFrames()`);
  await page.close();
  return result;
}

/** CPU seconds that all of the browser's processes have used so far. */
async function cpuSeconds(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

async function cpuOfCall(browser: Browser, page: Page, seconds: number): Promise<number> {
  await until(() => inbound(page), ({ framesDecoded }) => framesDecoded > 60, 30_000);
  const before = await cpuSeconds(browser);
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return (await cpuSeconds(browser) - before) / ((performance.now() - began) / 1000);
}

async function call(
  { lectern, browser }: { lectern: Lectern; browser: Browser },
  encryption: Mode,
  seconds: number,
): Promise<Call> {
  const booking = await lectern.book({ encryption });
  const tutor = await openPerson(browser);
  await tutor.page.goto(linkOf(booking, "Mia"));
  await tutor.page.getByTestId("join").click();
  await tutor.page.getByTestId("room").waitFor();
  const { context, page } = await openPerson(browser);
  await page.goto(linkOf(booking, "Ada"));
  await page.waitForLoadState("networkidle");
  const pressed = performance.now();
  await page.getByTestId("join").click();
  while ((await inbound(page)).framesDecoded === 0) {
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  const joinMs = performance.now() - pressed;
  const cpu = seconds === 0 ? null : await cpuOfCall(browser, page, seconds);
  await context.close();
  await tutor.context.close();
  return { cpu, joinMs };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export async function bench(): Promise<Record<string, unknown>> {
  const lectern = await Lectern.start();
  const browser = await launchChromium();
  try {
    const calls: Record<Mode, Call[]> = { transport: [], e2ee: [] };
    for (let turn = 0; turn < JOINS; turn++) {
      const seconds = turn < TURNS ? CALL_SECONDS : 0;
      for (const mode of MODES) {
        calls[mode].push(await call({ lectern, browser }, mode, seconds));
      }
    }
    const of = (mode: Mode, pick: (call: Call) => number | null) =>
      median(calls[mode].map(pick).filter((value) => value !== null));
    return {
      bench: "e2ee",
      framesUs: {
        chromium: await framesInBrowser(browser, lectern.origin),
        deno: await measureFrames(),
      },
      callCpu: Object.fromEntries(
        MODES.map((mode) => [mode, Number(of(mode, ({ cpu }) => cpu).toFixed(3))]),
      ),
      joinToFirstPictureMs: Object.fromEntries(
        MODES.map((mode) => [mode, Math.round(of(mode, ({ joinMs }) => joinMs))]),
      ),
      turns: TURNS,
      joins: JOINS,
      callSeconds: CALL_SECONDS,
    };
  } finally {
    await browser.close();
    await lectern.stop();
  }
}
