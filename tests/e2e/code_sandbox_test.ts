/** Programs that misbehave: they are stopped, cut and kept in their box. */
import { expect } from "@std/expect";
import type { Page } from "playwright-core";
import {
  byId,
  codeTests,
  ended,
  openCode,
  output,
  run,
  showFile,
  startRun,
  upload,
} from "../support/browser/code_lesson.ts";
import { until } from "../support/browser/lectern.ts";

const codeTest = codeTests();

const shownLength = async (page: Page) =>
  (await byId(page, "code-output").locator("pre").textContent())?.length ?? 0;

codeTest(
  "Stop ends an endless loop, and the next run works",
  async ({ mia, ada }) => {
    await upload(mia, { "endless.js": "console.log('on');\nwhile (true) {}\n" });
    await startRun(mia);
    await until(() => output(ada), (text) => text.includes("on"));
    await byId(mia, "code-stop").click();
    await mia.locator('[data-testid=code-status][data-exit="stopped"]').waitFor();
    await upload(mia, { "short.js": "console.log('again');\n" });
    expect(await run(mia)).toBe("0");
    expect(await output(mia)).toContain("again");

    // The host ends a student's run from afar.
    await showFile(ada, "endless.js");
    await startRun(ada);
    await byId(mia, "code-stop-other").click();
    expect(await ended(ada)).toBe("stopped");
  },
);

codeTest(
  "a hundred megabytes of output freeze no page and stay under the document's cap",
  async ({ mia, ada }) => {
    await upload(mia, {
      "loud.js":
        "const line = 'x'.repeat(999);\nfor (let i = 0; i < 100_000; i++) console.log(line);\n",
    });
    await Promise.all([mia, ada].map((page) =>
      page.evaluate(() => {
        const watch = { characters: 0 };
        Object.assign(globalThis, { watch });
        addEventListener("message", ({ data }) => watch.characters += JSON.stringify(data).length);
      })
    ));
    expect(await run(mia)).toBe("truncated");
    await until(() => output(ada), (text) => text.includes("output truncated"));
    for (const page of [mia, ada]) {
      await page.getByRole("button", { name: "Show it from the beginning" }).waitFor();
      // A hundredth of it reaches a page, and less of that is on the screen.
      const characters = await page.evaluate(() =>
        (globalThis as unknown as { watch: { characters: number } }).watch.characters
      );
      expect(characters).toBeLessThan(1_100_000);
      expect(await shownLength(page)).toBeLessThan(100_000);
    }
    await ada.getByRole("button", { name: "Show it from the beginning" }).click();
    const whole = await until(() => shownLength(ada), (length) => length > 900_000);
    expect(whole).toBeLessThan(1_010_000);
  },
);

codeTest(
  "a program reaches neither our API, nor the page, nor cookies, nor storage",
  async ({ lectern, mia, ada }) => {
    // A browser reports requests that its policy stops: what counts is what the server hears.
    const heard = () => lectern.log.split("path=/api/instance").length - 1;
    const before = heard();
    const attempts = {
      fetch: `(await fetch("${lectern.origin}/api/instance")).status`,
      post:
        `(await fetch("${lectern.origin}/api/instance", { method: "POST", mode: "no-cors" })).type`,
      xhr:
        `(() => { const x = new XMLHttpRequest(); x.open("GET", "${lectern.origin}/api/instance", false); x.send(); return x.status; })()`,
      socket: `await new Promise((done, fail) => { const s = new WebSocket("${
        lectern.origin.replace("http", "ws")
      }/api/socket"); s.onopen = done; s.onerror = () => fail("no"); })`,
      module: `await eval('import("${lectern.origin}/api/instance")')`,
      parent: `parent.document.title`,
      cookie: `document.cookie`,
      storage: `localStorage.length`,
      database:
        `await new Promise((done, fail) => { const r = indexedDB.open("a"); r.onsuccess = done; r.onerror = fail; })`,
      peer: `new RTCPeerConnection()`,
      transport: `await new WebTransport("${lectern.origin.replace("http:", "https:")}/").ready`,
      events:
        `await new Promise((done, fail) => { const s = new EventSource("${lectern.origin}/api/instance"); s.onopen = done; s.onerror = () => fail("no"); })`,
      worker: `await new Promise((done, fail) => { const w = new Worker("data:text/javascript," +
        encodeURIComponent('fetch("${lectern.origin}/api/instance").then(() => postMessage(1), () => close())'));
        w.onmessage = done; w.onerror = () => fail("no"); setTimeout(() => fail("no"), 500); })`,
      caches: `await caches.keys()`,
    };
    const lines = Object.entries(attempts).map(([name, code]) =>
      `try { const got = ${code}; console.log("${name}", "GOT", got); } catch { console.log("${name} nothing"); }`
    );
    await upload(mia, { "curious.js": `${lines.join("\n")}\n` });
    expect(await run(mia)).toBe("0");
    const said = (await output(mia)).trim().split("\n");
    expect(said).toEqual(Object.keys(attempts).map((name) => `${name} nothing`));

    // A page in the preview has a document of its own, and no more than that.
    const inPage = {
      ...attempts,
      cookie: "document.cookie.length",
      parent: "parent.document.title",
    };
    const page = Object.entries(inPage).map(([name, code]) =>
      `try { const got = ${code}; console.log("${name}", "GOT", got); } catch { console.log("${name} nothing"); }`
    );
    await upload(mia, { "index.html": `<script>(async () => {${page.join("\n")}})();</script>` });
    await byId(mia, "code-run").click();
    await byId(mia, "code-preview").waitFor();
    // Mia's page goes on; what its console says is read where Ada sees it.
    await byId(ada, "code-tab-output").click();
    const answers = await until(() => output(ada), (text) => text.includes("caches"), 60_000);
    expect(answers).not.toContain("GOT");
    expect(heard()).toBe(before);
    await fetch(`${lectern.origin}/api/instance`).then((response) => response.body?.cancel());
    await until(() => Promise.resolve(heard()), (count) => count === before + 1);
  },
);

codeTest(
  "a run whose page goes away is marked as interrupted when its person comes back",
  async ({ mia, ada, links }) => {
    await upload(mia, { "waits.js": "console.log('one');\nawait prompt();\n" });
    await showFile(ada, "waits.js");
    await startRun(ada);
    await until(() => output(mia), (text) => text.includes("one"));
    await ada.goto("about:blank");
    await openCode(ada, links.ada);
    for (const page of [ada, mia]) {
      await page.locator('[data-testid=code-status][data-exit="interrupted"]').waitFor();
    }
  },
);
