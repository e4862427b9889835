/** Two whole servers on one data folder, in processes of their own. */
import { expect } from "@std/expect";
import { createClient } from "@libsql/client";

const ROOT = new URL("../../", import.meta.url);

function run(file: string, dataDir: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", file],
    cwd: ROOT,
    env: {
      DATA_DIR: dataDir,
      HOST: "127.0.0.1",
      PORT: `${freeTcpPort()}`,
      MEDIA_PORT: `${freeUdpPort()}`,
      LOG_FORMAT: "json",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Resolves when it serves; answers what it had printed by then when it ended instead. */
async function outcome(process: Deno.ChildProcess): Promise<"serves" | string> {
  const errors = new Response(process.stderr).text();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let printed = "";
  while (!printed.includes('"serving"')) {
    const { value, done } = await reader.read();
    if (done) return `${printed}${await errors}`;
    printed += value;
  }
  // Whatever comes later is let go by, so that the process never waits for a reader.
  void (async () => {
    while (!(await reader.read()).done);
  })();
  errors.catch(() => {});
  return "serves";
}

Deno.test("of two servers on one data folder the second stops at once with a sentence, and a killed one is in nobody's way", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "lectern-lock-" });
  const processes: Deno.ChildProcess[] = [];
  const start = (file: string) => {
    const process = run(file, dataDir);
    processes.push(process);
    return process;
  };
  try {
    const first = start("main.ts");
    expect(await outcome(first)).toBe("serves");

    const second = start("main.ts");
    const said = await outcome(second);
    expect((await second.status).code).toBe(1);
    expect(said).toContain(
      `Another Lectern (process ${first.pid}) serves from the folder ${dataDir}. Stop that one first, or set DATA_DIR`,
    );
    // A sentence, and no stack.
    expect(said.trim().split("\n").length).toBe(1);

    // Who only opens the database may.
    const key = await start("server/make_api_key.ts").output();
    expect(key.code).toBe(0);
    expect(new TextDecoder().decode(key.stdout)).toMatch(/^lk_/);
    const client = createClient({ url: `file:${dataDir}/lectern.db` });
    await client.execute(`vacuum into '${dataDir}/copy.db'`);
    client.close();
    expect((await Deno.stat(`${dataDir}/copy.db`)).size).toBeGreaterThan(0);

    first.kill("SIGKILL");
    await first.status;
    const third = start("main.ts");
    expect(await outcome(third)).toBe("serves");
  } finally {
    for (const process of processes) {
      try {
        process.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await process.status;
    }
    await Deno.remove(dataDir, { recursive: true });
  }
});

function freeTcpPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** Below the ephemeral range, so that no socket of another test takes it meanwhile. */
function freeUdpPort(): number {
  return 10_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 10_000;
}
