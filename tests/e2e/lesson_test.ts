/** A lesson between two people in real Chromium: they come in, see and hear each other, and leave. */
import { expect } from "@std/expect";
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

/** One server and one browser for a test; on failure the server's log is part of the message. */
async function withLectern(
  run: (lectern: Lectern, browser: Browser) => Promise<void>,
): Promise<void> {
  const lectern = await Lectern.start();
  const browser = await launchChromium();
  try {
    await run(lectern, browser);
  } catch (error) {
    throw new Error(`${(error as Error).message}\nServer log:\n${lectern.log.slice(-3000)}`, {
      cause: error,
    });
  } finally {
    await browser.close();
    await lectern.stop();
  }
}

const byId = (page: Page, id: string) => page.getByTestId(id);

/** Through the lobby into the room. */
async function enter(person: PersonPage, url: string): Promise<Page> {
  await person.page.goto(url);
  await byId(person.page, "join").click();
  await byId(person.page, "room").waitFor();
  return person.page;
}

async function enterBoth(
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
async function seesAndHears(page: Page, timeoutMs = 15_000): Promise<void> {
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

async function personMenu(host: Page, name: string, item: string): Promise<void> {
  const menu = byId(host, `person-menu-${name}`).first();
  if (!await menu.isVisible()) await byId(host, "people").first().click();
  await menu.click();
  await byId(host, item).click();
}

Deno.test("two people come in by their links, and each sees and hears the other", async () => {
  await withLectern(async (lectern, browser) => {
    const booking = await lectern.book();
    expect((await lectern.meeting(booking.meetingId)).status).toBe("pending");
    const { mia, ada, errors } = await enterBoth(browser, booking);
    await seesAndHears(mia);
    await seesAndHears(ada);
    expect(await byId(mia, "tile").count()).toBe(2);
    expect(await ada.getByText("Mia").first().isVisible()).toBe(true);
    expect((await lectern.meeting(booking.meetingId)).status).toBe("active");
    expect(errors).toEqual([]);
  });
});

Deno.test("a participant muted by the host is heard by nobody until they unmute", async () => {
  await withLectern(async (lectern, browser) => {
    const { mia, ada } = await enterBoth(browser, await lectern.book());
    await seesAndHears(mia);
    await personMenu(mia, "Ada", "mute");
    await byId(ada, "microphone").and(ada.getByLabel("Unmute the microphone")).waitFor();
    // What was on its way may still arrive; afterwards the count stands still for a whole second.
    await until(
      async () => {
        const before = (await inbound(mia)).audioPackets;
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return (await inbound(mia)).audioPackets - before;
      },
      (grown) => grown === 0,
    );
    await byId(ada, "microphone").click();
    await seesAndHears(mia);
  });
});

Deno.test("a removed person is told, and the same link does not let them in again", async () => {
  await withLectern(async (lectern, browser) => {
    const booking = await lectern.book();
    const { mia, ada } = await enterBoth(browser, booking);
    await personMenu(mia, "Ada", "remove");
    await byId(mia, "confirm-yes").click();
    await byId(ada, "removed").waitFor();
    await byId(mia, "alone").waitFor();
    await ada.goto("about:blank");
    await ada.goto(linkOf(booking, "Ada"));
    await byId(ada, "removed").waitFor();
  });
});

Deno.test("somebody without an invite waits until the host lets them in, or is refused", async () => {
  await withLectern(async (lectern, browser) => {
    const booking = await lectern.book();
    const mia = await enter(await openPerson(browser), linkOf(booking, "Mia"));
    const { page: tom } = await openPerson(browser);
    await tom.goto(booking.url);
    await tom.getByLabel("Your name").fill("Tom");
    await byId(tom, "join").click();
    await byId(tom, "waiting-room").waitFor();
    await byId(mia, "waiting-notice").getByTestId("refuse").click();
    await byId(tom, "refused").waitFor();
    await tom.getByRole("button", { name: "Back to the lobby" }).click();
    await byId(tom, "join").click();
    await byId(tom, "waiting-room").waitFor();
    await byId(mia, "waiting-notice").getByTestId("admit").click();
    await byId(tom, "room").waitFor();
    await seesAndHears(tom);
  });
});

Deno.test("a wrong passcode gets a plain message, and many of them a pause", async () => {
  await withLectern(async (lectern, browser) => {
    const booking = await lectern.book();
    const { page } = await openPerson(browser);
    await page.goto(`${lectern.origin}/video-room/${booking.meetingId}?passcode=wrong`);
    await byId(page, "wrong-passcode").waitFor();
    for (let i = 0; i < 30; i++) {
      const response = await fetch(`${lectern.origin}/api/join`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ meetingId: booking.meetingId, passcode: `wrong-${i}` }),
      });
      await response.body?.cancel();
    }
    await page.goto("about:blank");
    await page.goto(`${lectern.origin}/video-room/${booking.meetingId}?passcode=wrong`);
    await byId(page, "rate-limited").waitFor();
    await page.goto("about:blank");
    await page.goto(linkOf(booking, "Ada"));
    await byId(page, "lobby").waitFor();
  });
});

Deno.test("a student ends the lesson for everyone, and the booking knows when", async () => {
  await withLectern(async (lectern, browser) => {
    const booking = await lectern.book();
    const { mia, ada } = await enterBoth(browser, booking);
    await byId(ada, "leave").click();
    await byId(ada, "end").click();
    await byId(ada, "confirm-yes").click();
    await byId(ada, "ended").waitFor();
    await byId(mia, "ended").waitFor();
    const meeting = await lectern.meeting(booking.meetingId);
    expect(meeting.status).toBe("completed");
    expect(typeof meeting.actualStart).toBe("string");
    expect(typeof meeting.actualEnd).toBe("string");
  });
});

Deno.test("a chat message reaches the other, with its code set as code and its link to press", async () => {
  await withLectern(async (lectern, browser) => {
    const { mia, ada } = await enterBoth(browser, await lectern.book());
    await byId(mia, "chat").first().click();
    await byId(mia, "chat-input").fill("See https://example.org and `x = 1`");
    await byId(mia, "chat-send").click();
    await byId(ada, "unread").first().waitFor();
    await byId(ada, "chat").first().click();
    const message = byId(ada, "chat-message").first();
    expect(await message.getByRole("link").getAttribute("href")).toBe("https://example.org/");
    expect(await message.locator("code").textContent()).toBe("x = 1");
  });
});

Deno.test("after the server was killed, everyone comes back by themselves as they were", async () => {
  await withLectern(async (lectern, browser) => {
    const booking = await lectern.book();
    const { mia, ada } = await enterBoth(browser, booking);
    await seesAndHears(mia);
    await personMenu(mia, "Ada", "mute");
    await ada.getByLabel("Unmute the microphone").waitFor();
    await byId(mia, "chat").first().click();
    await byId(mia, "chat-input").fill("before the cut");
    await byId(mia, "chat-send").click();
    await mia.getByText("before the cut").waitFor();

    await lectern.kill("SIGKILL");
    await byId(mia, "status").waitFor();
    await lectern.start();
    const back = performance.now();
    const before = await inbound(mia);
    await until(
      () => inbound(mia),
      (now) => now.framesDecoded !== before.framesDecoded && now.framesDecoded > 5,
      15_000,
    );
    const flowingMs = performance.now() - back;
    expect(await byId(mia, "tile").count()).toBe(2);
    expect(await ada.getByLabel("Unmute the microphone").isVisible()).toBe(true);
    expect(await mia.getByText("before the cut").isVisible()).toBe(true);
    await byId(ada, "microphone").click();
    await seesAndHears(mia);
    expect(flowingMs).toBeLessThan(5_000);
  });
});
