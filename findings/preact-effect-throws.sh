#!/usr/bin/env bash
# One component effect that throws stops the effects of every component of the page, also of those mounted later.
#
# One would guess that the exception ends up in the console and costs that component its effect. Preact runs the effects
# that wait from one queue and asks for a turn only when the first one is put into an empty queue. The exception, where no
# error boundary takes it, leaves the queue filled, so it is never empty again and no turn is asked for any more: what is
# rendered goes on, and timers, meters and clocks that effects start never begin.
# preact 10.29.8 (npm), under linkedom. Seen in hooks/src/index.js, `flushAfterPaintEffects` and `afterPaint`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund preact@10.29.8 linkedom@0.18.12

cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import { parseHTML } from "linkedom";

const { document, window } = parseHTML("<html><body></body></html>");
Object.assign(globalThis, {
  document,
  window,
  requestAnimationFrame: (turn) => setTimeout(turn, 5),
  cancelAnimationFrame: clearTimeout,
});
const uncaught = [];
process.on("uncaughtException", (error) => uncaught.push(error.message));
const { h, render } = await import("preact");
const { useEffect } = await import("preact/hooks");

const ran = [];
function Meter({ name, opens }) {
  useEffect(() => {
    if (!opens) throw new Error("this device can't be opened");
    ran.push(name);
  }, []);
  return h("i", null, name);
}
function mount(...meters) {
  const place = document.createElement("div");
  document.body.appendChild(place);
  render(h("div", null, meters), place);
}
const turns = () => new Promise((done) => setTimeout(done, 500));

console.log(`preact ${JSON.parse(readFileSync("node_modules/preact/package.json", "utf8")).version}`);
mount(h(Meter, { name: "first", opens: true }));
await turns();
mount(h(Meter, { name: "broken", opens: false }), h(Meter, { name: "beside it", opens: true }));
await turns();
mount(h(Meter, { name: "mounted later", opens: true }));
await turns();
console.log(`rendered: ${document.body.textContent}`);
console.log(`effects that ran: ${ran.join(", ")}; uncaught: ${uncaught.join(", ")}`);
const asFound = ran.join() === "first" && uncaught.length === 1 &&
  document.body.textContent.includes("mounted later");
console.log(asFound ? "as found: no effect runs any more" : "CHANGED: other effects run");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
