/** Two people write code together in real Chromium. */
import { expect } from "@std/expect";
import { TestClient } from "../support/room/client.ts";
import { CLOSE } from "../../rooms/contract/errors.ts";
import { readFiles } from "../../rooms/contract/document/reading.ts";
import {
  byId,
  codeTests,
  ended,
  focusEditor,
  openCode,
  output,
  showFile,
  shownText,
  type,
  upload,
} from "../support/browser/code_lesson.ts";
import { linkOf, openPerson, until } from "../support/browser/lectern.ts";

const codeTest = codeTests();

codeTest(
  "files are added, renamed with their language, followed, deleted, and saved as a zip",
  async ({ mia, ada }) => {
    await byId(mia, "code-start-python").click();
    await byId(ada, "code-file").waitFor();
    await byId(mia, "code-new").click();
    await byId(mia, "code-new-empty").click();
    await byId(mia, "code-name-field").fill("main.py");
    expect(await mia.getByText("There is a file").isVisible()).toBe(true);
    await byId(mia, "code-name-field").fill("lib/sums.js");
    await mia.keyboard.press("Enter");
    await focusEditor(mia, "Control+Home");
    await type(mia, "const a = 1;");
    await mia.locator(".code-editor .view-line .mtk1").first().waitFor();

    await byId(ada, "code-follow-Mia").click();
    await until(() => shownText(ada), (text) => text === "const a = 1;");
    await showFile(mia, "main.py");
    await until(() => shownText(ada), (text) => text.includes("What is your name?"));

    await showFile(mia, "lib/sums.js");
    await byId(mia, "code-file-menu").click();
    await byId(mia, "code-rename").click();
    await byId(mia, "code-name-field").fill("sums.md");
    await mia.keyboard.press("Enter");
    await ada.getByRole("tab", { name: "sums.md" }).waitFor();

    const saved = mia.waitForEvent("download");
    await byId(mia, "code-more").click();
    await byId(mia, "code-download").click();
    expect((await saved).suggestedFilename()).toBe("Algebra with Mia.zip");

    await byId(mia, "code-file-menu").click();
    await byId(mia, "code-delete").click();
    await byId(mia, "confirm-yes").click();
    await until(() => byId(ada, "code-file").count(), (count) => count === 1);
  },
);

codeTest(
  "two people who type at once see the same text, each other's cursor, and undo only their own",
  async ({ mia, ada, errors }) => {
    await upload(mia, { "notes.txt": "top\nmiddle\nend" });
    await showFile(ada, "notes.txt");
    await until(() => shownText(ada), (text) => text === "top\nmiddle\nend");
    await focusEditor(mia, "Control+Home");
    await focusEditor(ada, "Control+End");
    await Promise.all([type(mia, "Mia was here ", 15), type(ada, " and so was Ada", 15)]);
    const both = "Mia was here top\nmiddle\nend and so was Ada";
    expect(await until(() => shownText(mia), (text) => text === both)).toBe(both);
    expect(await until(() => shownText(ada), (text) => text === both)).toBe(both);

    const label = byId(mia, "code-name");
    await label.waitFor();
    expect(await label.textContent()).toBe("Ada");
    const name = byId(ada, "code-name");
    expect(await name.textContent()).toBe("Mia");
    // On the first line there is room neither above nor to the left: all of it must still be seen.
    const [box, room] = [await name.boundingBox(), await byId(ada, "code").boundingBox()];
    expect(box!.x).toBeGreaterThanOrEqual(room!.x);
    expect(box!.width).toBeGreaterThan(15);
    expect(box!.height).toBeGreaterThan(10);

    await mia.keyboard.press("Control+z");
    const undone = "top\nmiddle\nend and so was Ada";
    expect(await until(() => shownText(ada), (text) => text === undone)).toBe(undone);
    await mia.keyboard.press("Control+Shift+z");
    expect(await until(() => shownText(ada), (text) => text === both)).toBe(both);
    expect(errors).toEqual([]);
  },
);

codeTest(
  "two people who begin at the same place on slow devices each write whole words, and run by the keyboard",
  async ({ mia, ada, errors }) => {
    await upload(mia, { "same.js": "" });
    await showFile(ada, "same.js");
    // A board that was used goes on listening for keys and for what is pasted.
    await byId(mia, "stage-board").click();
    await mia.locator(".tl-canvas").click();
    await byId(mia, "stage-code").click();
    const devices = [];
    for (const page of [mia, ada]) {
      await focusEditor(page, "Control+Home");
      const device = await page.context().newCDPSession(page);
      await device.send("Emulation.setCPUThrottlingRate", { rate: 4 });
      devices.push(device);
    }
    const [hers, theirs] = ["console.log('whole');", "// quick brown fox;"];
    await Promise.all([type(mia, hers, 30), type(ada, theirs, 30)]);
    for (const device of devices) {
      await device.send("Emulation.setCPUThrottlingRate", { rate: 1 });
      await device.detach();
    }
    const whole = (text: string) => text === hers + theirs || text === theirs + hers;
    const seen = await until(() => shownText(mia), whole);
    expect(await until(() => shownText(ada), (text) => text === seen)).toBe(seen);

    await focusEditor(mia, "Control+Home");
    await mia.keyboard.press("Control+a");
    await mia.locator(".native-edit-context").evaluate((node) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", "console.log('by key');");
      const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
      node.dispatchEvent(paste);
    });
    expect(await until(() => shownText(ada), (text) => text === "console.log('by key');"))
      .toBe("console.log('by key');");
    expect(await mia.locator(".tl-shape").count()).toBe(0);
    await mia.keyboard.press("Control+Enter");
    expect(await ended(mia)).toBe("0");
    expect(await output(mia)).toContain("by key");
    expect(errors).toEqual([]);
  },
);

codeTest(
  "where the host keeps the code to themselves a student can't edit, and the server refuses who tries",
  async ({ lectern, mia, ada, meetingId, links }) => {
    await upload(mia, { "own.js": "let a = 1;" });
    await showFile(ada, "own.js");
    await until(() => shownText(ada), (text) => text === "let a = 1;");
    await byId(mia, "people").click();
    await mia.getByText("Students may").click();
    await mia.getByLabel("Edit the code").click();
    await mia.getByLabel("Run the code").click();
    await ada.getByText("Only the host edits now").waitFor();
    await until(() => byId(ada, "code-run").isDisabled(), (disabled) => disabled);
    await focusEditor(ada, "Control+End");
    await type(ada, "stolen");
    await focusEditor(mia, "Control+End");
    await type(mia, " // mine");
    await until(() => shownText(ada), (text) => text === "let a = 1; // mine");
    expect(await shownText(mia)).toBe("let a = 1; // mine");

    const invite = new URL(links.ada).hash.match(/invite=([^&]+)/)?.[1] ?? "";
    const passcode = new URL(links.ada).searchParams.get("passcode") ?? "";
    const eve = new TestClient(`ws://127.0.0.1:${lectern.port}/api/socket`);
    await eve.join({ meetingId, passcode, invite });
    readFiles(eve.doc).at(-1)?.text.insert(0, "stolen");
    expect((await eve.closed).code).toBe(CLOSE.updateRefused);
    expect(await shownText(mia)).toBe("let a = 1; // mine");
  },
);

codeTest(
  "the lobby and the room ask for nothing of the editor or of a language until it is used",
  async ({ browser, links }) => {
    const page = await (await browser.newContext()).newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const heavy = () => asked.filter((path) => /editor|monaco|codicon|stage-|sandbox/.test(path));
    await page.goto(links.mia);
    await byId(page, "join").waitFor();
    await page.waitForLoadState("networkidle");
    expect(heavy()).toEqual([]);
    await byId(page, "join").click();
    await byId(page, "room").waitFor();
    await page.waitForLoadState("networkidle");
    expect(heavy()).toEqual([]);
    await byId(page, "stage-code").click();
    await byId(page, "code").waitFor();
    expect(heavy().length).toBeGreaterThan(0);
    expect(asked.filter((path) => path.startsWith("/sandbox/"))).toEqual([]);
    await byId(page, "code-new").click();
    await byId(page, "code-new-lua").click();
    await byId(page, "code-run").click();
    await byId(page, "code-input").waitFor();
    const languages = asked.filter((path) => path.startsWith("/sandbox/runtimes/"))
      .map((path) => path.split("/")[3]);
    expect(new Set(languages)).toEqual(new Set(["sizes.json", "wasmoon-1.16.0"]));
  },
);

codeTest(
  "in the next lesson the files of an earlier one are looked into and copied",
  async ({ browser, lectern, meetingId }) => {
    await lectern.api("POST", `/meetings/${meetingId}/end`).then((answer) => answer.body?.cancel());
    const booking = await lectern.book({ title: "Algebra again", bookingId: "b-2" });
    const { page } = await openPerson(browser);
    await openCode(page, linkOf(booking, "Ada"));
    await byId(page, "code-new").click();
    await byId(page, "code-new-earlier").click();
    await page.getByText("Algebra with Mia").waitFor();
    await page.locator("label", { hasText: "notes.txt" }).click();
    await until(
      () => byId(page, "code-earlier-text").textContent(),
      (text) => text === "Mia was here top\nmiddle\nend and so was Ada",
    );
    await page.locator("label", { hasText: "own.js" }).click();
    await byId(page, "code-earlier-copy").click();
    await page.locator(".code-tab-shown", { hasText: "notes.txt" }).waitFor();
    expect(await byId(page, "code-file").allTextContents()).toEqual(["notes.txt", "own.js"]);
    await until(() => shownText(page), (text) => text.startsWith("Mia was here"));
  },
);
