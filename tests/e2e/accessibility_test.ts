/** Lobby and room hold no serious violation that axe-core finds, in light and in dark. */
import axe from "axe-core";
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { launchChromium, Lectern, linkOf, openPerson } from "./lectern.ts";

async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      where: nodes.map((node) => node.html.slice(0, 120)),
    }));
  });
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, where }) => `${id}: ${where.join(" | ")}`);
}

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(`lobby, room and its panels are accessible in ${colorScheme}`, async () => {
    const lectern = await Lectern.start();
    const browser = await launchChromium();
    try {
      const booking = await lectern.book();
      const { page } = await openPerson(browser, { colorScheme, bypassCSP: true });
      await page.goto(lectern.origin);
      await page.getByTestId("try").waitFor();
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
