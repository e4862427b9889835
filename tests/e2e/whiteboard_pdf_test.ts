/** PDFs put on the board as backgrounds in real Chromium: written on, taken back, exported; and those that can't be. */
import { expect } from "@std/expect";
import { PDFDocument, rgb } from "pdf-lib";
import type { Page } from "playwright-core";
import {
  corner,
  drawStroke,
  drop,
  enterBoard,
  fromMenu,
  saved,
  shapes,
  showsShapes,
  two,
} from "../support/browser/board.ts";
import { linkOf, openPerson, until } from "../support/browser/lectern.ts";
import { lessonTests } from "../support/browser/lesson.ts";

const test = lessonTests();

/** A PDF of so many sheets; each has its number in large letters. */
async function sheets(count: number, size: [number, number]): Promise<string> {
  const file = await PDFDocument.create();
  for (let number = 1; number <= count; number++) {
    const page = file.addPage(size);
    page.drawRectangle({ x: 0, y: 0, width: size[0], height: size[1], color: rgb(0.9, 0.9, 0.7) });
    if (size[1] > 100) page.drawText(`Sheet ${number}`, { x: 60, y: size[1] - 100, size: 60 });
  }
  return binary(await file.save());
}

const binary = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** One that asks for a password: no key made from an empty one fits. */
const LOCKED = `%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>> endobj
4 0 obj <</Filter/Standard/V 1/R 2/P -4/O<${"ab".repeat(32)}>/U<${"cd".repeat(32)}>>> endobj
trailer <</Root 1 0 R/Encrypt 4 0 R/Size 5/ID[<${"ef".repeat(16)}><${"ef".repeat(16)}>]>>
`;

const dropPdf = (page: Page, name: string, content: string) =>
  drop(page, name, "application/pdf", content);

interface Place {
  isImage: boolean;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

function places(page: Page): Promise<Place[]> {
  return page.locator(".tl-shape").evaluateAll((elements) =>
    elements.map((element) => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      const isImage = element.getAttribute("data-shape-type") === "image";
      return { isImage, left, top, right, bottom };
    })
  );
}

/** Where things are when the view has come to rest. */
async function standing(page: Page): Promise<Place[]> {
  let before = "";
  return await until(() => places(page), (now) => {
    const rests = JSON.stringify(now) === before;
    before = JSON.stringify(now);
    return rests;
  });
}

test("a PDF becomes sheets to write on, one step takes it back, and it is exported sheet by sheet", async ({ lectern, browser }) => {
  const { mia, ada, errors } = await two(browser, await lectern.book());
  await drawStroke(mia, 500, 300);
  const progress = mia.getByText(/worksheet\.pdf: page \d of 3/).first().waitFor();
  await dropPdf(mia, "worksheet.pdf", await sheets(3, [595, 842]));
  await progress;
  await showsShapes(ada, 4);
  for (const page of [mia, ada]) {
    // Pictures out of view aren't loaded.
    await page.keyboard.press("Shift+1");
    await until(
      () =>
        page.locator("img.tl-image").evaluateAll((images) =>
          images.map((image) => (image as HTMLImageElement).naturalWidth)
        ),
      (widths) => widths.length === 3 && widths.every((width) => width > 300),
      30_000,
    );
  }
  // They cover neither each other nor what was there.
  const laid = await standing(mia);
  for (const one of laid) {
    for (const other of laid) {
      if (one === other) continue;
      const apart = one.right <= other.left || other.right <= one.left ||
        one.bottom <= other.top || other.bottom <= one.top;
      expect(apart).toBe(true);
    }
  }

  // A drag over a sheet doesn't move it, a stroke stays on it.
  const { x, y } = await corner(mia);
  const sheet = laid.find(({ isImage }) => isImage);
  if (sheet === undefined) throw new Error("there is no sheet");
  const [left, top] = [sheet.left + 10, sheet.top + 10];
  await mia.keyboard.press("v");
  await mia.mouse.move(left, top);
  await mia.mouse.down();
  await mia.mouse.move(left + 100, top + 40, { steps: 4 });
  await mia.mouse.up();
  expect(await standing(mia)).toEqual(laid);
  await drawStroke(mia, left - x, top - y + 20);
  await showsShapes(ada, 5);

  const pdf = await saved(mia, () => fromMenu(mia, "Save all pages as PDF"));
  const exported = await PDFDocument.load(await Deno.readFile(pdf));
  const ratios = exported.getPages().map((page) => page.getHeight() / page.getWidth());
  expect(ratios.length).toBe(4);
  for (const ratio of ratios.slice(0, 3)) expect(Math.abs(ratio - 842 / 595)).toBeLessThan(0.01);

  await mia.keyboard.press("Control+z");
  await showsShapes(ada, 4);
  await mia.keyboard.press("Control+z");
  await showsShapes(ada, 1);
  await mia.keyboard.press("Control+Shift+z");
  await showsShapes(ada, 4);
  expect(errors).toEqual([[], []]);
});

test("a PDF that can't be put on the board is refused in words, and a long one is cut in words", async ({ lectern, browser }) => {
  const person = await openPerson(browser);
  const mia = await enterBoard(person, linkOf(await lectern.book(), "Mia"));
  await dropPdf(mia, "locked.pdf", LOCKED);
  await mia.getByText("It is locked with a password.").first().waitFor();
  await dropPdf(mia, "broken.pdf", "%PDF-1.7 and nothing more");
  await mia.getByText("It is damaged, or not a PDF at all.").first().waitFor();
  expect(await shapes(mia)).toBe(0);

  await mia.evaluate(`Object.defineProperty(File.prototype, "size", {
    configurable: true, get: () => 101 * 1024 * 1024,
  })`);
  await dropPdf(mia, "large.pdf", await sheets(1, [100, 100]));
  await mia.getByText("It is larger than 100 MB.").first().waitFor();
  await mia.evaluate("delete File.prototype.size");
  expect(await shapes(mia)).toBe(0);

  await dropPdf(mia, "long.pdf", await sheets(81, [1000, 10]));
  await mia.getByText("The first 80 of 81 pages are on the board.").first().waitFor({
    timeout: 90_000,
  });
  await showsShapes(mia, 80);
  expect(person.errors).toEqual([]);
});
