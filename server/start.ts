/**
 * `deno task start`: from a fresh checkout to a serving Lectern, with every step visible.
 *
 * Installs, builds the client when it is older than its sources, and becomes `start_serving.ts`, which has few of this
 * process's permissions. Nothing from npm is imported before it is installed. With `--dev` the client is built again
 * on each change.
 */
import { buildClient, isClientStale, watchClient } from "./client_build.ts";
import { openSsl, OpenSslMissing } from "./sfu/io/crypto/openssl.ts";
import type * as config from "./config.ts";
import { become } from "./start_exec.ts";
import { mayOpenEnough, TOO_FEW_FILES } from "./start_limits.ts";
import type * as startFault from "./start_fault.ts";
import type * as permissions from "./start_permissions.ts";

const ROOT = new URL("../", import.meta.url);
const encoder = new TextEncoder();

function say(text: string): void {
  Deno.stdout.writeSync(encoder.encode(`${text}\n`));
}

function fail(text: string): never {
  Deno.stderr.writeSync(encoder.encode(`${text}\n`));
  Deno.exit(1);
}

/** Ends the step under way with this process. */
const ending = new AbortController();
const endStep = () => {
  ending.abort();
  Deno.exit(143);
};
Deno.addSignalListener("SIGTERM", endStep);

requireOpenSsl();
if (!mayOpenEnough(Deno.readTextFileSync("/proc/self/limits"))) fail(TOO_FEW_FILES);
await install();
await build();
await run();

/** Before the minutes of installing, not after. */
function requireOpenSsl(): void {
  try {
    openSsl();
  } catch (error) {
    if (error instanceof OpenSslMissing) fail(error.message);
    throw error;
  }
}

/** The first time with Deno's own progress; later only a fault is worth a line. */
async function install(): Promise<void> {
  const first = !await exists(new URL("node_modules/.deno", ROOT));
  if (first) say("Installing dependencies (once, a minute or two) …");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install"],
    cwd: ROOT,
    signal: ending.signal,
    stdin: "null",
    stdout: first ? "inherit" : "null",
    stderr: first ? "inherit" : "piped",
  }).spawn().output().then((output) => ({
    success: output.success,
    stderr: first ? "" : new TextDecoder().decode(output.stderr),
  }));
  if (!success) fail(`${stderr}\nThe dependencies could not be installed.`);
}

async function build(): Promise<void> {
  if (!await isClientStale()) return;
  say("Building the client …");
  if (!await buildClient(ending.signal)) fail("The client could not be built.");
}

async function run(): Promise<void> {
  // Named by variables, so that Deno doesn't load them before they are installed.
  const { loadConfig } = await load<typeof config>("server/config.ts");
  const { explainStartFault } = await load<typeof startFault>("server/start_fault.ts");
  const { servingFlags } = await load<typeof permissions>("server/start_permissions.ts");
  // Whatever is written from here on is its user's alone. Deno names no permission by which the next process could say so.
  Deno.umask(0o077);
  try {
    const { database, dataDir } = loadConfig();
    const flags = servingFlags(database.kind === "file" ? dataDir : null);
    const serving = ["run", ...flags, new URL("server/start_serving.ts", ROOT).href];
    if (Deno.args.includes("--dev")) await serveAndWatch(serving);
    else become(Deno.execPath(), serving);
  } catch (error) {
    fail(explainStartFault(error) ?? `Lectern can't start: ${error}`);
  }
}

/** Two children, for whom this process stays. A terminal interrupts all three by itself. */
async function serveAndWatch(serving: string[]): Promise<never> {
  const watch = watchClient();
  const server = new Deno.Command(Deno.execPath(), { args: serving, stdin: "null" }).spawn();
  Deno.removeSignalListener("SIGTERM", endStep);
  Deno.addSignalListener("SIGTERM", () => server.kill("SIGTERM"));
  Deno.addSignalListener("SIGINT", () => {});
  const { code } = await server.status;
  watch.kill();
  Deno.exit(code);
}

async function load<T>(path: string): Promise<T> {
  return await import(new URL(path, ROOT).href) as T;
}

async function exists(path: URL): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
