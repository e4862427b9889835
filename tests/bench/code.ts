/**
 * `deno task bench code [--chars 200]`
 *
 * Code together as two people have it in real browsers: what a typed character costs on the wire and how late the other
 * sees it, how long each language takes to its first output (cold: nothing loaded; warm: it ran before), how long *Stop*
 * takes to end a program that never ends by itself, and what the editor and the languages weigh as they are served.
 */
import type { Page } from "playwright-core";
import { launchChromium, Lectern, linkOf, openPerson } from "../support/browser/lectern.ts";
import { openCode, startRun, upload } from "../support/browser/code_lesson.ts";

const CHARS = 200;
const PROGRAMS: Record<string, [name: string, text: string]> = {
  javascript: ["a.js", "console.log('ready');\n"],
  typescript: ["a.ts", "const word: string = 'ready';\nconsole.log(word);\n"],
  sql: ["a.sql", "SELECT 'ready';\n"],
  lua: ["a.lua", "print('ready')\n"],
  python: ["a.py", "print('ready')\n"],
  ruby: ["a.rb", "puts 'ready'\n"],
  c: ["a.c", '#include <stdio.h>\nint main(void) { puts("ready"); }\n'],
  cpp: ["a.cpp", '#include <iostream>\nint main() { std::cout << "ready\\n"; }\n'],
};

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const at = args.indexOf("--chars");
  const chars = at < 0 ? CHARS : Number(args[at + 1]);
  const lectern = await Lectern.start();
  const browser = await launchChromium();
  try {
    const booking = await lectern.book();
    const { page: mia } = await openPerson(browser);
    const { page: ada } = await openPerson(browser);
    const wire = countBytes(mia);
    await openCode(mia, linkOf(booking, "Mia"));
    await openCode(ada, linkOf(booking, "Ada"));
    const typing = await measureTyping(mia, ada, wire, chars);
    const firstOutputMs: Record<string, { cold: number; warm: number }> = {};
    for (const [language, [name, text]] of Object.entries(PROGRAMS)) {
      await upload(mia, { [name]: text });
      firstOutputMs[language] = { cold: await firstOutput(mia), warm: await firstOutput(mia) };
    }
    return {
      bench: "code",
      setting: { chars, browser: browser.version(), runtime: Deno.version.deno },
      typing,
      firstOutputMs,
      stopMs: await measureStop(mia),
      sizesBytes: await measureSizes(lectern),
    };
  } finally {
    await browser.close();
    await lectern.stop();
  }
}

interface Wire {
  sent: number;
  frames: number;
}

/** Bytes that a page sends over its WebSockets. */
function countBytes(page: Page): Wire {
  const wire = { sent: 0, frames: 0 };
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      wire.sent += payload.length;
      wire.frames++;
    }));
  return wire;
}

async function measureTyping(mia: Page, ada: Page, wire: Wire, chars: number) {
  await upload(mia, { "typed.txt": "\n" });
  await ada.getByRole("tab", { name: "typed.txt" }).click();
  await mia.locator(".code-editor .view-lines").click();
  await mia.keyboard.press("Control+Home");
  // Both pages share the machine's clock.
  await mia.evaluate(() => {
    const typed: number[] = [];
    Object.assign(globalThis, { typed });
    addEventListener("keydown", () => typed.push(Date.now() + performance.now() % 1), true);
  });
  await ada.evaluate(() => {
    const seen: number[] = [];
    Object.assign(globalThis, { seen });
    const first = () => document.querySelector(".code-editor .view-line")?.textContent?.length ?? 0;
    let known = first();
    new MutationObserver(() => {
      const length = first();
      for (; known < length; known++) seen.push(Date.now() + performance.now() % 1);
    }).observe(document.querySelector(".code-editor")!, {
      childList: true,
      subtree: true,
      characterData: true,
    });
  });
  const before = { ...wire };
  for (let i = 0; i < chars; i++) {
    await mia.keyboard.type("x");
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  await ada.waitForFunction(
    (count) => (globalThis as unknown as { seen: number[] }).seen.length >= count,
    chars,
  );
  const typed = await mia.evaluate(() => (globalThis as unknown as { typed: number[] }).typed);
  const seen = await ada.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
  const delays = Float64Array.from(typed, (time, index) => (seen[index] ?? time) - time).sort();
  return {
    bytesPerCharacter: (wire.sent - before.sent) / chars,
    framesPerCharacter: (wire.frames - before.frames) / chars,
    latencyP50Ms: quantile(delays, 0.5),
    latencyP99Ms: quantile(delays, 0.99),
  };
}

/** From the press of Run to the first output, in the page's own time. */
async function firstOutput(page: Page): Promise<number> {
  const ms = await page.evaluate(() =>
    new Promise<number>((resolve) => {
      const started = performance.now();
      let cleared = false;
      const look = () => {
        const text = document.querySelector("[data-testid=code-output]")?.textContent ?? "";
        // A run begins with an empty output.
        cleared ||= !text.includes("ready");
        if (cleared && text.includes("ready")) resolve(performance.now() - started);
        else requestAnimationFrame(look);
      };
      document.querySelector<HTMLElement>("[data-testid=code-run]")?.click();
      look();
    })
  );
  await page.getByTestId("code-run").waitFor();
  return Math.round(ms);
}

/** From the press of Stop to the page saying so, of an endless loop. */
async function measureStop(page: Page): Promise<number> {
  await upload(page, { "endless.js": "console.log('on');\nwhile (true) {}\n" });
  await startRun(page);
  await page.getByTestId("code-output").getByText("on").waitFor();
  const pressed = performance.now();
  await page.getByTestId("code-stop").click();
  await page.locator('[data-testid=code-status][data-exit="stopped"]').waitFor();
  return Math.round(performance.now() - pressed);
}

/** What a browser that takes brotli is sent. */
async function measureSizes(lectern: Lectern): Promise<Record<string, number>> {
  const size = async (path: string): Promise<number> => {
    const response = await fetch(`${lectern.origin}${path}`, {
      headers: { "accept-encoding": "br" },
    });
    await response.body?.cancel();
    return Number(response.headers.get("content-length"));
  };
  const dist = new URL("../../client/dist/", import.meta.url);
  const sizes: Record<string, number> = { editor: 0, editorStyle: 0, editorWorker: 0 };
  for await (const { name } of Deno.readDir(new URL("assets/", dist))) {
    const isCode = /^stage-.*\.(js|css)$/.test(name) &&
      (await Deno.readTextFile(new URL(`assets/${name}`, dist))).includes("code-run-bar");
    if (isCode) {
      sizes[name.endsWith("js") ? "editor" : "editorStyle"] = await size(`/assets/${name}`);
    }
    if (name.startsWith("editor_worker")) sizes.editorWorker = await size(`/assets/${name}`);
  }
  const manifest = await (await fetch(`${lectern.origin}/sandbox/runtimes/sizes.json`))
    .json() as Record<string, { folder: string; files: Record<string, number> }>;
  for (const [name, { folder, files }] of Object.entries(manifest)) {
    sizes[name] = 0;
    for (const file of Object.keys(files)) {
      sizes[name] += await size(`/sandbox/runtimes/${folder}/${file}`);
    }
  }
  sizes.javascript = await size("/sandbox/javascript.js");
  return sizes;
}

function quantile(sorted: Float64Array, part: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
  return Math.round(value * 10) / 10;
}
