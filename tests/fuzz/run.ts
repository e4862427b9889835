/**
 * `deno task fuzz NAME [--seed N] [--runs N]`: runs `tests/fuzz/NAME.ts` on seeded input.
 *
 * Such a file exports `fuzz({ seed, runs })`, and may export `DEFAULT_RUNS`. Prints the seed first, so that a run
 * that hangs can be repeated too; the last line is one JSON object. Exits 1 when there are violations.
 */

export interface FuzzOptions {
  seed: number;
  runs: number;
  /** Call now and then with the number of runs done. */
  progress?: (done: number) => void;
}

export interface FuzzResult {
  runs: number;
  /** One line each, with what is needed to repeat it. */
  violations: string[];
  [figure: string]: unknown;
}

interface FuzzModule {
  fuzz(options: FuzzOptions): Promise<FuzzResult>;
  DEFAULT_RUNS?: number;
}

const DEFAULT_RUNS = 20_000;
const PROGRESS_EVERY_MS = 2000;

/** Files with an underscore are parts of a fuzzer, not one. */
async function knownNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(import.meta.dirname!)) {
    const name = entry.name.replace(/\.ts$/, "");
    if (
      entry.isFile && entry.name.endsWith(".ts") && /^[A-Za-z0-9-]+$/.test(name) && name !== "run"
    ) {
      names.push(name);
    }
  }
  return names.sort();
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

function fail(message: string): never {
  Deno.stderr.writeSync(new TextEncoder().encode(message + "\n"));
  Deno.exit(2);
}

function readNumber(args: readonly string[], flag: string): number | undefined {
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (at < 0) return undefined;
  const text = args[at]!.includes("=") ? args[at]!.slice(flag.length + 1) : args[at + 1];
  const value = Number(text);
  if (!text || !Number.isSafeInteger(value) || value < 0) {
    fail(`${flag} takes a whole number, not ${JSON.stringify(text ?? "")}`);
  }
  return value;
}

async function main(args: readonly string[]): Promise<void> {
  const names = await knownNames();
  const name = args[0];
  if (name === undefined || !names.includes(name)) {
    fail(`Usage: deno task fuzz NAME [--seed N] [--runs N]\nNames: ${names.join(", ")}`);
  }
  const module = await import(new URL(`./${name}.ts`, import.meta.url).href) as FuzzModule;
  const seed = readNumber(args, "--seed") ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
  const runs = readNumber(args, "--runs") ?? module.DEFAULT_RUNS ?? DEFAULT_RUNS;

  print(`fuzz ${name}: seed ${seed}, ${runs} runs`);
  const startedAt = performance.now();
  let reportedAt = startedAt;
  const result = await module.fuzz({
    seed,
    runs,
    progress: (done) => {
      const now = performance.now();
      if (now - reportedAt < PROGRESS_EVERY_MS) return;
      reportedAt = now;
      print(`${done} of ${runs}`);
    },
  });
  for (const violation of result.violations.slice(0, 20)) print(`violation: ${violation}`);
  const seconds = Math.round((performance.now() - startedAt) / 10) / 100;
  const { violations, ...figures } = result;
  print(JSON.stringify({ fuzz: name, seed, ...figures, seconds, violations: violations.length }));
  if (violations.length > 0) Deno.exitCode = 1;
}

if (import.meta.main) await main(Deno.args);
