/** Lobby and room hold no serious violation that axe-core finds, in light and in dark. */
import { expect } from "@std/expect";
import { seriousViolations } from "../support/browser/axe.ts";
import { launchChromium, Lectern, linkOf, openPerson } from "../support/browser/lectern.ts";

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(`lobby, room and its panels are accessible in ${colorScheme}`, async () => {
    const lectern = await Lectern.start();
    const browser = await launchChromium();
    try {
      const booking = await lectern.book();
      const { page } = await openPerson(browser, { colorScheme, bypassCSP: true });
      await page.goto(lectern.origin);
      await page.getByTestId("try").waitFor();
      const still = page.locator(".landing-still");
      await page.waitForFunction(() =>
        (document.querySelector(".landing-still") as HTMLImageElement).naturalWidth > 0
      );
      expect(await still.evaluate((image) => (image as HTMLImageElement).currentSrc))
        .toContain(colorScheme === "dark" ? "still-dark" : "still");
      expect(await seriousViolations(page)).toEqual([]);
      await page.goto(linkOf(booking, "Mia"));
      await page.getByTestId("join").waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByTestId("join").click();
      await page.getByTestId("room").waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      for (const panel of ["chat", "people"]) {
        await page.getByTestId(panel).first().click();
        expect(await seriousViolations(page)).toEqual([]);
      }
    } finally {
      await browser.close();
      await lectern.stop();
    }
  });
}
