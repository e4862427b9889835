/** `deno task start` as a newcomer meets it. */
import { expect } from "@std/expect";

const ROOT = new URL("../../", import.meta.url);

/** Runs the start until it has said where it is and what next; answers all that it printed, until it ended. */
async function start(
  env: Record<string, string>,
  use: (printed: string) => Promise<void>,
  until = /holds a link for each person|deno task key/,
): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "server/start.ts"],
    cwd: ROOT,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(process.stderr).text();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let printed = "";
  try {
    while (!until.test(printed)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the start ended early:\n${printed}${await errors}`);
      printed += value;
    }
    await use(printed);
  } finally {
    process.kill("SIGTERM");
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      printed += piece.value;
    }
    await process.status;
  }
  return printed + await errors;
}

Deno.test("the first start prints a command that books a lesson as it is, and the second no key", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "lectern-start-" });
  const env = environment(dataDir);
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

Deno.test("API_KEY is the first key of an instance, nothing of it is printed or logged, and it replaces none", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "lectern-start-" });
  const env = { ...environment(dataDir), LOG_LEVEL: "debug" };
  const [first, second] = ["first-0123456789abcdef0123456789", "other-0123456789abcdef0123456789"];
  const statusWith = async (key: string) => {
    const response = await fetch(`http://127.0.0.1:${env.PORT}/api/v1/meetings`, {
      headers: { authorization: `Bearer ${key}` },
    });
    await response.body?.cancel();
    return response.status;
  };
  const printed: string[] = [];
  try {
    for (const key of [first, first, second]) {
      printed.push(
        await start({ ...env, API_KEY: key }, async () => {
          expect([await statusWith(first), await statusWith(second)]).toEqual([200, 401]);
        }, /Lectern is at/),
      );
    }
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
  expect(printed.map((text) => text.includes("API_KEY was not taken"))).toEqual([
    false,
    false,
    true,
  ]);
  for (const text of printed) {
    expect(text).not.toContain(first);
    expect(text).not.toContain(second);
    expect(text).not.toMatch(/lk_|curl|deno task key\n/);
  }
});

function environment(dataDir: string) {
  return {
    HOST: "127.0.0.1",
    PORT: String(freePort()),
    MEDIA_PORT: String(10_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 10_000),
    DATA_DIR: dataDir,
    PUBLIC_URL: "",
    LOG_LEVEL: "warn",
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
