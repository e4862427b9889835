/**
 * `deno task bench NAME [options]`: runs `tests/bench/NAME.ts`, which exports `bench(args)`.
 *
 * What a benchmark answers is printed as one JSON object on the last line; progress goes to stderr.
 */
interface BenchModule {
  bench(args: string[]): Promise<Record<string, unknown>>;
}

/** Files with an underscore are parts of a benchmark, not one. */
async function knownNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(import.meta.dirname ?? ".")) {
    if (isFile && /^[a-z0-9-]+\.ts$/.test(name) && name !== "run.ts") names.push(name.slice(0, -3));
  }
  return names.sort();
}

const print = (text: string) => Deno.stdout.write(new TextEncoder().encode(`${text}\n`));

if (import.meta.main) {
  const [name = "", ...args] = Deno.args;
  const names = await knownNames();
  if (!names.includes(name)) {
    await print(`usage: deno task bench ${names.join("|")} [options]`);
    Deno.exit(2);
  }
  const module = await import(`./${name}.ts`) as BenchModule;
  await print(JSON.stringify(await module.bench(args)));
  Deno.exit(0);
}
