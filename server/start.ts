/**
 * `deno task start`: from a fresh checkout to a serving Lectern, with every step visible.
 *
 * Installs, builds the client when it is older than its sources, serves, and makes the first API key unless it was set. Nothing from npm
 * is imported before it is installed. With `--dev` the client is built again on each change.
 */
import { buildClient, isClientStale, watchClient } from "./client_build.ts";
import { openSsl, OpenSslMissing } from "./sfu/io/openssl.ts";
import type * as config from "./config.ts";
import type * as logger from "./logger.ts";
import type * as startFault from "./start_fault.ts";
import type * as main from "../main.ts";

const ROOT = new URL("../", import.meta.url);
const encoder = new TextEncoder();

function say(text: string): void {
  Deno.stdout.writeSync(encoder.encode(`${text}\n`));
}

function fail(text: string): never {
  Deno.stderr.writeSync(encoder.encode(`${text}\n`));
  Deno.exit(1);
}

requireOpenSsl();
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
  if (!await buildClient()) fail("The client could not be built.");
}

async function run(): Promise<void> {
  // Named by variables, so that Deno doesn't load them before they are installed.
  const { loadConfig } = await load<typeof config>("server/config.ts");
  const { explainStartFault } = await load<typeof startFault>("server/start_fault.ts");
  const { createLogger } = await load<typeof logger>("server/logger.ts");
  const { logUncaught, serve, stopOnSignals } = await load<typeof main>("main.ts");
  try {
    const settings = loadConfig();
    const log = createLogger(settings.log);
    const running = await serve(settings, log);
    stopOnSignals(running, log);
    logUncaught(log);
    if (Deno.args.includes("--dev")) endWith(watchClient());
    await welcome(running, settings);
  } catch (error) {
    fail(explainStartFault(error) ?? `Lectern can't start: ${stackOf(error)}`);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

async function welcome(running: main.Running, settings: config.Config): Promise<void> {
  say(`\n  Lectern is at ${running.address}\n`);
  // Whoever set the first key knows it, and nobody may be there to read.
  if (settings.apiKey !== null) return;
  const { apiKeys } = running.storage;
  if (await apiKeys.count() > 0) {
    say("  An API key exists. Another one: deno task key\n");
    return;
  }
  const key = await apiKeys.create("made on first start", Date.now());
  const lesson = {
    title: "Algebra with Mia",
    tutor: { id: "tutor-1", name: "Mia" },
    students: [{ id: "student-1", name: "Ada" }],
  };
  say(`  API key, shown only now: ${key}

  Book a lesson:

    curl -X POST ${settings.localUrl}/api/v1/meetings \\
      -H 'Authorization: Bearer ${key}' \\
      -H 'Content-Type: application/json' \\
      -d '${JSON.stringify(lesson)}'

  The answer holds a link for each person.
`);
}

async function load<T>(path: string): Promise<T> {
  return await import(new URL(path, ROOT).href) as T;
}

function endWith(child: Deno.ChildProcess): void {
  globalThis.addEventListener("unload", () => child.kill());
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
