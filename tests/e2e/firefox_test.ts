/** Firefox ESR and Chromium in one lesson, encrypted end to end: each waits for the key, and sees and hears the other. */
import { expect } from "@std/expect";
import { decryptByTwoConsumers, framesToReplay } from "../support/browser/decoding.ts";
import { findFirefox, Firefox } from "../support/browser/firefox.ts";
import {
  INBOUND,
  type Inbound,
  inbound,
  keepPeerConnections,
  launchChromium,
  Lectern,
  linkOf,
  openPerson,
  until,
} from "../support/browser/lectern.ts";

const executable = findFirefox();

/** Firefox gathers no loopback candidates: the media port is on the machine's own address for this one call. */
const address = Deno.networkInterfaces()
  .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))?.address;

const missing = executable === null
  ? "Debian's firefox-esr is not installed"
  : address === undefined
  ? "the machine has no address but loopback, which Firefox does not offer"
  : null;

/** Before the page's own scripts: keys that others give get lost until `keysCome` is set. */
function withoutKeys(): void {
  const page = globalThis as { keysCome?: boolean };
  const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage")!;
  Object.defineProperty(WebSocket.prototype, "onmessage", {
    configurable: true,
    set(listener: ((event: MessageEvent) => void) | null) {
      set!.call(
        this,
        listener && ((event: MessageEvent) => {
          if (page.keysCome || !String(event.data).includes('"keys.given"')) listener(event);
        }),
      );
    },
  });
}

/** An expression: the text of what has a test id. */
const textOf = (id: string) =>
  `(document.querySelector('[data-testid="${id}"]')?.textContent ?? "")`;

Deno.test({
  name: `Firefox with Chromium: each sees and hears the other${
    missing === null ? "" : ` (skipped: ${missing})`
  }`,
  ignore: missing !== null,
  fn: async () => {
    const lectern = await Lectern.start({ MEDIA_ADDRESS: address! });
    const browser = await launchChromium();
    const firefox = await Firefox.launch(executable!);
    try {
      const booking = await lectern.book();
      const { page: mia } = await openPerson(browser);
      await mia.goto(linkOf(booking, "Mia"));
      await mia.getByTestId("join").click();
      await mia.getByTestId("room").waitFor();
      await firefox.addInitScript(keepPeerConnections);
      await firefox.addInitScript(withoutKeys);
      await firefox.goto(linkOf(booking, "Ada"));
      await firefox.click('[data-testid="join"]');
      await firefox.waitFor(`!!document.querySelector('[data-testid="room"]')`);
      await firefox.waitFor(`${textOf("tile-trouble")}.includes("Waiting for the key")`, 40_000);
      await firefox.waitFor(`${textOf("status")}.includes("Waiting for the key")`, 40_000);
      await firefox.evaluate(`globalThis.keysCome = true`);
      await firefox.waitFor(`${textOf("tile-trouble")} + ${textOf("status")} === ""`, 40_000);
      const flows = (now: Inbound) => now.framesDecoded > 30 && now.audioPackets > 30;
      await until(() => inbound(mia), flows);
      const seen = await until(() => firefox.evaluate<Inbound>(INBOUND), flows);
      expect(seen.framesDecoded).toBeGreaterThan(30);
      await mia.getByTestId("encryption").click();
      await mia.getByTestId("security-code").waitFor();
      const words = await mia.getByTestId("security-code").locator("li").allTextContents();
      await firefox.click('[data-testid="encryption"]');
      const theirs = `[...document.querySelectorAll('[data-testid="security-code"] li')]
        .map(({ textContent }) => textContent).join(" ")`;
      expect(words.length).toBe(6);
      expect(await firefox.waitFor<string>(theirs)).toBe(words.join(" "));
      // What it showed once isn't shown again by another consumer.
      const { task, first, second } = await framesToReplay();
      const replay = `(${decryptByTwoConsumers})(${JSON.stringify(task)})`;
      expect(await firefox.evaluate(replay)).toEqual({ first, second });
    } finally {
      await firefox.close();
      await browser.close();
      await lectern.stop();
    }
  },
});
