/** A part of the page that throws costs that part alone. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { linkOf, openPerson, until } from "../support/browser/lectern.ts";
import { byId, enter, lessonTests } from "../support/browser/lesson.ts";

const test = lessonTests();

/** Runs in a page before everything else: no microphone can be measured. */
function withoutMeters(): void {
  AudioContext.prototype.createMediaStreamSource = () => {
    throw new DOMException("broken by the test", "NotSupportedError");
  };
}

/** Runs in a page before everything else: while `globalThis.breaksPictures`, a picture's effect throws. */
function breakablePictures(): void {
  const { observe } = ResizeObserver.prototype;
  ResizeObserver.prototype.observe = function (target, options) {
    if (Reflect.get(globalThis, "breaksPictures") && target instanceof HTMLVideoElement) {
      throw new Error("broken by the test");
    }
    observe.call(this, target, options);
  };
}

const breakPictures = (page: Page, broken: boolean) =>
  page.evaluate((broken) => Reflect.set(globalThis, "breaksPictures", broken), broken);

async function clockRuns(page: Page): Promise<void> {
  const clock = page.getByLabel("Time since the lesson started");
  const before = await clock.textContent();
  await until(() => clock.textContent(), (now) => now !== before, 10_000);
}

test("a meter that can't be opened leaves the lobby's picture and the room's clock alone", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const { page, context, errors } = await openPerson(browser);
  await context.addInitScript(withoutMeters);
  await page.goto(linkOf(booking, "Mia"));
  await page.getByLabel("Your camera").waitFor();
  await until(
    () =>
      page.getByLabel("Your camera").evaluate((video) => (video as HTMLVideoElement).videoWidth),
    (width) => width > 0,
  );
  await byId(page, "join").click();
  await byId(page, "room").waitFor();
  await clockRuns(page);
  expect(errors).toEqual([]);
});

test("a tile that throws says so and is made again, and everything else goes on", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const [tutor, student] = [await openPerson(browser), await openPerson(browser)];
  await tutor.context.addInitScript(breakablePictures);
  const mia = await enter(tutor, linkOf(booking, "Mia"));
  await breakPictures(mia, true);
  await enter(student, linkOf(booking, "Ada"));
  const broken = mia.getByText("Ada’s tile stopped working. You still hear each other.");
  await broken.waitFor();
  await clockRuns(mia);
  await byId(mia, "stage-board").click();
  await byId(mia, "tools.math").waitFor();
  await broken.waitFor();
  await breakPictures(mia, false);
  await byId(mia, "broken").getByRole("button", { name: "Try again" }).click();
  const picture = mia.getByLabel("Ada’s camera");
  await picture.waitFor();
  await until(
    () => picture.evaluate((video) => (video as HTMLVideoElement).videoWidth),
    (width) => width > 0,
  );
  expect(await byId(mia, "broken").count()).toBe(0);
});
