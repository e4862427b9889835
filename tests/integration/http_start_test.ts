/** `deno task start` as a newcomer meets it. */
import { expect } from "@std/expect";

const ROOT = new URL("../../", import.meta.url);

/** Runs the start until it has said where it is and what next; answers what it printed. */
async function start(env: Record<string, string>, use: (printed: string) => Promise<void>) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "server/start.ts"],
    cwd: ROOT,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let printed = "";
  try {
    while (!/holds a link for each person|deno task key/.test(printed)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the start ended early:\n${printed}`);
      printed += value;
    }
    await use(printed);
  } finally {
    process.kill("SIGTERM");
    while (!(await reader.read()).done);
    await process.status;
  }
}

Deno.test("the first start prints a command that books a lesson as it is, and the second no key", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "lectern-start-" });
  const env = {
    HOST: "127.0.0.1",
    PORT: String(freePort()),
    MEDIA_PORT: String(10_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 10_000),
    DATA_DIR: dataDir,
    PUBLIC_URL: "",
    LOG_LEVEL: "warn",
  };
  try {
    await start(env, async (printed) => {
      expect(printed).toContain(`Lectern is at http://127.0.0.1:${env.PORT}`);
      const command = printed.slice(printed.indexOf("curl -X POST"));
      const url = /POST (\S+)/.exec(command)?.[1] ?? "";
      const headers = [...command.matchAll(/-H '([^:]+): ([^']+)'/g)]
        .map(([, name, value]): [string, string] => [name!, value!]);
      const body = /-d '([^']+)'/.exec(command)?.[1] ?? "";
      const response = await fetch(url, { method: "POST", headers, body });
      expect(response.status).toBe(201);
      expect((await response.json()).links.length).toBe(2);
    });
    await start(env, (printed) => {
      expect(printed).not.toContain("lk_");
      expect(printed).toContain("Another one: deno task key");
      return Promise.resolve();
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
