/** In the pseudo-locale, in real Chromium: everything that people read comes from catalogues, and none of it is cut. */
import { expect } from "@std/expect";
import { linkOf, openPerson } from "../support/browser/lectern.ts";
import { lessonTests } from "../support/browser/lesson.ts";
import { speakPseudo } from "../support/words/pseudo.ts";
import { cutTexts, foreignTexts } from "../support/words/screen_texts.ts";
import { problem, SCREENS } from "../support/words/screens.ts";
import { UNMOVED } from "../support/words/unmoved.ts";

const test = lessonTests();
const WIDTHS = [320, 390, 1280];

for (const { area, name, open } of SCREENS) {
  const moved = !(area in UNMOVED);
  const says = moved ? "says only messages, and cuts none" : "isn't in catalogues yet";
  test(`${area} ${name} ${says}`, async ({ lectern, browser }) => {
    const { page, context } = await openPerson(browser);
    await speakPseudo(context);
    await open(page, lectern);
    const foreign = await foreignTexts(page);
    if (!moved) return expect(foreign).not.toEqual([]);
    expect(foreign).toEqual([]);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      expect(await cutTexts(page)).toEqual([]);
    }
  });
}

test("a page whose words don't come says so, and what to do", async ({ lectern, browser }) => {
  const { page } = await openPerson(browser);
  await page.route("**/assets/words-*", (route) => route.abort());
  await page.goto(lectern.origin);
  await page.getByText("This page did not load. Check the network, then load it again.").waitFor();
  await page.unroute("**/assets/words-*");
  await page.reload();
  await page.getByRole("heading", { name: "A tutoring room of your own" }).waitFor();
});

test("a page asks at the door while its words are still on their way", async ({ lectern, browser }) => {
  const { page } = await openPerson(browser);
  const asked = page.waitForRequest("**/api/join");
  await page.route("**/assets/words-*", async (route) => {
    await asked;
    await route.continue();
  });
  await page.goto(linkOf(await lectern.book(), "Ada"));
  await page.getByTestId("join").waitFor();
});

test("a page says its language and direction, and its words move nothing when they come", async ({ lectern, browser }) => {
  const { page } = await openPerson(browser);
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as { value?: number }).value ?? 0);
    }).observe({ type: "layout-shift", buffered: true });
  });
  await page.route("**/api/join", problem(403, "locked"));
  await page.goto(linkOf(await lectern.book(), "Ada"));
  await page.getByTestId("locked").waitFor();
  await page.waitForLoadState("networkidle");
  const shifted = await page.evaluate(() =>
    (globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, shift) => sum + shift, 0)
  );
  expect(shifted).toBeLessThanOrEqual(0.02);
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
  expect(await page.locator("html").getAttribute("dir")).toBe("ltr");
});
