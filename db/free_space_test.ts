import { expect } from "@std/expect";
import { sql } from "kysely";
import { openDatabase } from "./database.ts";
import { giveSpaceBack } from "./free_space.ts";

const MB = 1024 * 1024;

Deno.test("space that nothing uses any more goes back to the disk, and what else is kept stays", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lectern-test-" });
  const path = `${folder}/lectern.db`;
  const database = await openDatabase({ kind: "file", path, synchronous: "normal" });
  const db = database.query;
  const bytes = async () => {
    await sql`pragma wal_checkpoint(truncate)`.execute(db);
    return (await Deno.stat(path)).size;
  };
  try {
    await sql`create table ballast (id integer primary key, data blob)`.execute(db);
    for (let id = 0; id < 26; id++) {
      await sql`insert into ballast values (${id}, ${new Uint8Array(MB).fill(id)})`.execute(db);
    }
    const full = await bytes();
    expect(full).toBeGreaterThan(26 * MB);
    await sql`delete from ballast where id < 24`.execute(db);
    expect(await bytes()).toBe(full);
    expect(await giveSpaceBack(database)).toBeGreaterThan(18 * MB / 4096);
    expect(await bytes()).toBeLessThan(8 * MB);
    expect(await giveSpaceBack(database)).toBe(0);
    const { rows } = await sql<{ data: Uint8Array }>`select data from ballast order by id`
      .execute(db);
    expect(rows.map(({ data }) => data[0])).toEqual([24, 25]);
    expect(rows.every(({ data }) => data.length === MB && data[9] === data[0])).toBe(true);
  } finally {
    await database.close();
    await Deno.remove(folder, { recursive: true });
  }
});
