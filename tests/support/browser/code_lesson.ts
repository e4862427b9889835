/**
 * A lesson of two people in the code, for the tests of it.
 *
 * A file's tests share one server, one browser and one lesson: each brings files of its own and looks at those. A language
 * that one of them has loaded is there for the next.
 */
import { Buffer } from "node:buffer";
import type { Browser, Page } from "playwright-core";
import { launchChromium, Lectern, linkOf, openPerson } from "./lectern.ts";

export interface CodeLesson {
  lectern: Lectern;
  browser: Browser;
  meetingId: string;
  links: { mia: string; ada: string };
  mia: Page;
  ada: Page;
  /** Errors of both pages in this test. */
  errors: string[];
}

export type CodeTest = (name: string, run: (lesson: CodeLesson) => Promise<void>) => void;

export const byId = (page: Page, id: string) => page.getByTestId(id);

/** Names a test of the file's one lesson; on failure the server's log is part of the message. */
export function codeTests(): CodeTest {
  let lesson: CodeLesson | null = null;
  Deno.test.beforeAll(async () => {
    lesson = await openLesson();
  });
  Deno.test.afterAll(async () => {
    await lesson?.browser.close();
    await lesson?.lectern.stop();
  });
  return (name, run) =>
    Deno.test(name, async () => {
      const { lectern, errors } = lesson!;
      const logged = lectern.log.length;
      errors.length = 0;
      try {
        await run(lesson!);
      } catch (error) {
        const log = lectern.log.slice(logged).slice(-3000);
        throw new Error(`${(error as Error).message}\nServer log:\n${log}`, { cause: error });
      }
    });
}

/** Mia, the tutor, and Ada, the student, with the code open. */
async function openLesson(): Promise<CodeLesson> {
  const lectern = await Lectern.start();
  const browser = await launchChromium();
  const booking = await lectern.book();
  const links = { mia: linkOf(booking, "Mia"), ada: linkOf(booking, "Ada") };
  const [tutor, student] = [await openPerson(browser), await openPerson(browser)];
  const errors = tutor.errors;
  student.page.on("pageerror", (error) => errors.push(error.message));
  const [mia, ada] = [tutor.page, student.page];
  await Promise.all([openCode(mia, links.mia), openCode(ada, links.ada)]);
  return { lectern, browser, meetingId: booking.meetingId, links, mia, ada, errors };
}

/** Through the lobby into the code. */
export async function openCode(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await byId(page, "join").click();
  await byId(page, "room").waitFor();
  await byId(page, "stage-code").click();
  await byId(page, "code").waitFor();
}

/** Brings files from this device; the last one is shown then. */
export async function upload(page: Page, files: Record<string, string>): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await byId(page, "code-more").click();
  await byId(page, "code-upload").click();
  await (await chooser).setFiles(
    Object.entries(files).map(([name, text]) => ({
      name,
      mimeType: "text/plain",
      buffer: Buffer.from(text),
    })),
  );
  const last = Object.keys(files).at(-1) ?? "";
  await page.locator(".code-tab-shown", { hasText: last }).waitFor();
}

/** What the editor shows, with plain spaces and line ends. */
export async function shownText(page: Page): Promise<string> {
  const lines = await page.locator(".code-editor .view-line").evaluateAll((nodes) =>
    nodes.map((node) => ({
      top: Number.parseFloat((node as HTMLElement).style.top),
      text: node.textContent ?? "",
    })).sort((a, b) => a.top - b.top).map(({ text }) => text)
  );
  return lines.join("\n").replaceAll("\u00a0", " ");
}

/** Puts the cursor into the editor and types, as a hand does. */
export async function type(page: Page, text: string, delay = 0): Promise<void> {
  await page.keyboard.type(text, { delay });
}

export async function focusEditor(page: Page, key: string): Promise<void> {
  await page.locator(".code-editor .view-lines").click();
  await page.keyboard.press(key);
}

export function output(page: Page): Promise<string> {
  return byId(page, "code-output").innerText();
}

/** Shows a file by its tab. */
export async function showFile(page: Page, name: string): Promise<void> {
  await page.getByRole("tab", { name, exact: true }).click();
  await page.locator(".code-tab-shown", { hasText: name }).waitFor();
}

/** Runs what is shown and waits for its end; answers how it ended. */
export async function run(page: Page, timeoutMs = 60_000): Promise<string> {
  await startRun(page);
  return await ended(page, timeoutMs);
}

/** Presses Run, and waits until the run that this made is the one that is shown. */
export async function startRun(page: Page): Promise<void> {
  const shown = () => page.locator("[data-testid=code-status]").first().getAttribute("data-run");
  const before = await byId(page, "code-status").isVisible() ? await shown() : null;
  await byId(page, "code-run").click();
  await page.locator(`[data-testid=code-status]:not([data-run="${before}"])`).waitFor();
}

/** Waits until the run that is shown has ended, for everybody and on this page. */
export async function ended(page: Page, timeoutMs = 60_000): Promise<string> {
  await page.locator('[data-testid=code-status]:not([data-exit="running"])')
    .waitFor({ timeout: timeoutMs });
  await byId(page, "code-run").waitFor();
  return await byId(page, "code-status").getAttribute("data-exit") ?? "";
}

/** Types a line for the program that asks for one. */
export async function answer(page: Page, line: string, timeoutMs = 60_000): Promise<void> {
  const field = byId(page, "code-input");
  await field.waitFor({ timeout: timeoutMs });
  await field.fill(line);
  await field.press("Enter");
}
