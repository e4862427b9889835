#!/usr/bin/env bash
# A text with U+0000 is stored whole and read back cut off in front of it, so two different texts come back as one.
#
# One would guess that it comes back as it was written, or that writing it fails. The row holds all bytes (hex() shows
# them), comparisons see all of them, and only the way back to JavaScript ends at the NUL: two ids that differ behind it
# are two rows for `count(distinct …)` and one text for whoever reads them.
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
await db.execute("create table students (id text)");
for (const id of ["s\0a", "s\0b"]) {
  await db.execute({ sql: "insert into students values (?)", args: [id] });
}
const { rows } = await db.execute("select id, hex(id) as bytes from students order by bytes");
const { rows: [counted] } = await db.execute("select count(distinct id) as n from students");
for (const { id, bytes } of rows) console.log(`stored ${bytes}, read ${JSON.stringify(id)}`);
console.log(`different for SQL: ${counted.n}, different when read: ${new Set(rows.map(({ id }) => id)).size}`);
const asFound = Number(counted.n) === 2 && rows.every(({ id }) => id === "s");
console.log(asFound ? "as found: cut when read" : "CHANGED");
process.exit(asFound ? 0 : 1);
JS
node run.mjs
