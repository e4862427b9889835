/** Two people at one board in real Chromium, against the real server. */
import { expect } from "@std/expect";
import { PDFDocument } from "pdf-lib";
import type { Browser, Locator, Page } from "playwright-core";
import { type Booking, linkOf, openPerson, type PersonPage, until } from "./lectern.ts";
import { byId, lessonTests } from "./lesson.ts";

const test = lessonTests();

const shapes = (page: Page) => page.locator(".tl-shape").count();

async function showsShapes(page: Page, count: number): Promise<void> {
  await until(() => shapes(page), (now) => now === count);
}

async function enterBoard({ page }: PersonPage, url: string): Promise<Page> {
  await page.goto(url);
  await byId(page, "join").click();
  await openBoard(page);
  return page;
}

async function openBoard(page: Page): Promise<void> {
  await byId(page, "room").waitFor();
  await page.keyboard.press("b");
  await page.locator(".tl-canvas").waitFor();
}

async function two(
  browser: Browser,
  booking: Booking,
): Promise<{ mia: Page; ada: Page; errors: string[][] }> {
  const [tutor, student] = [await openPerson(browser), await openPerson(browser)];
  const mia = await enterBoard(tutor, linkOf(booking, "Mia"));
  const ada = await enterBoard(student, linkOf(booking, "Ada"));
  return { mia, ada, errors: [tutor.errors, student.errors] };
}

async function corner(page: Page): Promise<{ x: number; y: number }> {
  const box = await page.locator(".tl-canvas").boundingBox();
  if (box === null) throw new Error("there is no board");
  return box;
}

/** A stroke of the pen that begins at this place of the canvas. */
async function drawStroke(page: Page, left: number, top: number): Promise<void> {
  const { x, y } = await corner(page);
  await page.keyboard.press("d");
  await page.mouse.move(x + left, y + top);
  await page.mouse.down();
  for (let step = 1; step <= 20; step++) {
    await page.mouse.move(x + left + step * 4, y + top + 15 * Math.sin(step / 3));
  }
  await page.mouse.up();
}

async function drop(page: Page, name: string, type: string, content: string): Promise<void> {
  await page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob(${JSON.stringify(btoa(content))}), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], ${JSON.stringify(name)}, { type: ${JSON.stringify(type)} }));
    const options = { dataTransfer: data, bubbles: true, cancelable: true, clientX: 300, clientY: 400 };
    document.querySelector(".tl-canvas").dispatchEvent(new DragEvent("drop", options));
  })()`);
}

async function fromMenu(page: Page, item: string): Promise<void> {
  await byId(page, "main-menu.button").click();
  await page.getByText(item).click();
}

/** The file that the page hands over after the action. */
async function saved(page: Page, action: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), action()]);
  return await download.path();
}

async function choose(page: Page, item: string, file: string): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), fromMenu(page, item)]);
  await chooser.setFiles(file);
}

test("strokes, text, formulas and graphs appear on the other side, and undo is one's own", async ({ lectern, browser }) => {
  const { mia, ada, errors } = await two(browser, await lectern.book());
  await drawStroke(mia, 80, 120);
  await showsShapes(ada, 1);

  await byId(mia, "tools.math").click();
  await mia.locator("math-field").waitFor();
  await mia.keyboard.type("x=1/2", { delay: 20 });
  await mia.keyboard.press("Enter");
  await ada.locator(".math-shape-markup .ML__mfrac").waitFor();

  await byId(mia, "tools.plot").click();
  await mia.keyboard.type("sin(x)");
  await mia.keyboard.press("Enter");
  await ada.getByText("y = sin(x)").waitFor();

  const { x, y } = await corner(mia);
  await mia.keyboard.press("t");
  await mia.mouse.click(x + 150, y + 500);
  await mia.locator("[contenteditable=true]").waitFor();
  await mia.keyboard.type("Look here");
  await mia.keyboard.press("Escape");
  await ada.locator(".tl-shape").getByText("Look here").waitFor();
  await showsShapes(ada, 4);

  await drawStroke(ada, 80, 250);
  await showsShapes(mia, 5);
  await ada.keyboard.press("Control+z");
  await showsShapes(mia, 4);
  // Ada has nothing left to take back: what Mia made stays.
  await ada.keyboard.press("Control+z");
  await mia.keyboard.press("Control+z");
  await showsShapes(ada, 3);
  expect(await mia.getByText("y = sin(x)").isVisible()).toBe(true);
  expect(errors).toEqual([[], []]);
});

test("the host decides who draws, and others look on at once", async ({ lectern, browser }) => {
  const { mia, ada } = await two(browser, await lectern.book());
  await byId(mia, "board-host").click();
  await byId(mia, "board-draw-host").click();
  await ada.getByText("You can look on").waitFor();
  await drawStroke(ada, 80, 120);
  await drawStroke(mia, 80, 250);
  await showsShapes(ada, 1);
  expect(await shapes(mia)).toBe(1);

  await byId(mia, "board-host").click();
  await byId(mia, "board-draw-Ada").click();
  await ada.getByText("You can look on").waitFor({ state: "detached" });
  await drawStroke(ada, 80, 120);
  await showsShapes(mia, 2);
});

test("menus open their submenus, and what stands in them works", async ({ lectern, browser }) => {
  const { page: mia, errors } = await openPerson(browser);
  await enterBoard({ page: mia } as PersonPage, linkOf(await lectern.book(), "Mia"));
  await drawStroke(mia, 80, 120);
  await drawStroke(mia, 80, 220);
  await showsShapes(mia, 2);
  await byId(mia, "main-menu.button").click();
  await byId(mia, "main-menu-sub.preferences-button").click();
  await mia.getByRole("menuitemcheckbox").filter({ hasText: /grid/i }).click();
  await mia.locator(".tl-grid").waitFor();
  await mia.keyboard.press("Escape");
  await mia.keyboard.press("Escape");

  const { x, y } = await corner(mia);
  await mia.keyboard.press("v");
  await mia.keyboard.press("Control+a");
  await mia.mouse.click(x + 120, y + 220, { button: "right" });
  const arrange = byId(mia, "context-menu-sub.arrange-button");
  await arrange.hover();
  await byId(mia, "context-menu-sub.arrange-content").waitFor();
  expect(errors).toEqual([]);
});

test("images go to the server, others see them, and a script in one does nothing", async ({ lectern, browser }) => {
  const { mia, ada } = await two(browser, await lectern.book());
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60">
    <script>globalThis.ran = true; parent.ran = true</script>
    <rect width="90" height="60" fill="orange" onload="parent.ran = true"/></svg>`;
  await drop(mia, "drawn.svg", "image/svg+xml", svg);
  const image = ada.locator(".tl-image");
  await image.waitFor();
  const loaded = () => image.evaluate((element) => (element as HTMLImageElement).naturalWidth);
  await until(loaded, (width) => width === 90);
  const address = await image.getAttribute("src") ?? "";
  expect(address).toContain("/api/assets/");

  const answer = await ada.request.get(new URL(address, lectern.origin).href);
  expect(answer.headers()["content-security-policy"]).toContain("sandbox");
  for (const page of [mia, ada]) expect(await page.evaluate("globalThis.ran")).toBeUndefined();

  // Neither a page that says it is a picture nor a file of another kind gets onto the board; the next picture does.
  await drop(mia, "page.gif", "image/gif", "<html><body>no picture</body></html>");
  await drop(mia, "notes.txt", "text/plain", "no picture");
  await drop(mia, "again.svg", "image/svg+xml", svg.replace("orange", "teal"));
  await until(() => ada.locator(".tl-image").count(), (count) => count === 2);
});

test("the board survives a reload and a server that was cut off, and its files open", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const { mia, ada } = await two(browser, booking);
  await drawStroke(mia, 80, 120);
  await byId(mia, "tools.math").click();
  await mia.locator("math-field").waitFor();
  await mia.keyboard.type("a^2+b^2=c^2", { delay: 20 });
  await mia.keyboard.press("Enter");
  await showsShapes(ada, 2);
  await mia.getByText("Saved", { exact: true }).waitFor();

  await lectern.kill();
  await drawStroke(mia, 80, 300);
  await lectern.start();
  await showsShapes(ada, 3);
  await ada.reload();
  const again = byId(ada, "join");
  await again.or(byId(ada, "room")).first().waitFor();
  if (await again.isVisible()) await again.click();
  await openBoard(ada);
  await showsShapes(ada, 3);

  const pdf = await saved(mia, () => fromMenu(mia, "Save all pages as PDF"));
  expect((await PDFDocument.load(await Deno.readFile(pdf))).getPageCount()).toBe(1);

  const png = await saved(mia, () => fromMenu(mia, "Save this page as PNG"));
  expect(await ink(ada, await Deno.readFile(png))).toBeGreaterThan(500);

  const file = await saved(mia, () => fromMenu(mia, "Save the board as a file"));
  const view = () => mia.locator(".tl-html-layer").first().getAttribute("style");
  const before = await view();
  await choose(mia, "Open a board file", file);
  // It turns to the file's page, which shows the same three things, and a fourth stroke is there alone.
  await until(view, (now) => now !== before);
  await showsShapes(mia, 3);
  await drawStroke(mia, 80, 500);
  await showsShapes(mia, 4);
  expect(await shapes(ada)).toBe(3);

  const named = `${lectern.dataDir}/board.pdf`;
  await Deno.copyFile(pdf, named);
  await choose(mia, "Put a PDF on the board", named);
  await mia.locator(".tl-image").waitFor();
});

test("a lesson goes on from the board of an earlier one, and is known by its picture", async ({ lectern, browser }) => {
  const earlier = await lectern.book({ title: "Yesterday's lesson" });
  const before = await enterBoard(await openPerson(browser), linkOf(earlier, "Mia"));
  const pictured = before.waitForResponse((answer) =>
    answer.url().includes("/api/thumbnails/") && answer.status() === 204
  );
  await drawStroke(before, 80, 120);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60">
    <rect width="90" height="60" fill="orange"/></svg>`;
  await drop(before, "drawn.svg", "image/svg+xml", svg);
  await before.locator(".tl-image").waitFor();
  await before.getByText("Saved", { exact: true }).waitFor();
  await pictured;
  await before.close();
  await lectern.api("POST", `/meetings/${earlier.meetingId}/end`);

  const { mia, ada, errors } = await two(browser, await lectern.book());
  await fromMenu(mia, "Start from an earlier lesson");
  const choice = byId(mia, "earlier-lesson").filter({ hasText: "Yesterday's lesson" });
  const width = (image: Locator) =>
    image.evaluate((element) => (element as HTMLImageElement).naturalWidth);
  await until(() => width(choice.locator("img")), (pixels) => pixels > 50);
  await choice.click();
  await showsShapes(mia, 2);
  // Ada is still on the page that she was on; Mia brings her along.
  expect(await shapes(ada)).toBe(0);
  await byId(mia, "board-host").click();
  await byId(mia, "board-bring").click();
  await showsShapes(ada, 2);
  await until(() => width(ada.locator(".tl-image")), (pixels) => pixels === 90);
  await mia.keyboard.press("Control+z");
  await showsShapes(ada, 0);
  expect(errors).toEqual([[], []]);

  const { url } = await (await lectern.api("POST", "/people/s-1/lessons-links", { days: 1 }))
    .json();
  await ada.goto(url);
  const row = byId(ada, "lesson").filter({ hasText: "Yesterday's lesson" });
  await row.scrollIntoViewIfNeeded();
  await until(() => width(row.locator("img")), (pixels) => pixels > 50);
});

/** How many pixels of a PNG differ from its first. */
async function ink(page: Page, png: Uint8Array): Promise<number> {
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

test("a finger on a phone draws, and the host brings the phone to where everyone is", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const mia = await enterBoard(await openPerson(browser), linkOf(booking, "Mia"));
  const phone = await openPerson(browser, {
    viewport: { width: 390, height: 780 },
    hasTouch: true,
    isMobile: true,
  });
  const ada = await enterBoard(phone, linkOf(booking, "Ada"));
  await byId(ada, "tools.draw").tap();
  const { x, y } = await corner(ada);
  const touch = await phone.context.newCDPSession(ada);
  const send = (type: string, touchPoints: { x: number; y: number }[]) =>
    touch.send("Input.dispatchTouchEvent", { type, touchPoints } as never);
  await send("touchStart", [{ x: x + 80, y: y + 200 }]);
  for (let step = 1; step <= 20; step++) {
    await send("touchMove", [{ x: x + 80 + step * 5, y: y + 200 + step }]);
  }
  await send("touchEnd", []);
  await showsShapes(mia, 1);
  expect(phone.errors).toEqual([]);

  // Mia goes elsewhere and calls: the phone's view moves there.
  const view = () => ada.locator(".tl-html-layer").first().getAttribute("style");
  const before = await view();
  await mia.mouse.move((await corner(mia)).x + 300, (await corner(mia)).y + 300);
  await mia.mouse.wheel(900, 700);
  await byId(mia, "board-host").click();
  await byId(mia, "board-bring").click();
  await until(view, (now) => now !== before);
});
