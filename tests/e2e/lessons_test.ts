/** A person's page of lessons: what lights up there, and the way into the room. */
import { expect } from "@std/expect";
import type { Lectern } from "./lectern.ts";
import { openPerson, until } from "./lectern.ts";
import { byId, lessonTests } from "./lesson.ts";

const test = lessonTests();

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
