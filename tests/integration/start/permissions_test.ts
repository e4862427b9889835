/** What the processes of Lectern may do, asked of processes that run with their flags. */
import { expect } from "@std/expect";
import { INHERITED } from "../../../server/sfu/io/media_child.ts";
import { servingFlags } from "../../../server/start_permissions.ts";
import { freePorts, spawnServing, untilServing } from "../../support/serving.ts";

const ROOT = new URL("../../../", import.meta.url);
const SECRETS = {
  SMTP_URL: "smtp://mia:secret-word@127.0.0.1",
  MAIL_FROM: "lessons@example.org",
  TURN_URLS: "turn:127.0.0.1:3478",
  TURN_SECRET: "secret-word",
  S3_ENDPOINT: "http://127.0.0.1:9",
  S3_BUCKET: "lessons",
  S3_ACCESS_KEY_ID: "secret-word",
  S3_SECRET_ACCESS_KEY: "secret-word",
  SOMEBODY_ELSES: "secret-word",
};

Deno.test("the serving process reads and writes its data, and nothing else, and runs no program", async () => {
  const parent = await Deno.makeTempDir({ prefix: "lectern-permissions-" });
  const dataDir = `${parent}/data`;
  await Deno.mkdir(dataDir);
  await Deno.writeTextFile(`${parent}/beside`, "");
  try {
    const module = new URL("../../support/permission_probe.ts", import.meta.url);
    const probe = spawnServing({ dataDir, module, env: SECRETS });
    const { stdout, stderr } = await probe.output();
    expect(new TextDecoder().decode(stderr)).toBe("");
    const outcomes: Record<string, string> = JSON.parse(new TextDecoder().decode(stdout));
    const { "read in the data folder": read, "write in the data folder": write, ...others } =
      outcomes;
    expect([read, write]).toEqual(["done", "done"]);
    expect(Object.keys(others).length).toBeGreaterThan(10);
    const refused = Object.keys(others).map((name) => [name, "NotCapable"]);
    expect(others).toEqual(Object.fromEntries(refused));
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

Deno.test("deno task start becomes the serving process, and media starts without anybody's secrets", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "lectern-permissions-" });
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "server/start.ts"],
    cwd: ROOT,
    env: { ...freePorts(), ...SECRETS, HOST: "127.0.0.1", DATA_DIR: dataDir, LOG_LEVEL: "error" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let mediaPid = 0;
  try {
    await untilServing(process);
    // The same process: whoever started it signals the one that serves.
    const [, ...args] = commandOf(process.pid);
    const entry = new URL("server/start_serving.ts", ROOT).href;
    expect(args).toEqual(["run", ...servingFlags(dataDir), entry]);

    const children = childrenOf(process.pid);
    expect(children).toHaveLength(1);
    mediaPid = children[0]!;
    expect(commandOf(mediaPid).filter((arg) => /^-(A$|-allow|P$)/.test(arg))).toEqual([
      "--allow-net",
      "--allow-ffi",
      "--allow-env=LECTERN_PORTABLE_IO",
    ]);
    const environment = Deno.readTextFileSync(`/proc/${mediaPid}/environ`);
    expect(environment).not.toContain("secret-word");
    const names = environment.split("\0").filter((entry) => entry !== "")
      .map((entry) => entry.slice(0, entry.indexOf("=")));
    // The shell that starts it adds the working folder.
    const expected = [...INHERITED, "LD_LIBRARY_PATH", "PWD", "OLDPWD", "SHLVL", "_"];
    expect(names.filter((name) => !expected.includes(name))).toEqual([]);
  } finally {
    process.kill("SIGTERM");
    await process.stdout.cancel();
    expect((await process.status).code).toBe(0);
    await Deno.remove(dataDir, { recursive: true });
  }
  await expect(Deno.stat(`/proc/${mediaPid}`)).rejects.toThrow(Deno.errors.NotFound);
});

function commandOf(pid: number): string[] {
  return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
}

function childrenOf(parent: number): number[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name))
    .filter(({ name }) => {
      try {
        // After the name, which may hold anything: the state, and the parent.
        const status = Deno.readTextFileSync(`/proc/${name}/stat`).split(") ").at(-1)!;
        return Number(status.split(" ")[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(({ name }) => Number(name));
}
