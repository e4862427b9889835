/** A lesson that is encrypted end to end, between people in real Chromium. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { linkOf, openPerson, until } from "./lectern.ts";
import { byId, enter, enterBoth, lessonTests, personMenu, seesAndHearsAll } from "./lesson.ts";

const test = lessonTests();

const ENCRYPTED = {
  encryption: "e2ee",
  students: [{ id: "s-1", name: "Ada" }, { id: "s-2", name: "Ben" }],
};

/** The words that a page shows to be read aloud. */
async function securityCode(page: Page): Promise<string> {
  await byId(page, "encryption").click();
  const words = await byId(page, "security-code").locator("li").allTextContents();
  await byId(page, "encryption-dialog").getByRole("button", { name: "Close" }).click();
  return words.join(" ");
}

/** Waits until all pages show the same code, other than an earlier one; answers it. */
async function commonCode(pages: readonly Page[], earlier = ""): Promise<string> {
  const codes = await until(
    () => Promise.all(pages.map(securityCode)),
    ([first, ...others]) => first !== earlier && others.every((code) => code === first),
  );
  return codes[0]!;
}

test("three people see and hear each other encrypted, with one code, through reloads and crashes", async ({ lectern, browser }) => {
  const booking = await lectern.book(ENCRYPTED);
  const { mia, ada, errors } = await enterBoth(browser, booking);
  const ben = await enter(await openPerson(browser), linkOf(booking, "Ben"));
  for (const page of [mia, ada, ben]) await seesAndHearsAll(page, 2);
  const first = await commonCode([mia, ada, ben]);
  expect(first.split(" ").length).toBe(6);

  // Mia came first, so her page leads: it goes and comes back as another.
  await mia.reload();
  await byId(mia, "room").waitFor();
  for (const page of [mia, ada, ben]) await seesAndHearsAll(page, 2);
  const second = await commonCode([mia, ada, ben], first);

  // Ada leads now. Her tab is gone without a word.
  await ada.context().close();
  const again = await enter(await openPerson(browser), linkOf(booking, "Ada"));
  for (const page of [mia, again, ben]) await seesAndHearsAll(page, 2);
  const third = await commonCode([mia, again, ben], second);

  await personMenu(mia, "Ben", "remove");
  await byId(mia, "confirm-yes").click();
  await byId(ben, "removed").waitFor();
  await commonCode([mia, again], third);
  expect(errors).toEqual([]);
});
