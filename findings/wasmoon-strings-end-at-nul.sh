#!/usr/bin/env bash
# A Lua string ends at its first NUL byte on the way from wasmoon to JavaScript.
#
# One would guess that it comes whole, as Lua's strings are counted bytes and not terminated by NUL (Lua 5.4 reference
# manual §2.1), or that bytes come as a Uint8Array. Inside Lua its length is right; what JavaScript gets, as an argument or as a
# result, is cut, and nothing says so.
# wasmoon 1.16.0 (npm).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund wasmoon@1.16.0

cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import { LuaFactory } from "wasmoon";

console.log(`wasmoon ${JSON.parse(readFileSync("node_modules/wasmoon/package.json", "utf8")).version}`);
const lua = await new LuaFactory().createEngine();
let given;
lua.global.set("give", (text) => given = text);
const length = await lua.doString('text = "a\\0b"; give(text); return #text');
const result = await lua.doString("return text");
console.log(`length in Lua: ${length}; as an argument: ${JSON.stringify(given)}; as a result: ${JSON.stringify(result)}`);
const asFound = length === 3 && given === "a" && result === "a";
console.log(asFound ? "as found: cut at NUL" : "CHANGED");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
