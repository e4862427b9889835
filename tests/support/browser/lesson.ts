/**
 * The moves of a lesson in browser tests: coming in, looking whether pictures and sound arrive, a host's menu.
 *
 * Tests of one file share a server and a browser; each books a lesson of its own and opens people of its own.
 */
import type { Browser, Page } from "playwright-core";
import {
  type Booking,
  inbound,
  launchChromium,
  Lectern,
  linkOf,
  openPerson,
  type PersonPage,
  until,
} from "./lectern.ts";

export interface Stage {
  lectern: Lectern;
  browser: Browser;
}

/** Names a test of the file's one server and browser. On failure the server's log is part of the message. */
export type LessonTest = (name: string, run: (stage: Stage) => Promise<void>) => void;

/**
 * Starts the file's server and browser before its first test, and ends them after its last. `env` adds to the server's
 * environment.
 */
export function lessonTests(
  launch: () => Promise<Browser> = launchChromium,
  env: Record<string, string> = {},
): LessonTest {
  let stage: Stage | null = null;
  Deno.test.beforeAll(async () => {
    stage = { lectern: await Lectern.start(env), browser: await launch() };
  });
  Deno.test.afterAll(async () => {
    await stage?.browser.close();
    await stage?.lectern.stop();
  });
  return (name, run) =>
    Deno.test(name, async () => {
      const { lectern, browser } = stage!;
      const logged = lectern.log.length;
      try {
        await run({ lectern, browser });
      } catch (error) {
        const log = lectern.log.slice(logged).slice(-3000);
        throw new Error(`${(error as Error).message}\nServer log:\n${log}`, { cause: error });
      } finally {
        await Promise.all(browser.contexts().map((context) => context.close()));
      }
    });
}

export const byId = (page: Page, id: string) => page.getByTestId(id);

/** Through the lobby into the room. */
export async function enter(person: PersonPage, url: string): Promise<Page> {
  await person.page.goto(url);
  await byId(person.page, "join").click();
  await byId(person.page, "room").waitFor();
  return person.page;
}

/** Runs in a page before everything else: its browser takes no redundant sound (RED) from then on. */
export function forgetRed(): void {
  const native = RTCRtpReceiver.getCapabilities.bind(RTCRtpReceiver);
  RTCRtpReceiver.getCapabilities = (kind) => {
    const capabilities = native(kind);
    const codecs = capabilities?.codecs.filter(({ mimeType }) => mimeType !== "audio/red") ?? [];
    return capabilities === null ? null : { ...capabilities, codecs };
  };
}

export async function enterBoth(
  browser: Browser,
  booking: Booking,
): Promise<{ mia: Page; ada: Page; errors: string[] }> {
  const [tutor, student] = [await openPerson(browser), await openPerson(browser)];
  const mia = await enter(tutor, linkOf(booking, "Mia"));
  const ada = await enter(student, linkOf(booking, "Ada"));
  const errors = tutor.errors;
  student.page.on("pageerror", (error) => errors.push(error.message));
  return { mia, ada, errors };
}

/** Waits until pictures and sound arrive and go on arriving. */
export async function seesAndHears(page: Page, timeoutMs = 40_000): Promise<void> {
  const before = await inbound(page);
  await until(
    () => inbound(page),
    (now) =>
      now.framesDecoded > before.framesDecoded + 10 &&
      now.audioPackets > before.audioPackets + 10 &&
      now.audioEnergy > before.audioEnergy,
    timeoutMs,
  );
}

type Stats = Record<string, unknown>;

/** Every statistic of a kind, over a page's open connections. */
export function statistics(page: Page, type: string): Promise<Stats[]> {
  return page.evaluate(async (type) => {
    const { keptPeers = [] } = globalThis as unknown as { keptPeers?: RTCPeerConnection[] };
    const open = keptPeers.filter((peer) => peer.connectionState !== "closed");
    const reports = await Promise.all(open.map((peer) => peer.getStats()));
    return reports.flatMap((report) => [...report.values()]).filter((stat) => stat.type === type);
  }, type);
}

/** Pixels across of the newest picture of the one camera that arrives. */
export async function pictureWidth(page: Page): Promise<number> {
  const inbound = await statistics(page, "inbound-rtp");
  return Number(inbound.find(({ kind }) => kind === "video")?.frameWidth ?? 0);
}

/** How wide the layers are that a page sends of its camera, lowest first, as seen over half a second. */
export async function sentWidths(page: Page): Promise<number[]> {
  const layers = async () =>
    (await statistics(page, "outbound-rtp")).filter(({ kind }) => kind === "video");
  const before = new Map((await layers()).map(({ id, framesSent }) => [id, framesSent]));
  await new Promise((resolve) => setTimeout(resolve, 500));
  return (await layers())
    .filter(({ id, framesSent }) => Number(framesSent) > Number(before.get(id) ?? 0))
    .map(({ frameWidth }) => Number(frameWidth))
    .sort((a, b) => a - b);
}

interface Track {
  id: string;
  kind: string;
  /** Decoded frames of a picture, or the energy of a sound. */
  progress: number;
}

/** Each track that arrives at a page, by its own. */
function arriving(page: Page): Promise<Track[]> {
  return page.evaluate(async () => {
    const { keptPeers = [] } = globalThis as unknown as { keptPeers?: RTCPeerConnection[] };
    const open = keptPeers.filter((peer) => peer.connectionState !== "closed");
    const reports = await Promise.all(open.map((peer) => peer.getStats()));
    return reports.flatMap((report) => [...report.values()])
      .filter((stat) => stat.type === "inbound-rtp")
      .map((stat) => ({
        id: stat.trackIdentifier as string,
        kind: stat.kind as string,
        progress: Number(stat.framesDecoded ?? stat.totalAudioEnergy ?? 0),
      }));
  });
}

/** Waits until as many different pictures and as many different sounds go on arriving as there are others. */
export async function seesAndHearsAll(page: Page, others: number): Promise<void> {
  const before = new Map((await arriving(page)).map(({ id, progress }) => [id, progress]));
  await until(
    async () => {
      const growing = (await arriving(page))
        .filter(({ id, progress }) => progress > (before.get(id) ?? 0));
      const count = (kind: string) => growing.filter((track) => track.kind === kind).length;
      return { pictures: count("video"), sounds: count("audio") };
    },
    ({ pictures, sounds }) => pictures === others && sounds === others,
    40_000,
  );
}

/** Waits until nothing of a kind comes any more for a whole second; what was on its way may still arrive. */
export async function standsStill(
  page: Page,
  count: "framesDecoded" | "audioPackets",
): Promise<void> {
  await until(
    async () => {
      const before = (await inbound(page))[count];
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return (await inbound(page))[count] - before;
    },
    (grown) => grown === 0,
  );
}

/** Chooses from what the host can do about a person. */
export async function personMenu(host: Page, name: string, item: string): Promise<void> {
  const menu = byId(host, `person-menu-${name}`).first();
  if (!await menu.isVisible()) await byId(host, "people").first().click();
  await menu.click();
  // Tile and list have a menu each: the open one is meant.
  await host.locator(`[data-testid="${item}"]:visible`).click();
}

/** The words that a page shows to be read aloud. */
export async function securityCode(page: Page): Promise<string> {
  await byId(page, "encryption").click();
  await byId(page, "security-code").waitFor();
  const words = await byId(page, "security-code").locator("li").allTextContents();
  await byId(page, "encryption-dialog").getByRole("button", { name: "Close" }).click();
  return words.join(" ");
}
