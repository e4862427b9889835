#!/usr/bin/env bash
# A map of which two keys are set in turn grows for ever; with one key, or one value for both, it doesn't.
#
# One would guess that a map costs as much as its entries, since only the last value of a key lives: a shape that was dragged
# ten thousand times over is still one shape. Yjs keeps a struct for each overwritten value and merges it with its neighbour
# only where the same client wrote both with consecutive clocks under the same key. Setting x, y, x, y … leaves no two such
# neighbours: 20,001 structs and 100 kB remain of one point, with one transaction for both keys too, and after every
# reload. Setting one key, or one plain value {x, y}, leaves three structs and some forty bytes.
# yjs 13.6.33 (npm). See `mergeWith` of Item (src/structs/Item.js) and the README of y-utility on YKeyValue.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund yjs@13.6.33

cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import * as Y from "yjs";

const MOVES = 10_000;

/** Moves a shape, and answers what the document takes when it is written and loaded again. */
function moved(move) {
  const doc = new Y.Doc();
  const shape = new Y.Map();
  doc.getMap("board").set("shape", shape);
  for (let n = 0; n < MOVES; n++) doc.transact(() => move(shape, n));
  const update = Y.encodeStateAsUpdate(doc);
  const loaded = new Y.Doc();
  Y.applyUpdate(loaded, update);
  const structs = [...loaded.store.clients.values()].reduce((sum, { length }) => sum + length, 0);
  return { structs, bytes: update.length };
}

const ways = {
  "x alone": moved((shape, n) => shape.set("x", n)),
  "x, then y": moved((shape, n) => (shape.set("x", n), shape.set("y", n))),
  "{x, y} as one value": moved((shape, n) => shape.set("at", { x: n, y: n })),
};
console.log(`yjs ${JSON.parse(readFileSync("node_modules/yjs/package.json", "utf8")).version}, ${MOVES} moves`);
for (const [way, { structs, bytes }] of Object.entries(ways)) {
  console.log(`${way}: ${structs} structs, ${bytes} bytes`);
}
const { "x alone": one, "x, then y": two, "{x, y} as one value": both } = ways;
const asFound = one.structs < 10 && both.structs < 10 && two.structs > 2 * MOVES && two.bytes > 90_000;
console.log(asFound ? "as found: two keys in turn never merge" : "CHANGED: they merge");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
