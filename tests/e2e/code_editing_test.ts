/** Two people write code together in real Chromium. */
import { expect } from "@std/expect";
import { TestClient } from "../integration/client.ts";
import { CLOSE } from "../../rooms/errors.ts";
import { filesOf } from "../../rooms/document/schema.ts";
import * as Y from "yjs";
import { byId, focusEditor, shownText, type, upload, withCode } from "./code_lesson.ts";
import { until } from "./lectern.ts";

Deno.test("two people who type at once see the same text, each other's cursor, and undo only their own", async () => {
  await withCode(async ({ mia, ada, errors }) => {
    await upload(mia, { "notes.txt": "top\nmiddle\nend" });
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
  });
});

Deno.test("files are added, renamed with their language, followed, deleted, and saved as a zip", async () => {
  await withCode(async ({ mia, ada }) => {
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
    await mia.getByRole("tab", { name: "main.py" }).click();
    await until(() => shownText(ada), (text) => text.includes("What is your name?"));

    await mia.getByRole("tab", { name: "lib/sums.js" }).click();
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
  });
});

Deno.test("where the host keeps the code to themselves a student can't edit, and the server refuses who tries", async () => {
  await withCode(async ({ lectern, mia, ada, meetingId, links }) => {
    await upload(mia, { "main.js": "let a = 1;" });
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
    const [file] = [...filesOf(eve.doc).values()];
    (file?.get("text") as Y.Text).insert(0, "stolen");
    expect((await eve.closed).code).toBe(CLOSE.updateRefused);
    expect(await shownText(mia)).toBe("let a = 1; // mine");
  });
});

Deno.test("the lobby and the room ask for nothing of the editor or of a language until it is used", async () => {
  await withCode(async ({ browser, links }) => {
    const page = await (await browser.newContext()).newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(links.ada);
    await byId(page, "join").click();
    await byId(page, "room").waitFor();
    await page.waitForLoadState("networkidle");
    const heavy = () => asked.filter((path) => /editor|monaco|codicon|stage-|sandbox/.test(path));
    expect(heavy()).toEqual([]);
    await byId(page, "stage-code").click();
    await byId(page, "code").waitFor();
    expect(heavy().length).toBeGreaterThan(0);
    expect(asked.filter((path) => path.startsWith("/sandbox/"))).toEqual([]);
    await byId(page, "code-start-lua").click();
    await byId(page, "code-run").click();
    await byId(page, "code-input").waitFor();
    const languages = asked.filter((path) => path.startsWith("/sandbox/runtimes/"))
      .map((path) => path.split("/")[3]);
    expect(new Set(languages)).toEqual(new Set(["sizes.json", "wasmoon-1.16.0"]));
  });
});
