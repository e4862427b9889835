/**
 * Pages of somebody else: they run after a click, can be stopped, end by themselves where they never would, and reach
 * nobody. Ada looks at them in Chromium, Tom in Firefox.
 */
import { expect } from "@std/expect";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { byId, openCode, upload } from "../support/browser/code_lesson.ts";
import { findFirefox, Firefox } from "../support/browser/firefox.ts";
import {
  launchChromium,
  launchChromiumProfile,
  Lectern,
  linkOf,
  openPerson,
  until,
} from "../support/browser/lectern.ts";
import { Outside } from "../support/browser/outside.ts";

/** Somebody who looks at Mia's page, in either browser. */
interface Viewer {
  name: string;
  evaluate<T>(expression: string): Promise<T>;
  /** Opens another tab's address in place of the lesson, and comes back with nothing. */
  visit(address: string): Promise<void>;
}

interface Lesson {
  lectern: Lectern;
  browser: Browser;
  /** Ada's. */
  profile: BrowserContext;
  firefox: Firefox;
  mia: Page;
  viewers: Viewer[];
}

const at = (id: string) => `document.querySelector('[data-testid="${id}"]')`;
const click = (viewer: Viewer, id: string) =>
  until(() => viewer.evaluate<boolean>(`(${at(id)}?.click(), !!${at(id)})`), (done) => done);
const stateOf = (viewer: Viewer) =>
  viewer.evaluate<string | null>(`${at("preview-asking")}?.dataset.state ?? null`);
const asks = (viewer: Viewer) => until(() => stateOf(viewer), (state) => state === "asking");
const isShown = (viewer: Viewer) => viewer.evaluate<boolean>(`!!${at("code-preview")}`);

let lesson: Lesson;

Deno.test.beforeAll(async () => {
  const executable = findFirefox();
  if (executable === null) throw new Error("Firefox is missing: apt-get install firefox-esr");
  const lectern = await Lectern.start();
  const browser = await launchChromium();
  const firefox = await Firefox.launch(executable, { "media.peerconnection.ice.loopback": true });
  const booking = await lectern.book({
    students: [{ id: "s-1", name: "Ada" }, { id: "s-2", name: "Tom" }],
  });
  const { page: mia } = await openPerson(browser);
  const profile = await launchChromiumProfile();
  const ada = await profile.newPage();
  await Promise.all([openCode(mia, linkOf(booking, "Mia")), openCode(ada, linkOf(booking, "Ada"))]);
  await firefox.goto(linkOf(booking, "Tom"));
  for (const id of ["join", "stage-code"]) await firefox.click(`[data-testid="${id}"]`);
  await firefox.waitFor(`!!${at("code")}`, 60_000);
  const viewers: Viewer[] = [
    {
      name: "Chromium",
      evaluate: (expression) => ada.evaluate(expression) as Promise<never>,
      visit: async (address) => {
        const page = await profile.newPage();
        await page.goto(address);
      },
    },
    {
      name: "Firefox",
      evaluate: (expression) => firefox.evaluate(expression),
      visit: (address) => firefox.goto(address),
    },
  ];
  lesson = { lectern, browser, profile, firefox, mia, viewers };
});

Deno.test.afterAll(async () => {
  await lesson.firefox.close();
  await lesson.profile.close();
  await lesson.browser.close();
  await lesson.lectern.stop();
});

/** Brings a page and runs it as Mia. */
async function runPage(files: Record<string, string>): Promise<void> {
  await upload(lesson.mia, files);
  await byId(lesson.mia, "code-run").click();
}

/** An expression: keeps what the consoles of pages say from here on. */
const LISTEN = `void (globalThis.said = "",
  addEventListener("message", ({ data }) => globalThis.said += data?.text ?? ""))`;
const saying = (viewer: Pick<Viewer, "evaluate">, text: string) =>
  until(() => viewer.evaluate<string>("globalThis.said"), (said) => said.includes(text));

Deno.test("a page runs at once for who ran it, for others after a click, and Stop takes it away", async () => {
  const { mia, viewers } = lesson;
  await runPage({ "hello.html": "<h1>Hello</h1>" });
  await mia.frameLocator("[data-testid=code-preview]").getByText("Hello").waitFor();
  for (const viewer of viewers) {
    await asks(viewer);
    expect(await isShown(viewer)).toBe(false);
    expect(await viewer.evaluate(`${at("preview-asking")}.textContent`))
      .toContain("A page of Mia. Run it here?");
    await click(viewer, "preview-run");
    await until(() => isShown(viewer), (shown) => shown);
    await click(viewer, "preview-stop");
    await until(() => stateOf(viewer), (state) => state === "stopped");
    expect(await isShown(viewer)).toBe(false);
    await click(viewer, "preview-run");
    await until(() => isShown(viewer), (shown) => shown);
  }
  // The next page asks again.
  await runPage({ "next.html": "<h1>Next</h1>" });
  for (const viewer of viewers) await asks(viewer);
});

/** Where a page may never end. All of it is code that a learner could write. */
const ENDLESS: Record<string, Record<string, string>> = {
  script: { "a.html": "<script>while (true) {}</script>" },
  file: { "b.js": "for (;;);", "b.html": "<script src=b.js></script>" },
  module: {
    "c.js": "export const go = () => { do {} while (1) };",
    "c.html": `<script type=module>import { go } from "./c.js"; go();</script>`,
  },
  caught: {
    "d.html": "<script>while (true) try { for (;;); } catch {} finally { for (;;); }</script>",
  },
  recursion: { "e.html": "<script>function f() { try { f(); } finally { f(); } } f();</script>" },
  promises: { "f.html": "<script>const f = () => Promise.resolve().then(f, f); f();</script>" },
  timer: { "g.html": "<script>setTimeout('for (;;);', 1)</script>" },
  evaluated: { "h.html": "<script>eval('while (1);')</script>" },
  made: { "i.html": "<script>(() => {}).constructor('while (1);')()</script>" },
  attribute: {
    "j.html":
      "<button onclick='while (1);'></button><script>setTimeout(() => document.querySelector('button').click())</script>",
  },
  written: {
    "k.html":
      "<div></div><script>document.querySelector('div').innerHTML = '<b onclick=\"while (1);\"></b>'; setTimeout(() => document.querySelector('b').click())</script>",
  },
  array: { "l.html": "<script>const a = [1]; for (const one of a) a.push(one)</script>" },
};

async function seeItEnd(viewer: Viewer, name: string): Promise<void> {
  await asks(viewer);
  await click(viewer, "preview-run");
  await until(() => stateOf(viewer), (state) => state === "stuck").catch((error) => {
    throw new Error(`${name}, ${viewer.name}: ${error}`);
  });
  expect([name, await isShown(viewer)]).toEqual([name, false]);
}

Deno.test("a page that never ends is ended, and the room goes on, in Chromium and Firefox", async () => {
  const { mia, viewers } = lesson;
  for (const [name, files] of Object.entries(ENDLESS)) {
    await runPage(files);
    const own = mia.locator('[data-state="stuck"]').waitFor().catch((error) => {
      throw new Error(`${name}, Chromium, own: ${error}`);
    });
    await Promise.all([own, ...viewers.map((viewer) => seeItEnd(viewer, name))]);
  }
});

Deno.test("a page that sends without end is stopped", async () => {
  const { mia } = lesson;
  await runPage({
    "loud.html":
      "<script>setInterval(() => parent.postMessage({ text: 'x'.repeat(1e6) }, '*'), 1)</script>",
  });
  await mia.locator('[data-state="loud"]').waitFor();
});

/** What a page may try. `HTTP` and the like become addresses. */
const PEER = `const peer = new RTCPeerConnection({ iceServers: [{ urls: "STUN" }] });
  peer.createDataChannel("x"); await peer.setLocalDescription(await peer.createOffer());`;
const ATTEMPTS: Record<string, string> = {
  peer: PEER,
  peerOfFrame: `const frame = document.createElement("iframe"); document.body.append(frame);
    const { RTCPeerConnection } = frame.contentWindow; ${PEER}`,
  peerOfWindow: `const { RTCPeerConnection } = globalThis[0]; ${PEER}`,
  peerOfText:
    `document.body.insertAdjacentHTML("beforeend", '<iframe srcdoc="<script>(async () => {${
      PEER.replaceAll('"', "&quot;").replaceAll("\n", " ")
    }})()<\\/script>"></iframe>');`,
  peerOfPopup: `const { RTCPeerConnection } = open("about:blank"); ${PEER}`,
  fetch: `await fetch("HTTP/fetch", { mode: "no-cors" });`,
  request: `const x = new XMLHttpRequest(); x.open("GET", "HTTP/request"); x.send();`,
  beacon: `navigator.sendBeacon("HTTP/beacon", "x");`,
  later: `fetchLater("HTTP/later", { activateAfter: 0 });`,
  events: `new EventSource("HTTP/events");`,
  socket: `new WebSocket("SOCKET/socket");`,
  image: `new Image().src = "HTTP/image";`,
  style: `document.body.style.background = "url(HTTP/style)";`,
  sheet:
    `document.head.append(Object.assign(document.createElement("style"), { textContent: "@import 'HTTP/sheet'; @font-face { font-family: f; src: url(HTTP/font) } body { font-family: f }" }));`,
  media:
    `document.body.append(Object.assign(document.createElement("video"), { src: "HTTP/video", poster: "HTTP/poster" }));`,
  script:
    `document.body.append(Object.assign(document.createElement("script"), { src: "HTTP/script" }));`,
  module: `await import("HTTP/module");`,
  worker: `new Worker("data:text/javascript,fetch('HTTP/worker')");`,
  link:
    `for (const rel of ["stylesheet", "prefetch", "preload", "modulepreload", "prerender", "icon", "manifest", "preconnect", "dns-prefetch"]) document.head.append(Object.assign(document.createElement("link"), { rel, href: "HTTP/link-" + rel, as: "image" }));`,
  connect:
    `document.head.append(Object.assign(document.createElement("link"), { rel: "preconnect", href: "BARE" }));`,
  connectByText: `document.body.innerHTML += '<link rel="preconnect" href="BARE">';`,
  connectInPieces: `document.write("<li"); document.write('nk rel="preconnect" href="BARE">');`,
  connectByDocument:
    `document.body.append(document.implementation.createDocument("http://www.w3.org/1999/xhtml", "link").documentElement); document.querySelector("link").rel = "preconnect"; document.querySelector("link").href = "BARE";`,
  connectBySanitizer:
    `document.body.setHTML('<link rel="preconnect" href="BARE">', { sanitizer: { elements: [{ name: "link", attributes: ["rel", "href"] }] } });`,
  form:
    `const form = document.createElement("form"); form.action = "HTTP/form"; document.body.append(form); form.submit();`,
  ping:
    `document.body.append(Object.assign(document.createElement("a"), { href: "HTTP/link", ping: "HTTP/ping" })); document.querySelector("a").click();`,
  open: `open("HTTP/open");`,
  top: `top.location = "HTTP/top";`,
  rules:
    `document.head.append(Object.assign(document.createElement("script"), { type: "speculationrules", textContent: '{"prefetch":[{"urls":["HTTP/rules"]}]}' }));`,
  service: `await navigator.serviceWorker.register("HTTP/service");`,
  storage: `localStorage.length;`,
};
const STATIC = `<meta http-equiv="refresh" content="0;url=HTTP/refresh">
  <link rel="preconnect" href="BARE"><link rel="prefetch" href="HTTP/static-prefetch">
  <noscript><p title="</noscript><link rel=preconnect href=BARE>"></noscript>
  <img src="HTTP/static-image"><iframe src="HTTP/static-frame"></iframe>
  <iframe srcdoc="<link rel=preconnect href=BARE><img src=HTTP/srcdoc>"></iframe>
  <object data="HTTP/static-object"></object><embed src="HTTP/static-embed">
  <video src="HTTP/static-video"></video><body background="HTTP/static-background">`;

/** All of it, one after the other; the last leads the page itself away. */
const CURIOUS = `${STATIC}<script>(async () => {
  ${
  Object.entries(ATTEMPTS).map(([name, code]) =>
    `try { ${
      code.replaceAll("</", "<\\/")
    } } catch (error) { console.log("${name}", String(error)); }`
  ).map((code) => `await (async () => { ${code} })();`).join("\n")
}
  console.log("all tried");
  location.href = "HTTP/away";
})();</script>`;

/** The plain half of it, which does arrive from a page that nothing holds. */
const PLAIN = `<link rel="preconnect" href="BARE"><body><script>(async () => {
  ${PEER} await ${ATTEMPTS.fetch!.replace("await ", "")} ${ATTEMPTS.image} ${ATTEMPTS.socket}
})();</script>`;

Deno.test("a page reaches nobody from Chromium or Firefox, whatever it tries", async () => {
  const { mia, viewers } = lesson;
  await using outside = await Outside.open("");
  await mia.evaluate(LISTEN);
  await runPage({ "curious.html": outside.withAddresses(CURIOUS) });
  await saying(mia, "all tried");
  for (const viewer of viewers) {
    await asks(viewer);
    await viewer.evaluate(LISTEN);
    await click(viewer, "preview-run");
    await saying(viewer, "all tried");
    // The same browser reaches another one by the same means: what was sent before has arrived, too.
    await using control = await Outside.open(PLAIN);
    await viewer.visit(`${control.address}/page`);
    await until(
      () => Promise.resolve(control.arrived),
      ({ asked, connections, datagrams }) =>
        connections > 0 && datagrams > 0 &&
        ["/fetch", "/image", "/socket"].every((path) => asked.includes(path)),
    );
    expect([viewer.name, outside.arrived]).toEqual([viewer.name, {
      asked: [],
      connections: 0,
      datagrams: 0,
    }]);
  }
});
