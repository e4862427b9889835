/**
 * The serving process of `deno task start`: serves, makes the first API key unless it was set, and greets whoever started it.
 *
 * `start.ts` has prepared everything, and starts it with the permissions of `start_permissions.ts`.
 */
import { logUncaught, type Running, serve, stopOnSignals } from "../main.ts";
import { type Config, loadConfig } from "./config.ts";
import { createLogger } from "./logger.ts";
import { explainStartFault } from "./start_fault.ts";

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function fail(text: string): never {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  Deno.exit(1);
}

try {
  const config = loadConfig();
  const logger = createLogger(config.log);
  const running = await serve(config, logger);
  stopOnSignals(running, logger);
  logUncaught(logger);
  await welcome(running, config);
} catch (error) {
  fail(explainStartFault(error) ?? `Lectern can't start: ${stackOf(error)}`);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

async function welcome(running: Running, config: Config): Promise<void> {
  say(`\n  Lectern is at ${running.address}\n`);
  // Whoever set the first key knows it, and nobody may be there to read.
  if (config.apiKey !== null) return;
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

    curl -X POST ${config.localUrl}/api/v1/meetings \\
      -H 'Authorization: Bearer ${key}' \\
      -H 'Content-Type: application/json' \\
      -d '${JSON.stringify(lesson)}'

  The answer holds a link for each person.
`);
}
