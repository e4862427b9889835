/** A lesson that is encrypted end to end, between people in real Chromium. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { toBase64Url } from "../../rooms/encryption/base64url.ts";
import { makePageKeys } from "../../rooms/encryption/wrapping.ts";
import { type Fate, type KeyMessage, losing, standBetween } from "./in_between.ts";
import { inbound, launchChromium, linkOf, openPerson, until } from "./lectern.ts";
import { byId, enter, lessonTests, personMenu, seesAndHears, seesAndHearsAll } from "./lesson.ts";

/** Of few pictures: three people on one machine encode and decode nine of them. */
const test = lessonTests(() => launchChromium(["--use-fake-device-for-media-stream=fps=10"]));

const THREE = {
  students: [{ id: "s-1", name: "Ada" }, { id: "s-2", name: "Ben" }],
};

/** The words that a page shows to be read aloud. */
async function securityCode(page: Page): Promise<string> {
  await byId(page, "encryption").click();
  await byId(page, "security-code").waitFor();
  const words = await byId(page, "security-code").locator("li").allTextContents();
  await byId(page, "encryption-dialog").getByRole("button", { name: "Close" }).click();
  return words.join(" ");
}

/** Waits until all pages show the same code, other than an earlier one; answers it. */
async function commonCode(pages: readonly Page[], earlier = ""): Promise<string> {
  const codes = await until(
    () => Promise.all(pages.map(securityCode)),
    ([first, ...others]) => first !== earlier && others.every((code) => code === first),
    40_000,
  );
  return codes[0]!;
}

/** Waits until each of the pages sees and hears all the others. */
async function allSeeAndHear(pages: readonly Page[]): Promise<void> {
  await Promise.all(pages.map((page) => seesAndHearsAll(page, pages.length - 1)));
}

/** Packets that a page has sent of its own sound and pictures. */
function packetsSent(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const { keptPeers = [] } = globalThis as unknown as { keptPeers?: RTCPeerConnection[] };
    const reports = await Promise.all(keptPeers.map((peer) => peer.getStats()));
    return reports.flatMap((report) => [...report.values()])
      .filter(({ type }) => type === "outbound-rtp")
      .reduce((sum, stat) => sum + Number(stat.packetsSent), 0);
  });
}

/** Before the page's own scripts: a Chromium from before RTCRtpScriptTransform. */
const withoutScriptTransform = () =>
  void Reflect.deleteProperty(globalThis, "RTCRtpScriptTransform");

/** A browser that can't encrypt. */
function withoutTransforms(): void {
  Reflect.deleteProperty(globalThis, "RTCRtpScriptTransform");
  for (const { prototype } of [RTCRtpSender, RTCRtpReceiver]) {
    Reflect.deleteProperty(prototype, "createEncodedStreams");
  }
}

/** One that says that it can, and then can't. */
function withBrokenTransforms(): void {
  Object.assign(globalThis, {
    RTCRtpScriptTransform: class {
      constructor() {
        throw new TypeError("no transform for you");
      }
    },
  });
}

/** Ends a page as a crash of its browser does: it says nothing to anybody any more. */
async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent("crash");
  const session = await page.context().newCDPSession(page);
  // There is nobody left to answer.
  void session.send("Page.crash").catch(() => {});
  await crashed;
}

/** Whether a message is the first of a kind. */
function isFirst(kind: KeyMessage["kind"], method: string): (message: KeyMessage) => boolean {
  let count = 0;
  return (message) => message.kind === kind && message.method === method && ++count === 1;
}

test("three people see and hear each other encrypted, with one code, whoever leads reloads, crashes or is removed, at five per cent of loss", async ({ lectern, browser }) => {
  const booking = await lectern.book(THREE);
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const errors: string[] = [];
  const come = async (name: string, surely: (message: KeyMessage) => boolean) => {
    const person = await openPerson(browser);
    person.page.on("pageerror", (error) => errors.push(`${name}: ${error.message}`));
    await standBetween(person.page, losing(seed ^ name.charCodeAt(0), surely));
    return await enter(person, linkOf(booking, name));
  };
  try {
    const mia = await come("Mia", isFirst("request", "keys.distribute"));
    const ada = await come("Ada", isFirst("answer", "keys.announce"));
    let waits = false;
    const ben = await come("Ben", ({ method }) => method === "keys.given" && !waits);
    // As long as Ben gets no key, each tile on his page says why it is grey, and a line that nobody sees him.
    await until(
      () => byId(ben, "tile-trouble").allTextContents(),
      (words) => words.filter((text) => text === "Waiting for the key…").length === 2,
    );
    await byId(ben, "status").getByText("Waiting for the key").waitFor();
    waits = true;
    await allSeeAndHear([mia, ada, ben]);
    for (const page of [mia, ada, ben]) await nothingWrong(page);
    const first = await commonCode([mia, ada, ben]);
    expect(first.split(" ").length).toBe(6);

    // Mia came first, so her page leads: it goes and comes back as another.
    await mia.reload();
    await byId(mia, "room").waitFor();
    await allSeeAndHear([mia, ada, ben]);
    const second = await commonCode([mia, ada, ben], first);

    // Ada leads now, and her page crashes; then Ben leads, and is removed.
    await crash(ada);
    for (const page of [mia, ben]) {
      await byId(page, "tile-trouble").getByText("Reconnecting").waitFor();
      await seesAndHears(page, 40_000);
    }
    await personMenu(mia, "Ben", "remove");
    await byId(mia, "confirm-yes").click();
    await byId(ben, "removed").waitFor();
    await commonCode([mia], second);
    expect(errors).toEqual([]);
  } catch (error) {
    throw new Error(`Seed ${seed}: ${(error as Error).message}`, { cause: error });
  }
});

/** The tiles and the line on top of a page have nothing to complain about any more. */
async function nothingWrong(page: Page): Promise<void> {
  await byId(page, "status").waitFor({ state: "detached" });
  await until(() => byId(page, "tile-trouble").count(), (count) => count === 0);
}

type Content = Record<"people" | "keys", Record<string, string>[]> & { publicKey: string };

/** What goes over the wires of a lesson: who is given keys, and what is held back on its way. */
class KeyTraffic {
  /** Whether a message to or from somebody is held back. */
  holds: (name: string, message: KeyMessage) => boolean = () => false;
  /** The names of those who were given keys, each time that some were. */
  readonly given: (string | undefined)[][] = [];
  readonly #names = new Map<string, string>();
  readonly #held: (() => void)[] = [];

  get held(): number {
    return this.#held.length;
  }

  pass(name: string, message: KeyMessage): Fate {
    const { kind, method, text } = message;
    const { people, keys, publicKey } = (message.content ?? {}) as Content;
    if (method === "keys.announce" && kind === "request") this.#names.set(publicKey, name);
    for (const { participantId, publicKey } of people ?? []) {
      this.#names.set(participantId!, this.#names.get(publicKey!) ?? "nobody");
    }
    if (method === "keys.distribute" && kind === "request") {
      this.given.push(keys.map(({ to }) => this.#names.get(to!)));
    }
    if (!this.holds(name, message)) return text;
    return new Promise((resolve) => this.#held.push(() => resolve(text)));
  }

  release(): void {
    this.holds = () => false;
    for (const go of this.#held.splice(0)) go();
  }
}

test("somebody comes while the others are still given the keys without who has just gone, and all see and hear each other", async ({ lectern, browser }) => {
  const booking = await lectern.book({ students: [...THREE.students, { id: "s-3", name: "Cy" }] });
  const traffic = new KeyTraffic();
  const come = async (name: string) => {
    const person = await openPerson(browser);
    await standBetween(person.page, { fateOf: (message) => traffic.pass(name, message) });
    return await enter(person, linkOf(booking, name));
  };
  const waitsFor = (page: Page, name: string) =>
    byId(page, "tile").filter({ hasText: name }).getByText("Waiting for the key").waitFor();
  const mia = await come("Mia");
  const ada = await come("Ada");
  const ben = await come("Ben");
  await allSeeAndHear([mia, ada, ben]);
  const first = await commonCode([mia, ada, ben]);

  // Ben goes. Ada doesn't have the keys of the room without him yet when Cy comes.
  let before = traffic.given.length;
  traffic.holds = (name, { kind, method }) =>
    name === "Ada" &&
    (method === "keys.given" || kind === "request" && method === "keys.distribute");
  await byId(ben, "leave").click();
  await byId(ben, "leave-now").click();
  await until(() => Promise.resolve(traffic.held), (held) => held > 0);
  const cy = await come("Cy");
  await waitsFor(cy, "Ada");
  traffic.release();
  await allSeeAndHear([mia, ada, cy]);
  const second = await commonCode([mia, ada, cy], first);
  const withoutBen = traffic.given.slice(before);
  expect(withoutBen.flat()).toContain("Cy");
  expect(withoutBen.flat()).not.toContain("Ben");

  // Mia goes, who led. Until Ben is back nobody's keys get through, whoever leads.
  before = traffic.given.length;
  traffic.holds = (_, { kind, method }) => kind === "request" && method === "keys.distribute";
  await byId(mia, "leave").click();
  await byId(mia, "leave-now").click();
  await until(() => Promise.resolve(traffic.held), (held) => held > 0);
  const again = await come("Ben");
  await waitsFor(again, "Cy");
  traffic.release();
  await allSeeAndHear([ada, cy, again]);
  await commonCode([ada, cy, again], second);
  expect(traffic.given.slice(before).flat()).not.toContain("Mia");
});

test("a server that swaps a key shows nothing to anybody, and is seen by the words", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const mia = await enter(await openPerson(browser), linkOf(booking, "Mia"));
  const other = toBase64Url((await makePageKeys()).publicKey);
  const student = await openPerson(browser);
  let swapped = 0;
  await standBetween(student.page, {
    fateOf: ({ text }) =>
      text.replace(/("people":\[\{"participantId":"[^"]+","publicKey":")[^"]+/, (_, before) => {
        swapped++;
        return before + other;
      }),
  });
  const ada = await enter(student, linkOf(booking, "Ada"));
  await byId(ada, "tile-trouble").getByText("Waiting for the key").waitFor();
  expect(swapped).toBeGreaterThan(0);
  expect((await inbound(ada)).framesDecoded).toBe(0);
  expect(await securityCode(ada)).not.toBe(await securityCode(mia));
});

test("a browser with the earlier interface takes part, one without any is named, and nobody sends in clear", async ({ lectern, browser }) => {
  const booking = await lectern.book(THREE);
  const mia = await enter(await openPerson(browser), linkOf(booking, "Mia"));
  const earlier = await openPerson(browser);
  await earlier.context.addInitScript(withoutScriptTransform);
  const ada = await enter(earlier, linkOf(booking, "Ada"));
  await allSeeAndHear([mia, ada]);
  const code = await commonCode([mia, ada]);

  const unable = await openPerson(browser);
  await unable.context.addInitScript(withoutTransforms);
  await unable.page.goto(linkOf(booking, "Ben"));
  await byId(unable.page, "cant-encrypt").waitFor();
  const ben = await enter(unable, linkOf(booking, "Ben"));
  const told = byId(ben, "status").filter({ hasText: "This browser can’t encrypt" });
  await told.getByRole("button", { name: "Close" }).click();
  await told.waitFor({ state: "detached" });
  await byId(ben, "encryption").click();
  await byId(ben, "encryption-dialog").getByText("Open the link in a current Chrome").waitFor();
  await ben.keyboard.press("Escape");
  for (const page of [mia, ada]) {
    await byId(page, "tile-trouble").getByText("Ben’s browser can’t encrypt").waitFor();
  }
  await until(
    () => byId(ben, "tile-trouble").allTextContents(),
    (words) => words.filter((text) => text === "Your browser can’t decrypt").length === 2,
  );
  await byId(ada, "encryption").click();
  await byId(ada, "encryption-dialog").getByText("A current Chrome, Edge, Firefox or Safari can")
    .waitFor();
  await ada.keyboard.press("Escape");
  // The others go on, and their words stand for those who see and hear.
  await allSeeAndHear([mia, ada]);
  expect(await commonCode([mia, ada])).toBe(code);
  expect(await packetsSent(ben)).toBe(0);
  expect((await inbound(ben)).videoPackets).toBe(0);
  await unable.context.close();

  const broken = await openPerson(browser);
  await broken.context.addInitScript(withBrokenTransforms);
  const again = await enter(broken, linkOf(booking, "Ben"));
  await again.getByText("Something could not be encrypted, so it isn’t sent").waitFor();
  await allSeeAndHear([mia, ada]);
  expect(await packetsSent(again)).toBe(0);
  expect((await inbound(again)).framesDecoded).toBe(0);
});
