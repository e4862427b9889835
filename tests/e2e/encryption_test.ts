/** A lesson that is encrypted end to end, between people in real Chromium. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { fromBase64Url, toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import { makeSecret } from "../../rooms/contract/encryption/secret.ts";
import { type CodedPerson, peopleDigest } from "../../rooms/contract/encryption/security_code.ts";
import { makePageKeys, wrapTo } from "../../rooms/contract/encryption/wrapping.ts";
import { decryptByTwoConsumers, framesToReplay } from "../support/browser/decoding.ts";
import {
  type KeyContent,
  type KeyMessage,
  KeyTraffic,
  losing,
  standBetween,
} from "../support/browser/in_between.ts";
import { inbound, launchChromium, linkOf, openPerson, until } from "../support/browser/lectern.ts";
import {
  byId,
  enter,
  lessonTests,
  personMenu,
  securityCode,
  seesAndHears,
  seesAndHearsAll,
  statistics,
} from "../support/browser/lesson.ts";

/** Few frames a second: three people on one machine encode and decode nine videos. */
const test = lessonTests(() => launchChromium(["--use-fake-device-for-media-stream=fps=10"]));

const THREE = {
  students: [{ id: "s-1", name: "Ada" }, { id: "s-2", name: "Ben" }],
};

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

/** Bytes that a page has sent of its sound. Of pictures they say nothing: an idle connection is filled up with padding. */
async function soundSent(page: Page): Promise<number> {
  return (await statistics(page, "outbound-rtp"))
    .filter(({ kind }) => kind === "audio")
    .reduce((sum, { bytesSent }) => sum + Number(bytesSent), 0);
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

test("a server that stands in the middle with keys of its own is seen by the words", async ({ lectern, browser }) => {
  const { meetingId, ...booking } = await lectern.book();
  const mia = await enter(await openPerson(browser), linkOf({ meetingId, ...booking }, "Mia"));
  const theirs = await makePageKeys();
  const student = await openPerson(browser);
  let [mine, roster] = ["", [] as CodedPerson[]];
  await standBetween(student.page, {
    async fateOf({ kind, method, content, text }) {
      const { publicKey, people } = (content ?? {}) as KeyContent;
      if (kind === "request" && method === "keys.announce") mine = publicKey;
      if (people !== undefined) {
        // Ada takes the server for Mia.
        roster = people.map(({ participantId, publicKey }) => ({
          participantId: participantId!,
          publicKey: publicKey === mine ? fromBase64Url(mine)! : theirs.publicKey,
        }));
        return text.replace(people[0]!["publicKey"]!, toBase64Url(theirs.publicKey));
      }
      if (method !== "keys.given") return text;
      const epoch = await makeSecret();
      const people_ = await peopleDigest(meetingId, roster);
      const handover = { people: people_, epoch, recording: null };
      const wrapped = await wrapTo(fromBase64Url(mine)!, { keys: theirs, meetingId, handover });
      const from = roster[0]!.participantId;
      return JSON.stringify({
        method,
        params: { from, epoch: epoch.id, wrapped: toBase64Url(wrapped) },
      });
    },
  });
  const ada = await enter(student, linkOf({ meetingId, ...booking }, "Ada"));
  const words = await securityCode(ada);
  expect(words.split(" ").length).toBe(6);
  expect(words).not.toBe(await securityCode(mia));
  expect((await inbound(ada)).framesDecoded).toBe(0);
});

test("a server that lists somebody twice, once with a key of its own, is refused in words, and is sent nothing", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const { meetingId } = booking;
  const tutor = await openPerson(browser);
  const theirs = toBase64Url((await makePageKeys()).publicKey);
  let [lies, given] = [false, 0];
  await standBetween(tutor.page, {
    fateOf({ kind, method, content, text }) {
      const { people } = (content ?? {}) as KeyContent;
      if (kind === "request" && method === "keys.distribute" && lies) given++;
      if (people === undefined || people.length < 2) return text;
      lies = true;
      const [, ada] = people;
      const twice = JSON.stringify([...people, { ...ada, publicKey: theirs }]);
      return text.replace(JSON.stringify(people), twice);
    },
  });
  const mia = await enter(tutor, linkOf(booking, "Mia"));
  await until(() => packetsSent(mia), (count) => count > 0);
  const ada = await enter(await openPerson(browser), linkOf(booking, "Ada"));
  const told = byId(mia, "status").filter({ hasText: "somebody could listen in unseen" });
  await told.waitFor();
  expect([lies, given]).toEqual([true, 0]);
  const sent = await soundSent(mia);
  await told.getByRole("button", { name: "Close" }).click();
  await byId(mia, "encryption").getByText("Nothing is sent").waitFor();
  await byId(mia, "encryption").click();
  await byId(mia, "encryption-dialog").getByText("sends no sound and pictures any more").waitFor();
  expect(await byId(mia, "security-code").count()).toBe(0);
  // The server says so itself of what it was to record.
  for (const source of ["audio", "video"]) {
    const silent = new RegExp(
      `nothing is recorded of a live source .*${meetingId} .*source=${source}`,
    );
    await until(() => Promise.resolve(lectern.log), (log) => silent.test(log));
  }
  expect(await soundSent(mia)).toBe(sent);
  expect((await inbound(ada)).framesDecoded).toBe(0);
});

test("frames that were shown once are shown to no other consumer of a page's, in Chromium", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const mia = await enter(await openPerson(browser), linkOf(booking, "Mia"));
  await securityCode(mia);
  const { task, first, second } = await framesToReplay();
  expect(await mia.evaluate(decryptByTwoConsumers, task)).toEqual({ first, second });
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
