/** Two people at one board in real Chromium, against the real server. */
import { expect } from "@std/expect";
import { PDFDocument } from "pdf-lib";
import type { Locator } from "playwright-core";
import {
  choose,
  corner,
  drawStroke,
  drop,
  enterBoard,
  fromMenu,
  ink,
  openBoard,
  saved,
  shapes,
  showsShapes,
  two,
} from "../support/browser/board.ts";
import { linkOf, openPerson, type PersonPage, until } from "../support/browser/lectern.ts";
import { byId, lessonTests } from "../support/browser/lesson.ts";

const test = lessonTests();

type Rectangle = { x: number; y: number; width: number; height: number } | null;

function overlap(a: Rectangle, b: Rectangle): boolean {
  if (a === null || b === null) throw new Error("one of the shapes isn't there");
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
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
  // Each new one where there is room.
  expect(overlap(
    await mia.locator("[data-shape-type=math]").boundingBox(),
    await mia.locator("[data-shape-type=plot]").boundingBox(),
  )).toBe(false);

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

  const formula = ada.locator(".math-shape-markup");
  expect(await formula.isVisible()).toBe(true);
  await byId(ada, "stage-talk").click();
  // Behind the faces nothing of the board shows through.
  await formula.waitFor({ state: "hidden" });
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

test("the server refuses who may no longer draw, and their board goes back to everyone's", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const mia = await enterBoard(await openPerson(browser), linkOf(booking, "Mia"));
  const student = await openPerson(browser);
  // Ada's page can be made deaf: then it doesn't hear that she may no longer draw, and goes on writing.
  await student.context.addInitScript(`{
    const Native = WebSocket;
    globalThis.WebSocket = class extends Native {
      constructor(...given) {
        super(...given);
        this.addEventListener("message", (event) => {
          if (globalThis.deafTo === this) event.stopImmediatePropagation();
        });
        globalThis.newestSocket = this;
      }
    };
  }`);
  const ada = await enterBoard(student, linkOf(booking, "Ada"));
  await drawStroke(mia, 80, 120);
  await showsShapes(ada, 1);
  await ada.getByText("Saved", { exact: true }).waitFor();
  await ada.evaluate("deafTo = newestSocket");
  await byId(mia, "board-host").click();
  await byId(mia, "board-draw-host").click();
  await mia.evaluate(`{
    globalThis.mostShapes = 0;
    new MutationObserver(() => {
      mostShapes = Math.max(mostShapes, document.querySelectorAll(".tl-shape").length);
    }).observe(document.querySelector(".tl-canvas"), { childList: true, subtree: true });
  }`);
  await byId(mia, "board-host").click();
  await mia.locator("[data-testid=board-draw-host] svg").waitFor();
  await mia.keyboard.press("Escape");

  await drawStroke(ada, 80, 250);
  // The server closes the connection; the page comes back with what everybody has, and says so.
  await ada.getByText("did not reach the others").waitFor();
  await ada.getByRole("button", { name: "Go on" }).click();
  await ada.getByText("You can look on").waitFor();
  await showsShapes(ada, 1);
  await drawStroke(mia, 80, 380);
  await showsShapes(ada, 2);
  expect(await mia.evaluate("mostShapes")).toBe(2);
  expect(await shapes(mia)).toBe(2);
  expect(student.errors).toEqual([]);
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

  // Low on the stage, where a menu has to turn upwards: all of it stays on the stage.
  const { x, y } = await corner(mia);
  const floor = y + ((await mia.locator(".tl-canvas").boundingBox())?.height ?? 0);
  await drawStroke(mia, 80, 560);
  await mia.keyboard.press("v");
  await mia.keyboard.press("Control+a");
  const open = async (submenu: string) => {
    const button = byId(mia, `context-menu-sub.${submenu}-button`);
    if (!await button.isVisible()) await mia.mouse.click(x + 90, y + 562, { button: "right" });
    await button.hover();
    const content = byId(mia, `context-menu-sub.${submenu}-content`);
    await content.waitFor();
    for (const menu of [byId(mia, "context-menu"), content]) {
      await until(
        () => menu.boundingBox(),
        (box) => box !== null && box.y > y && box.y + box.height < floor,
      );
    }
    return content.getByRole("menuitem");
  };
  await (await open("copy-as")).first().waitFor();
  await (await open("reorder")).filter({ hasText: /send to back/i }).click();
  await byId(mia, "context-menu").waitFor({ state: "detached" });
  await (await open("arrange")).first().waitFor();
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
  await mia.getByText("The board takes images and PDFs, no other files.").first().waitFor();
  await drop(mia, "large.png", "image/png", "x".repeat(10 * 1024 * 1024 + 1));
  await mia.getByText("An image may have 10 MB.").first().waitFor();
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
