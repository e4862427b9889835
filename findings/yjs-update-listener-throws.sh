#!/usr/bin/env bash
# A listener of a Yjs document's `update` event that throws makes the document deaf for good.
#
# One would guess that the exception reaches whoever changed the document, and that the next change is told as usual.
# The exception does reach them, but the list of transactions that wait for their clean-up keeps the broken one: every
# later transaction is queued behind it and nobody works the queue off. The document still changes; `update`,
# `afterTransaction` and observers are silent from then on, so nothing more is sent or stored.
# yjs 13.6.33 (npm). Seen in src/utils/Transaction.js, `transact` and `cleanupTransactions`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund yjs@13.6.33

cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import * as Y from "yjs";

const { version } = JSON.parse(readFileSync("node_modules/yjs/package.json", "utf8"));
console.log(`yjs ${version}`);
const doc = new Y.Doc();
const map = doc.getMap("m");
let told = 0;
let observed = 0;
let broken = false;
doc.on("update", () => {
  told++;
  if (broken) throw new Error("this listener's storage went away");
});
map.observe(() => observed++);

map.set("a", 1);
broken = true;
let reached = false;
try {
  map.set("b", 2);
} catch {
  reached = true;
}
broken = false;
map.set("c", 3);
map.set("d", 4);
console.log(`the exception reached whoever changed the document: ${reached}`);
console.log(`changes made: 4, told to listeners: ${told}, seen by observers: ${observed}`);
console.log(`the document holds: ${Object.keys(map.toJSON()).sort().join(" ")}`);

const asFound = reached && told === 2 && observed === 2 && map.size === 4;
console.log(asFound ? "as found: deaf after the exception" : "CHANGED: later changes are told again");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
