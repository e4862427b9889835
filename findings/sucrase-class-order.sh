#!/usr/bin/env bash
# Taking types out of a program with sucrase changes what the program does, unless its ES transforms are switched off.
#
# One would guess that the transform named `typescript` takes types out and leaves the rest. It also rewrites class fields:
# static fields go into a method that is called after the class, so a static block sees none of them, whichever came first.
# `disableESTransforms: true` leaves classes alone.
# sucrase 3.35.1 (npm). Valid ES2022; ECMA-262 §15.7.14 evaluates static fields and static blocks in the order of the text.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sucrase@3.35.1

cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import { transform } from "sucrase";

console.log(`sucrase ${JSON.parse(readFileSync("node_modules/sucrase/package.json", "utf8")).version}`);
const program = "class Counter { static start = 1; static { seen(`start is ${this.start}`); } }";
const run = (code) => {
  let said = "";
  new Function("seen", code)((text) => said = text);
  return said;
};
const results = {
  "as written": run(program),
  "typescript": run(transform(program, { transforms: ["typescript"] }).code),
  "typescript, disableESTransforms": run(
    transform(program, { transforms: ["typescript"], disableESTransforms: true }).code,
  ),
};
for (const [how, said] of Object.entries(results)) console.log(`${how}: ${said}`);
const asFound = Object.values(results).join() === "start is 1,start is undefined,start is 1";
console.log(asFound ? "as found: the order changes" : "CHANGED");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
