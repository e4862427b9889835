#!/usr/bin/env bash
# A whole JavaScript number is bound as REAL, so what SQL counts with it is no integer arithmetic.
#
# One would guess that 5 arrives as INTEGER, as it does with SQLite's other bindings for JavaScript. Where a column has
# INTEGER affinity it is turned back, which hides it; in expressions, and in columns without an affinity, it stays REAL: 5 / 2 is
# 2.5 and not 2. A BigInt arrives as INTEGER.
# @libsql/client 0.18.0 with libsql's native binding (npm), a local database.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @libsql/client@0.18.0

cat >run.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createClient } from "@libsql/client";

const { version } = JSON.parse(readFileSync("node_modules/@libsql/client/package.json", "utf8"));
console.log(`@libsql/client ${version}`);
const db = createClient({ url: ":memory:" });
const ask = async (value) => {
  const { rows } = await db.execute({ sql: "select typeof(?1) as type, ?1 / 2 as half", args: [value] });
  return `${rows[0].type}, half of it ${rows[0].half}`;
};
const number = await ask(5);
const bigint = await ask(5n);
console.log(`5: ${number}\n5n: ${bigint}`);
const asFound = number === "real, half of it 2.5" && bigint === "integer, half of it 2";
console.log(asFound ? "as found: a number is REAL" : "CHANGED");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
