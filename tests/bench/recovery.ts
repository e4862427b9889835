/**
 * `deno task bench recovery [--case NAME]`: how long people see nothing new of each other when something breaks. Two
 * real Chromiums, Ada's in a network namespace of her own.
 *
 * Each case gives for both pages the longest time without a new frame of the other's camera, from the moment of the
 * break on, in milliseconds. Of an outage, its own length is part of that.
 */
import type { Browser, Page } from "playwright-core";
import {
  inbound,
  launchChromium,
  Lectern,
  linkOf,
  openPerson,
} from "../support/browser/lectern.ts";
import { enter, seesAndHears } from "../support/browser/lesson.ts";
import { Network } from "../support/browser/network.ts";

const OUTAGE_MS = 5000;
/** Pictures flow again when there was no gap of this length for as long. */
const STEADY_MS = 3000;
const LIMIT_MS = 60_000;
const LOOK_MS = 40;

interface Lesson {
  lectern: Lectern;
  network: Network;
}

/** What breaks; resolves when it has happened. */
const CASES: Record<string, (lesson: Lesson) => Promise<unknown>> = {
  /** kill -9 of the media process. */
  process: ({ lectern }) => {
    const pids = [...lectern.log.matchAll(/media process (?:serves|was replaced)\s+pid=(\d+)/g)];
    Deno.kill(Number(pids.at(-1)?.[1]), "SIGKILL");
    return Promise.resolve();
  },
  /** Another address. */
  move: ({ network }) => network.move("ada"),
  /** The cable is out for a while. */
  outage: async ({ network }) => {
    await network.unplug("ada");
    setTimeout(() => void network.plug("ada"), OUTAGE_MS);
  },
  /** UDP is blocked, TCP isn't. */
  udp: ({ network }) => network.blockUdp("ada"),
};

/** Notes when a page has new frames. */
class Gaps {
  #frames = -1;
  #sinceMs = performance.now();
  longestMs = 0;

  constructor(private readonly page: Page) {}

  async look(): Promise<void> {
    const { framesDecoded } = await inbound(this.page);
    const now = performance.now();
    this.longestMs = Math.max(this.longestMs, now - this.#sinceMs);
    if (framesDecoded !== this.#frames && framesDecoded > 0) this.#sinceMs = now;
    this.#frames = framesDecoded;
  }

  get presentMs(): number {
    return performance.now() - this.#sinceMs;
  }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(
  pages: Record<"mia" | "ada", Page>,
  strike: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const gaps = { mia: new Gaps(pages.mia), ada: new Gaps(pages.ada) };
  const each = Object.values(gaps);
  await strike();
  const startMs = performance.now();
  let steadySinceMs = startMs;
  while (performance.now() - startMs < LIMIT_MS) {
    await Promise.all(each.map((gap) => gap.look()));
    const now = performance.now();
    if (each.some(({ presentMs }) => presentMs > STEADY_MS / 6)) steadySinceMs = now;
    // What breaks may take a while to show.
    if (now - startMs > 2 * STEADY_MS && now - steadySinceMs > STEADY_MS) break;
    await wait(LOOK_MS);
  }
  const stuck = each.some(({ presentMs }) => presentMs > STEADY_MS);
  if (stuck) throw new Error(`no pictures within ${LIMIT_MS} ms`);
  return { miaMs: Math.round(gaps.mia.longestMs), adaMs: Math.round(gaps.ada.longestMs) };
}

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf("--case");
  const only = at < 0 ? undefined : args[at + 1]?.split(",");
  const network = await Network.open(["ada"]);
  if (typeof network === "string") return { bench: "recovery", skipped: network };
  const browsers: Browser[] = [];
  let lectern: Lectern | undefined;
  try {
    const serving = await Lectern.start({ HOST: "0.0.0.0", MEDIA_ADDRESS: network.address });
    lectern = serving;
    const booking = await serving.book();
    const origin = `http://${network.address}:${serving.port}`;
    const open = async (name: "Mia" | "Ada", place?: (program: string) => Promise<string>) => {
      const secure = [`--unsafely-treat-insecure-origin-as-secure=${origin}`];
      const browser = await launchChromium(secure, "fake", place);
      browsers.push(browser);
      const url = new URL(linkOf(booking, name));
      url.hostname = network.address;
      return await enter(await openPerson(browser), url.href);
    };
    const mia = await open("Mia");
    const ada = await open("Ada", (chromium) => network.program("ada", chromium));
    const cases: Record<string, unknown> = {};
    for (const [name, strike] of Object.entries(CASES)) {
      if (only !== undefined && !only.includes(name)) continue;
      await seesAndHears(ada, 30_000);
      await seesAndHears(mia, 30_000);
      cases[name] = await measure({ mia, ada }, () => strike({ lectern: serving, network }));
    }
    return { bench: "recovery", outageMs: OUTAGE_MS, cases };
  } finally {
    for (const browser of browsers) await browser.close();
    await lectern?.stop();
    await network.close();
  }
}
