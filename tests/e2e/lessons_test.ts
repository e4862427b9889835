/** A person's page of lessons: from there into the room, and afterwards to the recording and the tutor's figures. */
import { expect } from "@std/expect";
import type { Lectern } from "../support/browser/lectern.ts";
import { launchChromium, linkOf, openPerson, until } from "../support/browser/lectern.ts";
import { byId, enter, lessonTests } from "../support/browser/lesson.ts";

const test = lessonTests(launchChromium, { END_GRACE_MINUTES: "0" });

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

async function lessonsLink(lectern: Lectern, userId: string): Promise<string> {
  return (await (await lectern.api("POST", `/people/${userId}/lessons-links`, {})).json()).url;
}

/** Stands for the system's notices, which a browser without a screen has none of. */
function keepNotices(): void {
  const notices: string[] = [];
  Object.assign(globalThis, { notices });
  globalThis.Notification = class {
    static readonly permission = "granted";
    constructor(title: string) {
      notices.push(title);
    }
  } as unknown as typeof Notification;
}

test("join lights up when a lesson opens, and who left the page open is reminded", async ({ lectern, browser }) => {
  await lectern.book({ scheduledStart: inSeconds(15 * 60 + 4), scheduledEnd: inSeconds(3600) });
  const { page, context } = await openPerson(browser);
  await context.addInitScript(keepNotices);
  await page.goto(await lessonsLink(lectern, "s-1"));
  await byId(page, "lesson").getByText(/^in 15 min/).waitFor();
  const join = byId(page, "lesson-join");
  expect(await join.isDisabled()).toBe(true);
  await until(() => join.isDisabled(), (disabled) => !disabled);
  await until(
    () => page.evaluate(() => (globalThis as unknown as { notices: string[] }).notices),
    (notices) => notices.length === 1 && notices[0] === "Algebra with Mia",
  );
  await join.click();
  await byId(page, "join").waitFor();
  expect(new URL(page.url()).pathname).toMatch(/^\/video-room\//);
});

test("a lesson near its end is extended by one press, and its tutor sees afterwards how it went", async ({ lectern, browser }) => {
  const booking = await lectern.book({
    scheduledStart: inSeconds(-1800),
    scheduledEnd: inSeconds(9 * 60),
    isRecorded: true,
    bookingId: "b-2",
  });
  const [tutor, student] = [await openPerson(browser), await openPerson(browser)];
  const ada = await enter(student, linkOf(booking, "Ada"));
  await byId(ada, "messages").getByText("The lesson closes in 9 minutes.").waitFor();
  const mia = await enter(tutor, linkOf(booking, "Mia"));
  await byId(mia, "messages").getByText(/^The lesson closes at .+, in less than 9 minutes\.$/)
    .waitFor();
  await byId(mia, "messages").getByRole("button", { name: "Extend by 15 minutes" }).click();
  await byId(ada, "messages").getByText(/^Mia extended the lesson\. It closes at /).waitFor();
  await byId(mia, "messages").getByText(/^You extended the lesson\./).waitFor();
  const { closesAt, scheduledEnd } = await lectern.meeting(booking.meetingId);
  expect(Date.parse(`${closesAt}`) - Date.parse(`${scheduledEnd}`)).toBe(15 * 60_000);

  await byId(ada, "chat").click();
  await ada.getByRole("textbox", { name: "Write to everyone" }).fill("Thank you");
  await ada.keyboard.press("Enter");
  await lectern.api("POST", `/meetings/${booking.meetingId}/end`);
  await byId(mia, "ended").waitFor();
  // Opened again, the link leads to the recording.
  await ada.reload();
  await byId(ada, "over").getByRole("link", { name: "Watch the lesson" }).waitFor();

  await mia.goto(await lessonsLink(lectern, "t-1"));
  const lesson = byId(mia, "lesson").filter({ has: mia.getByTestId("lesson-watch") });
  // Here the recording just opens; elsewhere by a link that carries the key, which this browser has.
  await tutor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await lesson.getByTestId("lesson-key-link").click();
  await lesson.getByText("Copied").waitFor();
  const elsewhere = await openPerson(browser);
  await elsewhere.page.goto(await lessonsLink(lectern, "t-1"));
  await byId(elsewhere.page, "lesson-watch").waitFor();
  expect(await byId(elsewhere.page, "lesson-key-link").count()).toBe(0);
  await elsewhere.page.goto(await mia.evaluate(() => navigator.clipboard.readText()));
  await byId(elsewhere.page, "replay").waitFor();
  await byId(elsewhere.page, "downloads").click();
  await byId(elsewhere.page, "copy-key-link").waitFor();
  await lesson.getByTestId("lesson-analytics").click();
  const figures = byId(mia, "analytics");
  await figures.getByText("Extended by").waitFor();
  const people = figures.locator("section").filter({ hasText: "In the room" }).first();
  expect(await people.locator("li").allTextContents()).toEqual([
    expect.stringMatching(/^AAda\d+ s$/),
    expect.stringMatching(/^MMia\d+ s$/),
  ]);
  expect(await figures.getByRole("row", { name: "Ada" }).getByRole("cell").allTextContents())
    .toEqual(["0", "0", "0", "1"]);
  expect([...tutor.errors, ...student.errors, ...elsewhere.errors]).toEqual([]);
});
