/** Voice on paths that lose packets: sent redundantly (RED) while it is of use, and only without end-to-end encryption. */
import { expect } from "@std/expect";
import type { Browser, Page } from "playwright-core";
import { writeVoice } from "../bench/network/voice.ts";
import {
  type Booking,
  launchChromium,
  Lectern,
  linkOf,
  openPerson,
  until,
} from "../support/browser/lectern.ts";
import {
  enter,
  forgetRed,
  seesAndHears,
  seesAndHearsAll,
  statistics,
} from "../support/browser/lesson.ts";
import { Relay } from "../support/browser/relay.ts";

const ANNOUNCED = "127.0.0.2";
const LOSSY = { lossPercent: 10 };

/** A server that every browser reaches through a relay, and a browser that speaks. */
async function stage(run: (stage: Stage) => Promise<void>): Promise<void> {
  const voice = await Deno.makeTempFile({ suffix: ".wav" });
  await writeVoice(voice);
  const lectern = await Lectern.start({
    MEDIA_ADDRESS: "127.0.0.1",
    MEDIA_ANNOUNCED_ADDRESS: ANNOUNCED,
  });
  const port = lectern.mediaPort;
  const relay = await Relay.open(
    { address: ANNOUNCED, port },
    { address: "127.0.0.1", port },
    1,
  );
  const browser = await launchChromium([`--use-file-for-fake-audio-capture=${voice}`]);
  try {
    await run({ lectern, relay, browser });
  } finally {
    await browser.close();
    relay.close();
    await lectern.stop();
    await Deno.remove(voice);
  }
}

interface Stage {
  lectern: Lectern;
  relay: Relay;
  browser: Browser;
}

async function open({ browser }: Stage, booking: Booking, name: string, plain = false) {
  const person = await openPerson(browser);
  if (plain) await person.context.addInitScript(forgetRed);
  return await enter(person, linkOf(booking, name));
}

/** What the server and a page have agreed on: whether it may get RED, and whether it sends some. */
function agreed(page: Page): Promise<{ receives: boolean; sends: boolean }> {
  return page.evaluate(() => {
    const { keptPeers } = globalThis as unknown as { keptPeers: RTCPeerConnection[] };
    const hasRed = (type: string) =>
      keptPeers.filter((peer) => peer.connectionState !== "closed")
        .map(({ remoteDescription }) => remoteDescription)
        .some((description) =>
          description?.type === type && / red\/48000/.test(description.sdp) &&
          /a=fmtp:(\d+) (\d+)\/\2/.test(description.sdp)
        );
    return { receives: hasRed("offer"), sends: hasRed("answer") };
  });
}

/** Counts of all the audio that has arrived. */
async function heard(page: Page): Promise<{ bytes: number; packets: number; repaired: number }> {
  const sounds = (await statistics(page, "inbound-rtp")).filter(({ kind }) => kind === "audio");
  const sum = (key: string) => sounds.reduce((sum, stat) => sum + Number(stat[key] ?? 0), 0);
  return {
    bytes: sum("bytesReceived"),
    packets: sum("packetsReceived"),
    repaired: sum("fecPacketsReceived") - sum("fecPacketsDiscarded"),
  };
}

const perPacket = (before: Heard, { bytes, packets }: Heard) =>
  (bytes - before.bytes) / (packets - before.packets);
type Heard = Awaited<ReturnType<typeof heard>>;

/** Over the next 300 packets of each: how much larger those of one page are, and how many of its were repaired. */
async function compareHeard(one: Page, other: Page): Promise<{ ratio: number; repaired: number }> {
  const before = [await heard(one), await heard(other)] as const;
  const after = await until(
    async () => [await heard(one), await heard(other)] as const,
    (after) => after.every(({ packets }, n) => packets > before[n]!.packets + 300),
    60_000,
  );
  return {
    ratio: perPacket(before[0], after[0]) / perPacket(before[1], after[1]),
    repaired: after[0].repaired - before[0].repaired,
  };
}

Deno.test("where packets are lost a voice carries what was lost once more, to those whose browser takes it", () =>
  stage(async (stage) => {
    const booking = await stage.lectern.book({
      encryption: "transport",
      students: [{ id: "s-1", name: "Ada" }, { id: "s-2", name: "Noor" }],
    });
    const mia = await open(stage, booking, "Mia");
    const ada = await open(stage, booking, "Ada");
    const noor = await open(stage, booking, "Noor", true);
    for (const page of [ada, noor]) await seesAndHearsAll(page, 2);
    expect(await agreed(mia)).toMatchObject({ receives: true });
    expect(await agreed(noor)).toMatchObject({ receives: false });

    stage.relay.shape({ down: LOSSY });
    await until(() => agreed(mia), ({ sends }) => sends, 60_000);
    // It comes and goes with what the paths have room for, and a busy machine has little: some stretch has it throughout.
    await until(
      () => compareHeard(ada, noor),
      ({ ratio, repaired }) => ratio > 1.3 && repaired > 5,
      180_000,
    );
    for (const page of [ada, noor]) await seesAndHearsAll(page, 2);
  }));

Deno.test("in a lesson that is encrypted end to end a voice is never sent twice", () =>
  stage(async (stage) => {
    const booking = await stage.lectern.book({ encryption: "e2ee" });
    const mia = await open(stage, booking, "Mia");
    const ada = await open(stage, booking, "Ada");
    stage.relay.shape({ down: LOSSY, up: LOSSY });
    const before = await heard(ada);
    await seesAndHears(ada);
    // Long enough for browsers to have reported the loss more than once.
    await until(() => heard(ada), ({ packets }) => packets > before.packets + 500, 60_000);
    for (const page of [mia, ada]) {
      expect(await agreed(page)).toEqual({ receives: false, sends: false });
    }
  }));
