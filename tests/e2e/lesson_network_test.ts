/** A lesson in which somebody changes from one network to another, in real Chromium. */
import { expect } from "@std/expect";
import { type Browser } from "playwright-core";
import { launchChromium, Lectern, linkOf, openPerson } from "./lectern.ts";
import { byId, enter, seesAndHears } from "./lesson.ts";
import { Network } from "./network.ts";

const missing = await Network.missing();
const why = missing === null ? "" : ` (skipped: ${missing})`;

Deno.test(
  `whoever gets another address in the middle of a lesson stays in it, and goes on seeing and hearing${why}`,
  {
    ignore: missing !== null,
  },
  async () => {
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
      await seesAndHears(ada);
      await seesAndHears(mia);
      await network.move("ada");
      await seesAndHears(ada, 30_000);
      await seesAndHears(mia, 30_000);
      expect(await byId(mia, "tile").count()).toBe(2);
      expect(await byId(ada, "join").count()).toBe(0);
    } finally {
      for (const browser of browsers) await browser.close();
      await lectern.stop();
      await network.close();
    }
  },
);
