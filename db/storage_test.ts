import { createClient } from "@libsql/client";
import { expect } from "@std/expect";
import { migrate, MIGRATIONS, NewerDatabaseError } from "./migrations/all.ts";
import { openTestStorage } from "./testing/storage.ts";
import { makePasscode, makeToken } from "./secrets.ts";

Deno.test("a client id belongs to the first participant who binds it", async () => {
  await using storage = await openTestStorage();
  const { clientIds } = storage;
  expect(await clientIds.bind("m", 0xffffffff, "ada")).toBe(true);
  expect(await clientIds.bind("m", 0xffffffff, "ada")).toBe(true);
  expect(await clientIds.bind("m", 0xffffffff, "tom")).toBe(false);
  expect(await clientIds.bind("other", 0xffffffff, "tom")).toBe(true);
  expect(await clientIds.load("m")).toEqual(new Map([[0xffffffff, "ada"]]));
});

Deno.test("two participants who claim one client id at once don't both get it", async () => {
  await using storage = await openTestStorage();
  const answers = await Promise.all(
    ["ada", "tom", "mia"].map((who) => storage.clientIds.bind("m", 7, who)),
  );
  expect(answers.filter((bound) => bound).length).toBe(1);
});

Deno.test("an API key is verified by its text and can't be read from the database", async () => {
  await using storage = await openTestStorage();
  const key = await storage.apiKeys.create("booking", 1);
  expect(key).toMatch(/^lk_[A-Za-z0-9_-]{32}$/);
  expect(await storage.apiKeys.verify(key)).toMatchObject({ name: "booking", scope: "write" });
  expect(await storage.apiKeys.verify(`${key}x`)).toBeNull();
  expect(await storage.apiKeys.verify("")).toBeNull();
  expect(await storage.apiKeys.count()).toBe(1);

  const client = createClient({ url: `file:${storage.path}` });
  const rows = await client.execute("select * from api_keys");
  client.close();
  expect(JSON.stringify(rows.rows)).not.toContain(key);
});

Deno.test("a first key that is given works, unless other keys exist or it was revoked", async () => {
  await using storage = await openTestStorage();
  const { apiKeys } = storage;
  expect(await apiKeys.setFirst("given", "environment", 1)).toBe(true);
  expect(await apiKeys.setFirst("given", "environment", 2)).toBe(true);
  expect(await apiKeys.setFirst("another", "environment", 3)).toBe(false);
  expect(await apiKeys.list()).toMatchObject([{
    name: "environment",
    scope: "write",
    createdAt: 1,
  }]);
  const { keyId } = (await apiKeys.verify("given"))!;
  await apiKeys.revoke(keyId, 4);
  expect(await apiKeys.setFirst("given", "environment", 5)).toBe(false);
  expect(await apiKeys.verify("given")).toBeNull();
});

Deno.test("migrations are applied once and in order", async () => {
  await using storage = await openTestStorage();
  expect(storage.migrated).toEqual(MIGRATIONS.map((migration) => migration.name));
  expect(MIGRATIONS.map((migration) => migration.number))
    .toEqual(MIGRATIONS.map((_, index) => index + 1));
  const client = createClient({ url: `file:${storage.path}` });
  expect(await migrate(client)).toEqual([]);
  client.close();
});

Deno.test("a migration that fails leaves the database as it was", async () => {
  await using storage = await openTestStorage();
  const client = createClient({ url: `file:${storage.path}` });
  const broken = [...MIGRATIONS, {
    number: MIGRATIONS.length + 1,
    name: "broken",
    statements: ["create table half_made (id integer)", "create nonsense"],
  }];
  await expect(migrate(client, broken)).rejects.toThrow();
  const tables = await client.execute("select name from sqlite_master where name = 'half_made'");
  expect(tables.rows.length).toBe(0);
  client.close();
});

Deno.test("a database of a newer Lectern is refused", async () => {
  await using storage = await openTestStorage();
  const client = createClient({ url: `file:${storage.path}` });
  await client.execute("insert into schema_migrations values (999, 'later', 0)");
  await expect(migrate(client)).rejects.toThrow(NewerDatabaseError);
  client.close();
});

Deno.test("a file is in WAL mode on the connection that serves", async () => {
  await using storage = await openTestStorage();
  const client = createClient({ url: `file:${storage.path}` });
  const mode = await client.execute("pragma journal_mode");
  expect(mode.rows[0]?.journal_mode).toBe("wal");
  client.close();
});

Deno.test("passcodes and tokens are long enough, and no two are alike", () => {
  const passcodes = new Set(Array.from({ length: 1000 }, makePasscode));
  expect(passcodes.size).toBe(1000);
  for (const passcode of passcodes) expect(passcode).toMatch(/^[a-km-np-z2-9]{10}$/);
  expect(makeToken()).toMatch(/^[A-Za-z0-9_-]{32}$/);
  expect(makeToken()).not.toBe(makeToken());
});
