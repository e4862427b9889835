/** The serving process as `deno task start` runs it, with its permissions and no others. */
import { servingFlags } from "../../server/start_permissions.ts";

const ROOT = new URL("../../", import.meta.url);

export interface ServingOptions {
  dataDir: string;
  env?: Record<string, string>;
  /** The program and the arguments that it is run by, such as `prlimit`. */
  by?: readonly string[];
  /** Another module in its place. */
  module?: URL;
}

export function spawnServing(options: ServingOptions): Deno.ChildProcess {
  const { dataDir, env = {}, by = [], module } = options;
  const [program, ...args] = [
    ...by,
    ...[Deno.execPath(), "run", ...servingFlags(dataDir)],
    (module ?? new URL("server/start_serving.ts", ROOT)).href,
  ];
  return new Deno.Command(program!, {
    args,
    cwd: ROOT,
    env: { ...freePorts(), HOST: "127.0.0.1", LOG_LEVEL: "warn", DATA_DIR: dataDir, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** The media port lies below the ephemeral range, so that no socket of another test takes it meanwhile. */
export function freePorts(): { PORT: string; MEDIA_PORT: string } {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const random = crypto.getRandomValues(new Uint16Array(1))[0]!;
  return { PORT: `${port}`, MEDIA_PORT: `${10_000 + random % 10_000}` };
}

/** Reads until the server says where it is; then whoever waits for its end reads on. */
export async function untilServing(process: Deno.ChildProcess): Promise<void> {
  const decoder = new TextDecoder();
  const reader = process.stdout.getReader();
  let printed = "";
  while (!printed.includes("Lectern is at")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the start ended early:\n${printed}`);
    printed += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
}
