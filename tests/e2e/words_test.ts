/** In the pseudo-locale, in real Chromium: everything that people read comes from catalogues, and none of it is cut. */
import { expect } from "@std/expect";
import { openPerson } from "../support/browser/lectern.ts";
import { lessonTests } from "../support/browser/lesson.ts";
import { speakPseudo } from "../support/words/pseudo.ts";
import { cutTexts, foreignTexts } from "../support/words/screen_texts.ts";
import { SCREENS } from "../support/words/screens.ts";
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
