/** The moves of people at a board in browser tests: coming to it, drawing, its menu and its files. */
import type { Browser, Page } from "playwright-core";
import { type Booking, linkOf, openPerson, type PersonPage, until } from "./lectern.ts";
import { byId } from "./lesson.ts";

export const shapes = (page: Page) => page.locator(".tl-shape").count();

export async function showsShapes(page: Page, count: number): Promise<void> {
  await until(() => shapes(page), (now) => now === count);
}

export async function enterBoard({ page }: PersonPage, url: string): Promise<Page> {
  await page.goto(url);
  await byId(page, "join").click();
  await openBoard(page);
  return page;
}

export async function openBoard(page: Page): Promise<void> {
  await byId(page, "room").waitFor();
  await page.keyboard.press("b");
  await page.locator(".tl-canvas").waitFor();
}

export async function two(
  browser: Browser,
  booking: Booking,
): Promise<{ mia: Page; ada: Page; errors: string[][] }> {
  const [tutor, student] = [await openPerson(browser), await openPerson(browser)];
  const mia = await enterBoard(tutor, linkOf(booking, "Mia"));
  const ada = await enterBoard(student, linkOf(booking, "Ada"));
  return { mia, ada, errors: [tutor.errors, student.errors] };
}

export async function corner(page: Page): Promise<{ x: number; y: number }> {
  const box = await page.locator(".tl-canvas").boundingBox();
  if (box === null) throw new Error("there is no board");
  return box;
}

/** A stroke of the pen that begins at this place of the canvas. */
export async function drawStroke(page: Page, left: number, top: number): Promise<void> {
  await page.keyboard.press("d");
  await dragFrom(page, left, top);
}

/** A wave with whatever tool is in hand. */
export async function dragFrom(page: Page, left: number, top: number): Promise<void> {
  const { x, y } = await corner(page);
  await page.mouse.move(x + left, y + top);
  await page.mouse.down();
  for (let step = 1; step <= 20; step++) {
    await page.mouse.move(x + left + step * 4, y + top + 15 * Math.sin(step / 3));
  }
  await page.mouse.up();
}

export async function drop(page: Page, name: string, type: string, content: string): Promise<void> {
  await page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob(${JSON.stringify(btoa(content))}), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], ${JSON.stringify(name)}, { type: ${JSON.stringify(type)} }));
    const options = { dataTransfer: data, bubbles: true, cancelable: true, clientX: 300, clientY: 400 };
    document.querySelector(".tl-canvas").dispatchEvent(new DragEvent("drop", options));
  })()`);
}

export async function fromMenu(page: Page, item: string): Promise<void> {
  await byId(page, "main-menu.button").click();
  await page.getByText(item).click();
}

/** The file that the page hands over after the action. */
export async function saved(page: Page, action: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), action()]);
  return await download.path();
}

export async function choose(page: Page, item: string, file: string): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), fromMenu(page, item)]);
  await chooser.setFiles(file);
}

/** How many pixels of a PNG differ from its first. */
export async function ink(page: Page, png: Uint8Array): Promise<number> {
  const base64 = btoa(Array.from(png, (byte) => String.fromCharCode(byte)).join(""));
  return await page.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob("${base64}"), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    let ink = 0;
    for (let at = 0; at < data.length; at += 4) {
      const far = [0, 1, 2].some((part) => Math.abs(data[at + part] - data[part]) > 60);
      if (far) ink++;
    }
    return ink;
  })()`);
}
