/**
 * `deno task bench client`: what a page weighs, and how long a person waits.
 *
 * Bytes are those of the built files under brotli (quality 11, as the server sends them). The lobby is what room.html
 * needs before it works: its scripts, what they import, its style sheets, and its words in English. `wordsBytes` has each
 * language that is offered, of the lobby and of all that the page may load. The room is everything that the page has
 * asked for once the first remote picture shows. Times are medians of {@linkcode RUNS}, on loopback in Chromium.
 */
import { brotliCompressSync, constants } from "node:zlib";
import { OFFERED } from "../../rooms/contract/words/offered.ts";
import { buildClient, isClientStale } from "../../server/client_build.ts";
import {
  inbound,
  launchChromium,
  Lectern,
  linkOf,
  openPerson,
} from "../support/browser/lectern.ts";

const RUNS = 5;
const ENCRYPTION = "e2ee";
const DIST = new URL("../../client/dist/", import.meta.url);
const CODE = /\.(js|css)$/;

const sizes = new Map<string, number>();

async function brotliBytes(path: string): Promise<number> {
  let size = sizes.get(path);
  if (size === undefined) {
    const bytes = await Deno.readFile(new URL(path, DIST));
    size = brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11 },
    }).length;
    sizes.set(path, size);
  }
  return size;
}

async function weigh(paths: Iterable<string>): Promise<number> {
  let total = 0;
  for (const path of paths) total += await brotliBytes(path);
  return total;
}

/** The scripts and style sheets that a page loads before any `import()`. */
async function needed(page: string): Promise<Set<string>> {
  const html = await Deno.readTextFile(new URL(page, DIST));
  const found = new Set<string>();
  const follow = async (path: string): Promise<void> => {
    if (found.has(path)) return;
    found.add(path);
    if (!path.endsWith(".js")) return;
    const code = await Deno.readTextFile(new URL(path, DIST));
    for (const [, name] of code.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) {
      await follow(`assets/${name}`);
    }
  };
  for (const [, path] of html.matchAll(/(?:src|href)="\/(assets\/[\w.-]+)"/g)) {
    if (CODE.test(path!)) await follow(path!);
  }
  return found;
}

const WORDS = /^words-([a-z]+)-([A-Za-z-]+?)-[\w-]{8}\.js$/;
/** What room.html's program opens before it shows anything (client/pages/meeting/main.tsx). */
const LOBBY_AREAS = areasOf(
  await Deno.readTextFile(new URL("../../client/pages/meeting/main.tsx", import.meta.url)),
);

/** The list that a page hands to `startPage`. */
function areasOf(main: string): string[] {
  const [, list] = /startPage\(\s*\[([\w\s,]+)\]/.exec(main) ?? [];
  if (list === undefined) throw new Error("main.tsx starts no page with a list of areas");
  return list.split(",").map((area) => area.trim()).filter((area) => area !== "");
}

/** The chunks of the areas' messages in a language. */
function wordsOf(locale: string, areas: readonly string[] | null): string[] {
  return [...Deno.readDirSync(new URL("assets/", DIST))].map(({ name }) => name).filter((name) => {
    const [, area, language] = WORDS.exec(name) ?? [];
    return area !== undefined && language === locale && (areas === null || areas.includes(area));
  }).map((name) => `assets/${name}`);
}

async function weighWords(): Promise<Record<string, { lobby: number; all: number }>> {
  const sizesOf = await Promise.all(
    OFFERED.map(async (locale) =>
      [locale, {
        lobby: await weigh(wordsOf(locale, LOBBY_AREAS)),
        all: await weigh(wordsOf(locale, null)),
      }] as const
    ),
  );
  return Object.fromEntries(sizesOf);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)]!);
}

export async function bench(): Promise<Record<string, unknown>> {
  if (await isClientStale()) await buildClient();
  const lectern = await Lectern.start();
  const browser = await launchChromium();
  try {
    const lobbyMs: number[] = [];
    const firstFrameMs: number[] = [];
    let roomFiles = new Set<string>();
    for (let run = 0; run < RUNS; run++) {
      const booking = await lectern.book({ encryption: ENCRYPTION });
      const tutor = await openPerson(browser);
      await tutor.page.goto(linkOf(booking, "Mia"));
      await tutor.page.getByTestId("join").click();
      await tutor.page.getByTestId("room").waitFor();

      const { context, page } = await openPerson(browser);
      const asked = new Set<string>();
      page.on("request", (request) => {
        const path = new URL(request.url()).pathname.slice(1);
        if (CODE.test(path)) asked.add(path);
      });
      const opened = performance.now();
      await page.goto(linkOf(booking, "Ada"), { waitUntil: "commit" });
      await page.getByTestId("join").click({ trial: true });
      lobbyMs.push(performance.now() - opened);
      // A person takes a moment in the lobby; the room's code arrives meanwhile.
      await page.waitForLoadState("networkidle");
      const pressed = performance.now();
      await page.getByTestId("join").click();
      while ((await inbound(page)).framesDecoded === 0) {
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
      firstFrameMs.push(performance.now() - pressed);
      roomFiles = asked;
      await context.close();
      await tutor.context.close();
    }
    const lobbyFiles = await needed("room.html");
    for (const words of wordsOf("en", LOBBY_AREAS)) lobbyFiles.add(words);
    const landingFiles = await needed("index.html");
    return {
      bench: "client",
      landingBytes: await weigh(landingFiles),
      lobbyBytes: await weigh(lobbyFiles),
      roomBytes: await weigh(new Set([...lobbyFiles, ...roomFiles])),
      wordsBytes: await weighWords(),
      lobbyInteractiveMs: median(lobbyMs),
      joinToFirstFrameMs: median(firstFrameMs),
      encryption: ENCRYPTION,
      runs: RUNS,
      files: Object.fromEntries(sizes),
      aims: { lobbyBytes: 60_000, roomBytes: 170_000, joinToFirstFrameMs: 1000 },
    };
  } finally {
    await browser.close();
    await lectern.stop();
  }
}
