/** A lesson that is encrypted end to end, between people in real Chromium. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import { toBase64Url } from "../../rooms/encryption/base64url.ts";
import { makePageKeys } from "../../rooms/encryption/wrapping.ts";
import { inbound, linkOf, openPerson, until } from "./lectern.ts";
import { byId, enter, enterBoth, lessonTests, personMenu, seesAndHearsAll } from "./lesson.ts";

const test = lessonTests();

const THREE = {
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

/** Stands between a page and its server, as the server itself could. Null loses a message. */
async function meddle(page: Page, change: (text: string) => string | null): Promise<void> {
  await page.routeWebSocket("**/api/socket", (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const passed = typeof message === "string" ? change(message) : message;
      if (passed !== null) socket.send(passed);
    });
  });
}

test("three people see and hear each other encrypted, with one code, through reloads and crashes", async ({ lectern, browser }) => {
  const booking = await lectern.book(THREE);
  const { mia, ada, errors } = await enterBoth(browser, booking);
  const third = await openPerson(browser);
  let lost = 0;
  // The first keys that Ben is given get lost; he asks again.
  await meddle(third.page, (text) => text.includes('"keys.given"') && lost++ < 2 ? null : text);
  const ben = await enter(third, linkOf(booking, "Ben"));
  for (const page of [mia, ada, ben]) await seesAndHearsAll(page, 2);
  const first = await commonCode([mia, ada, ben]);
  expect(first.split(" ").length).toBe(6);
  expect(lost).toBeGreaterThan(2);

  // Mia came first, so her page leads: it goes and comes back as another.
  await mia.reload();
  await byId(mia, "room").waitFor();
  for (const page of [mia, ada, ben]) await seesAndHearsAll(page, 2);
  const second = await commonCode([mia, ada, ben], first);

  // Ada leads now. Her tab is gone without a word.
  await ada.context().close();
  const again = await enter(await openPerson(browser), linkOf(booking, "Ada"));
  for (const page of [mia, again, ben]) await seesAndHearsAll(page, 2);
  const last = await commonCode([mia, again, ben], second);

  await personMenu(mia, "Ben", "remove");
  await byId(mia, "confirm-yes").click();
  await byId(ben, "removed").waitFor();
  await commonCode([mia, again], last);
  expect(errors).toEqual([]);
});

test("a server that swaps a key shows nothing to anybody, and is seen by the words", async ({ lectern, browser }) => {
  const booking = await lectern.book({ encryption: "e2ee" });
  const mia = await enter(await openPerson(browser), linkOf(booking, "Mia"));
  const other = toBase64Url((await makePageKeys()).publicKey);
  const student = await openPerson(browser);
  let swapped = 0;
  await meddle(
    student.page,
    (text) =>
      text.replace(/("people":\[\{"participantId":"[^"]+","publicKey":")[^"]+/, (_, before) => {
        swapped++;
        return before + other;
      }),
  );
  const ada = await enter(student, linkOf(booking, "Ada"));
  await byId(ada, "tile-trouble").getByText("Waiting for the key").waitFor();
  expect(swapped).toBeGreaterThan(0);
  expect((await inbound(ada)).framesDecoded).toBe(0);
  expect(await securityCode(ada)).not.toBe(await securityCode(mia));
});
