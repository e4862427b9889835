/** What a hand does on the board: it types and draws at once, without waiting for the page. */
import { expect } from "@std/expect";
import {
  corner,
  dragFrom,
  drawStroke,
  enterBoard,
  showsShapes,
  two,
} from "../support/browser/board.ts";
import { linkOf, openPerson, until } from "../support/browser/lectern.ts";
import { byId, lessonTests } from "../support/browser/lesson.ts";

const test = lessonTests();

test("whoever types right after the click loses no letter", async ({ lectern, browser }) => {
  const { mia, ada, errors } = await two(browser, await lectern.book());
  const { x, y } = await corner(mia);
  // Nothing is waited for between the click and the letters, many of which are keys of tools.
  await mia.keyboard.press("t");
  await mia.mouse.click(x + 150, y + 150);
  await mia.keyboard.type("dear text");
  await mia.keyboard.press("Escape");
  await mia.keyboard.press("n");
  await mia.mouse.click(x + 700, y + 250);
  await mia.keyboard.type("dear note");
  await mia.keyboard.press("Escape");
  await mia.keyboard.press("r");
  await mia.mouse.move(x + 150, y + 350);
  await mia.mouse.down();
  await mia.mouse.move(x + 350, y + 450, { steps: 3 });
  await mia.mouse.up();
  await mia.keyboard.press("Enter");
  await mia.keyboard.type("dear label");
  await mia.keyboard.press("Escape");
  for (const text of ["dear text", "dear note", "dear label"]) {
    await ada.locator(".tl-shape").getByText(text, { exact: true }).waitFor();
  }

  await byId(mia, "tools.math").click();
  await mia.keyboard.type("x=1/2");
  await mia.keyboard.press("Enter");
  const fraction = ada.locator(".math-shape-markup .ML__mfrac");
  await fraction.waitFor();
  await until(() => ada.locator(".math-shape-markup").innerText(), (text) => /x\s*=/.test(text));

  await byId(mia, "tools.plot").click();
  await mia.keyboard.type("cos(x)");
  await mia.keyboard.press("Enter");
  await ada.getByText("y = cos(x)").waitFor();

  // A page that was busy gets the click and the letters in one go, before any timer.
  await mia.keyboard.press("t");
  await Promise.all([
    mia.evaluate("{ const end = performance.now() + 500; while (performance.now() < end); }"),
    mia.mouse.click(x + 150, y + 520),
    mia.keyboard.type("busy page"),
  ]);
  await mia.keyboard.press("Escape");
  await ada.locator(".tl-shape").getByText("busy page", { exact: true }).waitFor();
  await showsShapes(ada, 6);
  expect(errors).toEqual([[], []]);
});

test("a stroke that begins beside an open menu is drawn from where it began", async ({ lectern, browser }) => {
  const person = await openPerson(browser);
  const mia = await enterBoard(person, linkOf(await lectern.book(), "Mia"));
  const { x, y } = await corner(mia);
  const menu = byId(mia, "context-menu");
  await drawStroke(mia, 80, 120);
  await mia.mouse.click(x + 400, y + 300, { button: "right" });
  await dragFrom(mia, 80, 220);
  await showsShapes(mia, 2);
  expect(await menu.count()).toBe(0);
  await byId(mia, "main-menu.button").click();
  const first = mia.getByRole("menu").getByText("Put an image on the board");
  await first.waitFor();
  await dragFrom(mia, 400, 320);
  await showsShapes(mia, 3);
  await first.waitFor({ state: "detached" });
  const lefts = await mia.locator(".tl-shape").evaluateAll((elements) =>
    elements.map((element) => element.getBoundingClientRect().left)
  );
  expect(lefts.some((left) => Math.abs(left - x - 400) < 12)).toBe(true);

  // Where things are selected, the press beside the menu begins a selection.
  await mia.keyboard.press("v");
  await mia.mouse.click(x + 600, y + 500, { button: "right" });
  await menu.waitFor();
  await mia.mouse.move(x + 40, y + 80);
  await mia.mouse.down();
  await mia.mouse.move(x + 560, y + 420, { steps: 5 });
  await mia.mouse.up();
  await menu.waitFor({ state: "detached" });
  await mia.keyboard.press("Delete");
  await showsShapes(mia, 0);
  await drawStroke(mia, 80, 120);
  await showsShapes(mia, 1);
  expect(person.errors).toEqual([]);
});

test("a pen that presses harder draws a broader line, on the other side too", async ({ lectern, browser }) => {
  const booking = await lectern.book();
  const person = await openPerson(browser);
  const mia = await enterBoard(person, linkOf(booking, "Mia"));
  const ada = await enterBoard(await openPerson(browser), linkOf(booking, "Ada"));
  const { x, y } = await corner(mia);
  const input = await person.context.newCDPSession(mia);
  const draw = async (top: number, force: number) => {
    const pen = (type: "mousePressed" | "mouseMoved" | "mouseReleased", left: number) =>
      input.send("Input.dispatchMouseEvent", {
        type,
        x: x + left,
        y: y + top,
        force,
        pointerType: "pen",
        button: "left",
        buttons: type === "mouseReleased" ? 0 : 1,
        clickCount: 1,
      });
    await pen("mousePressed", 100);
    for (let step = 1; step <= 20; step++) await pen("mouseMoved", 100 + step * 12);
    await pen("mouseReleased", 340);
  };
  await mia.keyboard.press("d");
  await draw(200, 0.1);
  await draw(300, 0.9);
  await showsShapes(ada, 2);
  const breadths = () =>
    ada.locator(".tl-shape svg path").evaluateAll((paths) =>
      paths.map((path) => (path as SVGPathElement).getBBox())
        .sort((a, b) => a.height - b.height)
        .map(({ width, height }) => width > 200 ? height : 0)
    );
  await until(breadths, ([fine = 0, broad = 0]) => fine > 0 && broad > 1.5 * fine);
  expect(person.errors).toEqual([]);
});
