/** What breaks during a lesson mends itself: the server, its media process, somebody's network. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { inbound, launchChromium, type Lectern, until } from "../support/browser/lectern.ts";
import {
  byId,
  enterBoth,
  lessonTests,
  personMenu,
  seesAndHears,
  statistics,
} from "../support/browser/lesson.ts";

const test = lessonTests(launchChromium, { MEDIA_PROCESSES: "2" });

test("after the server was killed, everyone comes back by themselves as they were", async ({ lectern, browser }) => {
  const { mia, ada } = await enterBoth(browser, await lectern.book());
  await seesAndHears(mia);
  await personMenu(mia, "Ada", "mute");
  await ada.getByLabel("Unmute the microphone").waitFor();
  await byId(mia, "chat").first().click();
  await byId(mia, "chat-input").fill("before the cut");
  await byId(mia, "chat-send").click();
  const message = byId(mia, "chat-message").getByText("before the cut");
  await message.waitFor();

  await lectern.kill("SIGKILL");
  await byId(mia, "status").waitFor();
  await lectern.start();
  const before = await inbound(mia);
  await until(
    () => inbound(mia),
    (now) => now.framesDecoded !== before.framesDecoded && now.framesDecoded > 5,
    40_000,
  );
  expect(await byId(mia, "tile").count()).toBe(2);
  expect(await ada.getByLabel("Unmute the microphone").isVisible()).toBe(true);
  expect(await message.isVisible()).toBe(true);
  await until(() => byId(mia, "chat-input").inputValue(), (text) => text === "");
  await byId(ada, "microphone").click();
  await seesAndHears(mia);
});

/** The media process that a page's media goes through. */
async function mediaPid(lectern: Lectern, page: Page): Promise<number> {
  const [candidate] = await statistics(page, "remote-candidate");
  const lines = lectern.log.matchAll(/media process serves\s+pid=(\d+).*?\sport=(\d+)/g);
  const mine = [...lines].filter(([, , port]) => Number(port) === candidate?.port);
  return Number(mine.at(-1)?.[1]);
}

/** How many connections a page has given up. */
function givenUp(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { keptPeers } = globalThis as unknown as { keptPeers: RTCPeerConnection[] };
    return keptPeers.filter((peer) => peer.connectionState === "closed").length;
  });
}

test("when the media process of a lesson dies, pictures and sound come back, and nobody is told of an error", async ({ lectern, browser }) => {
  const { mia, ada, errors } = await enterBoth(browser, await lectern.book());
  for (const page of [mia, ada]) await seesAndHears(page, 40_000);
  Deno.kill(await mediaPid(lectern, ada), "SIGKILL");
  for (const page of [mia, ada]) await until(() => givenUp(page), (count) => count >= 2, 40_000);
  for (const page of [mia, ada]) await seesAndHears(page, 40_000);
  for (const page of [mia, ada]) {
    await byId(page, "status").waitFor({ state: "detached" });
    expect(await byId(page, "tile").count()).toBe(2);
    expect(await byId(page, "messages").innerText()).not.toMatch(/record|can.t|left/i);
  }
  expect(errors).toEqual([]);
});

test("a page whose network goes says so, keeps what is written, and comes back by itself", async ({ lectern, browser }) => {
  const { mia, ada } = await enterBoth(browser, await lectern.book());
  await seesAndHears(ada);
  await byId(ada, "chat").first().click();
  await ada.context().setOffline(true);
  await byId(ada, "status").getByText("Reconnecting…").waitFor();
  await byId(ada, "saved").getByText("Offline").waitFor();
  await byId(ada, "chat-input").fill("written in a tunnel");
  await byId(ada, "chat-send").click();
  await byId(ada, "chat-list").locator("..").getByRole("alert").waitFor();
  expect(await byId(ada, "chat-input").inputValue()).toBe("written in a tunnel");

  await ada.context().setOffline(false);
  await byId(ada, "status").waitFor({ state: "detached" });
  await byId(ada, "chat-send").click();
  await byId(mia, "chat").first().click();
  await byId(mia, "chat-message").getByText("written in a tunnel").waitFor();
  await seesAndHears(mia);
  await seesAndHears(ada);
});

test("somebody of whom nothing arrives any more is marked on their tile, until it does", async ({ lectern, browser }) => {
  const { mia, ada } = await enterBoth(browser, await lectern.book());
  await seesAndHears(mia);
  const sends = (active: boolean) =>
    ada.evaluate(async (active) => {
      const { keptPeers } = globalThis as unknown as { keptPeers: RTCPeerConnection[] };
      for (const sender of keptPeers.flatMap((peer) => peer.getSenders())) {
        const parameters = sender.getParameters();
        for (const encoding of parameters.encodings) encoding.active = active;
        if (parameters.encodings.length > 0) await sender.setParameters(parameters);
      }
    }, active);
  await sends(false);
  const mark = byId(mia, "tile-trouble");
  await mark.getByText("Ada’s connection is unstable").waitFor();
  await sends(true);
  await mark.waitFor({ state: "detached" });
});
