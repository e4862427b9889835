/** Lessons on networks as they are: somebody changes to another one, or theirs lets no UDP through. In real Chromium. */
import { expect } from "@std/expect";
import { type Browser, type Page } from "playwright-core";
import { launchChromium, Lectern, linkOf, openPerson, until } from "../support/browser/lectern.ts";
import { byId, enter, seesAndHears, statistics } from "../support/browser/lesson.ts";
import { Network } from "../support/browser/network.ts";

const missing = await Network.missing();
const why = missing === null ? "" : ` (skipped: ${missing})`;

interface Lesson {
  network: Network;
  mia: Page;
  ada: Page;
}

/** Mia beside the server, Ada in a place of her own. */
function test(name: string, run: (lesson: Lesson) => Promise<void>): void {
  Deno.test(`${name}${why}`, { ignore: missing !== null }, async () => {
    const network = await Network.open(["ada"]);
    if (typeof network === "string") throw new Error(network);
    const lectern = await Lectern.start({ HOST: "0.0.0.0", MEDIA_ADDRESS: network.address });
    const origin = `http://${network.address}:${lectern.port}`;
    const secure = [`--unsafely-treat-insecure-origin-as-secure=${origin}`];
    const browsers: Browser[] = [];
    try {
      const booking = await lectern.book();
      const open = async (name: string, place?: (program: string) => Promise<string>) => {
        const browser = await launchChromium(secure, "fake", place);
        browsers.push(browser);
        const link = new URL(linkOf(booking, name));
        link.hostname = network.address;
        return await enter(await openPerson(browser), link.href);
      };
      const mia = await open("Mia");
      const ada = await open("Ada", (program) => network.program("ada", program));
      await seesAndHears(ada, 30_000);
      await seesAndHears(mia, 30_000);
      await run({ network, mia, ada });
    } finally {
      for (const browser of browsers) await browser.close();
      await lectern.stop();
      await network.close();
    }
  });
}

/** The protocols of the paths that a page's connections have chosen. */
async function protocols(page: Page): Promise<unknown[]> {
  const [pairs, candidates] = [
    await statistics(page, "candidate-pair"),
    await statistics(page, "local-candidate"),
  ];
  return pairs
    .filter(({ nominated, state }) => nominated === true && state === "succeeded")
    .map(({ localCandidateId }) => candidates.find(({ id }) => id === localCandidateId)?.protocol);
}

test("whoever gets another address in the middle of a lesson stays in it, and goes on seeing and hearing", async ({ network, mia, ada }) => {
  await network.move("ada");
  await seesAndHears(ada, 30_000);
  await seesAndHears(mia, 30_000);
  expect(await byId(mia, "tile").count()).toBe(2);
  expect(await byId(ada, "join").count()).toBe(0);
});

test("where UDP is blocked in the middle of a lesson TCP takes over, and a page that is loaded anew begins with it", async ({ network, mia, ada }) => {
  await until(() => protocols(ada), (paths) => paths.includes("udp"));
  await network.blockUdp("ada");
  const overTcp = (paths: unknown[]) => paths.length === 2 && paths.every((path) => path === "tcp");
  await until(() => protocols(ada), overTcp, 60_000);
  await seesAndHears(ada, 30_000);
  await seesAndHears(mia, 30_000);
  expect(await byId(mia, "tile").count()).toBe(2);

  await ada.reload();
  await byId(ada, "room").waitFor();
  await until(() => protocols(ada), overTcp, 60_000);
  await seesAndHears(ada, 30_000);
  await seesAndHears(mia, 30_000);
});
