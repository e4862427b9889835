/** A checkout and a data folder may be called anything that the file system takes. */
import { cp } from "node:fs/promises";
import { expect } from "@std/expect";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../support/serving.ts";
import { until } from "../../support/until.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SOURCES = ["main.ts", "server", "rooms", "recorder", "db", "deno.json", "deno.lock"];
const NAME = "lectern 100% #1, a%20b?";

Deno.test("Lectern starts in a folder with spaces, per cents and hashes in its name, on data in another, and serves its pages", async () => {
  const parent = await Deno.makeTempDir({ prefix: "lectern-folder-" });
  const folder = `${parent}/${NAME}`;
  const dataDir = `${parent}/data of ${NAME}`;
  await Deno.mkdir(`${folder}/client`, { recursive: true });
  for (const name of SOURCES) await cp(ROOT + name, `${folder}/${name}`, { recursive: true });
  for (const name of ["node_modules", "client/dist"]) {
    await Deno.symlink(ROOT + name, `${folder}/${name}`);
  }
  const ports = freePorts();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "main.ts"],
    cwd: folder,
    env: { ...ports, HOST: "127.0.0.1", DATA_DIR: dataDir, LOG_LEVEL: "error" },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  try {
    const get = (path: string) => fetch(`http://127.0.0.1:${ports.PORT}${path}`);
    await until(
      async () => (await get("/readyz").then((answer) => answer.text(), () => "")) !== "",
      { limitMs: 60_000, what: "Lectern serves" },
    );
    const page = await get("/");
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<html")]);
    expect((await Deno.stat(`${dataDir}/lectern.db`)).isFile).toBe(true);
  } finally {
    process.kill("SIGTERM");
    await process.status;
    await Deno.remove(parent, { recursive: true });
  }
});
