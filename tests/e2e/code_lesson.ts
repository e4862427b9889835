/** A lesson of two people in the code, for the tests of it. */
import { Buffer } from "node:buffer";
import type { Browser, Page } from "playwright-core";
import { launchChromium, Lectern, linkOf, openPerson, until } from "./lectern.ts";

export interface CodeLesson {
  lectern: Lectern;
  browser: Browser;
  meetingId: string;
  links: { mia: string; ada: string };
  mia: Page;
  ada: Page;
  /** Errors of both pages. */
  errors: string[];
}

export const byId = (page: Page, id: string) => page.getByTestId(id);

/** Mia, the tutor, and Ada, the student, with the code open; on failure the server's log is part of the message. */
export async function withCode(run: (lesson: CodeLesson) => Promise<void>): Promise<void> {
  const lectern = await Lectern.start();
  const browser = await launchChromium();
  try {
    const booking = await lectern.book();
    const links = { mia: linkOf(booking, "Mia"), ada: linkOf(booking, "Ada") };
    const [tutor, student] = [await openPerson(browser), await openPerson(browser)];
    const errors = tutor.errors;
    student.page.on("pageerror", (error) => errors.push(error.message));
    await openCode(tutor.page, links.mia);
    await openCode(student.page, links.ada);
    const { meetingId } = booking;
    await run({
      lectern,
      browser,
      meetingId,
      links,
      mia: tutor.page,
      ada: student.page,
      errors,
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\nServer log:\n${lectern.log.slice(-3000)}`, {
      cause: error,
    });
  } finally {
    await browser.close();
    await lectern.stop();
  }
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

/** Runs what is shown and waits for its end; answers how it ended. */
export async function run(page: Page, timeoutMs = 60_000): Promise<string> {
  await byId(page, "code-run").click();
  return await ended(page, timeoutMs);
}

export async function ended(page: Page, timeoutMs = 60_000): Promise<string> {
  // Between the press and the first entry in the document nothing stands there yet.
  await byId(page, "code-run").or(byId(page, "code-stop")).first().waitFor();
  return await until(
    async () =>
      await byId(page, "code-stop").isVisible()
        ? "running"
        : await byId(page, "code-status").getAttribute("data-exit") ?? "running",
    (exit) => exit !== "running",
    timeoutMs,
  );
}
