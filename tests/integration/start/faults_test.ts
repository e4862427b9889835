/**
 * What somebody reads when Lectern can't start: one sentence or two, by a real process that ends with 1.
 *
 * Root may write everywhere; where the tests run as root, the process is one that has lost that privilege.
 */
import { expect } from "@std/expect";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { freePorts, spawnServing, untilServing } from "../../support/serving.ts";

const AS_ANYBODY = Deno.uid() === 0
  ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner,-net_bind_service"]
  : [];

interface Fault {
  env?: Record<string, string>;
  by?: readonly string[];
}

/** Starts on a folder, and answers what it wrote when it ended with 1. */
async function reasonOf(dataDir: string, { env = {}, by = AS_ANYBODY }: Fault = {}) {
  const { code, stdout, stderr } = await spawnServing({ dataDir, env, by }).output();
  expect(new TextDecoder().decode(stdout)).toBe("");
  expect(code).toBe(1);
  return new TextDecoder().decode(stderr).trimEnd();
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lectern-fault-" });
  try {
    await use(folder);
  } finally {
    await Deno.chmod(folder, 0o700);
    await Deno.remove(folder, { recursive: true });
  }
}

const GIVE = "Let it be owned and writable by the user that Lectern runs as, " +
  "or set DATA_DIR to another folder.";

Deno.test("a data folder that can't be written is named, with what to do", () =>
  inFolder(async (folder) => {
    await Deno.chmod(folder, 0o500);
    expect(await reasonOf(folder))
      .toBe(`${folder}/lectern.db can't be read and written (permission denied). ${GIVE}`);
  }));

Deno.test("a data folder that can't be read is named, with what to do", () =>
  inFolder(async (folder) => {
    await Deno.chmod(folder, 0o300);
    expect(await reasonOf(folder)).toBe(`${folder} can't be read (permission denied). ${GIVE}`);
  }));

Deno.test("a data folder that can't be made is named, with what to do", () =>
  inFolder(async (folder) => {
    await Deno.chmod(folder, 0o500);
    expect(await reasonOf(`${folder}/a/b`)).toBe(
      `DATA_DIR is ${folder}/a/b, which can't be made (permission denied). ` +
        "Make it and give it to the user that Lectern runs as, or set DATA_DIR to another folder.",
    );
  }));

Deno.test("a data folder that is a file, or in a file, is named as one", () =>
  inFolder(async (folder) => {
    const file = `${folder}/data`;
    await Deno.writeTextFile(file, "");
    expect(await reasonOf(file)).toBe(`DATA_DIR is ${file}, which is a file. Set it to a folder.`);
    expect(await reasonOf(`${file}/more`)).toContain("can't be made (not a directory)");
    expect(await Deno.readTextFile(file)).toBe("");
  }));

for (const name of ["lectern.db", "lectern.db-wal", "lectern.db-shm", "lectern.lock"]) {
  Deno.test(`a read-only ${name} is named, with what to do`, () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/lectern.db`, "");
      await Deno.writeTextFile(`${folder}/${name}`, "", { mode: 0o400 });
      await Deno.chmod(`${folder}/${name}`, 0o400);
      expect(await reasonOf(folder))
        .toBe(`${folder}/${name} can't be read and written (permission denied). ${GIVE}`);
    }));
}

Deno.test("a file that isn't a database stays as it is, and is named", () =>
  inFolder(async (folder) => {
    const text = "Not a database. ".repeat(100);
    await Deno.writeTextFile(`${folder}/lectern.db`, text);
    await Deno.chmod(`${folder}/lectern.db`, 0o600);
    expect(await reasonOf(folder)).toBe(
      "lectern.db isn't a database, or a damaged one. " +
        "Put a copy of it in its place, or set DATA_DIR to another folder.",
    );
    expect(await Deno.readTextFile(`${folder}/lectern.db`)).toBe(text);
  }));

Deno.test("a taken HTTP port is told, with what to do", () =>
  inFolder(async (folder) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const PORT = `${(listener.addr as Deno.NetAddr).port}`;
    expect(await reasonOf(folder, { env: { PORT } }))
      .toBe("The port is in use. Set PORT to another one, in the environment or in .env.");
  }));

Deno.test("an HTTP port that needs a privilege is told, with what to do", () =>
  inFolder(async (folder) => {
    expect(await reasonOf(folder, { env: { PORT: "81" } })).toBe(
      "Lectern may not listen on this port: those below 1024 need a privilege. Set PORT to a higher one.",
    );
  }));

Deno.test("a media port that is taken for UDP is told, with what to do", () =>
  inFolder(async (folder) => {
    await using socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const MEDIA_PORT = `${socket.address().port}`;
    expect(await reasonOf(folder, { env: { MEDIA_PORT } })).toBe(
      "Media can't start: its port is in use for UDP. Set MEDIA_PORT to another one, in the environment or in .env.",
    );
  }));

Deno.test("a media address of another machine is told, with what to do", () =>
  inFolder(async (folder) => {
    expect(await reasonOf(folder, { env: { MEDIA_ADDRESS: "192.0.2.1" } })).toBe(
      "Media can't start: MEDIA_ADDRESS isn't an address of this machine. Set it to one.",
    );
  }));

Deno.test("a media port that is taken for TCP is a warning that says what follows and what to do", () =>
  inFolder(async (folder) => {
    const { MEDIA_PORT } = freePorts();
    using _listener = Deno.listen({ hostname: "127.0.0.1", port: Number(MEDIA_PORT) });
    const process = spawnServing({ dataDir: folder, env: { MEDIA_PORT } });
    await untilServing(process);
    process.kill("SIGTERM");
    const { code, stderr } = await process.output();
    expect(code).toBe(0);
    expect(new TextDecoder().decode(stderr)).toMatch(
      /WARN {2}media goes by UDP alone: the port is taken for TCP\. Set MEDIA_PORT to another one .*port=\d+/,
    );
  }));

for (const most of [24, 28, 64]) {
  Deno.test(`with room for ${most} open files the start tells the limit to raise`, () =>
    inFolder(async (folder) => {
      const { code, stderr } = await new Deno.Command("prlimit", {
        args: [
          ...[`--nofile=${most}:${most}`, "--", Deno.execPath()],
          ...["run", "-A", "server/start.ts"],
        ],
        cwd: new URL("../../../", import.meta.url),
        env: { ...freePorts(), DATA_DIR: folder },
      }).output();
      expect(new TextDecoder().decode(stderr)).toBe(
        "Lectern may open too few files and connections at once. " +
          "Raise the limit (ulimit -n, or LimitNOFILE of systemd), best to 65536, and start again.\n",
      );
      expect(code).toBe(1);
    }));
}

Deno.test("what Lectern writes is its user's alone, and what lay open before is closed", () =>
  inFolder(async (parent) => {
    const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
    const run = async (dataDir: string) => {
      const process = spawnServing({ dataDir });
      await untilServing(process);
      const modes: Record<string, number> = { "": await modeOf(dataDir) };
      for (const { name } of Deno.readDirSync(dataDir)) {
        modes[name] = await modeOf(`${dataDir}/${name}`);
      }
      process.kill("SIGTERM");
      const { stderr } = await process.output();
      return { modes, told: new TextDecoder().decode(stderr) };
    };

    const dataDir = `${parent}/a/data`;
    const fresh = await run(dataDir);
    expect(fresh.modes).toMatchObject({
      "": 0o700,
      "lectern.db": 0o600,
      "lectern.db-wal": 0o600,
      "lectern.db-shm": 0o600,
    });
    expect(fresh.told).toBe("");

    await Deno.chmod(dataDir, 0o755);
    await Deno.chmod(`${dataDir}/lectern.db`, 0o644);
    const closed = await run(dataDir);
    expect(closed.modes).toEqual(fresh.modes);
    expect(closed.told).toContain(`${dataDir} was open to other users of this machine.`);
    expect(closed.told).toContain(`${dataDir}/lectern.db was open to other users`);

    // Somebody else's things in it: closing the folder would take these from them.
    await Deno.writeTextFile(`${dataDir}/notes.txt`, "", { mode: 0o644 });
    await Deno.chmod(`${dataDir}/notes.txt`, 0o644);
    await Deno.chmod(dataDir, 0o755);
    const shared = await run(dataDir);
    expect(shared.modes).toMatchObject({ "": 0o755, "lectern.db": 0o600, "notes.txt": 0o644 });
    expect(shared.told).toContain("stays so because it holds other things too");
  }));
