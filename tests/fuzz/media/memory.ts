/**
 * Whether a long run holds ever more memory: the least that was in use in its third fifth, against that in its last.
 *
 * The least, because garbage comes and goes. What is resident beside the heap counts what native code holds too.
 */

/** What engines and allocators take in a while without a leak. */
const ALLOWED_MB = 16;
/** Short runs end before the engine has settled. */
const MIN_RUNS = 500_000;
const PARTS = 5;
const EARLY = 2;

export class MemoryWatch {
  readonly #native = new Array<number>(PARTS).fill(Infinity);
  readonly #heap = new Array<number>(PARTS).fill(Infinity);

  constructor(private readonly runs: number) {}

  look(run: number): void {
    const part = Math.floor(run * PARTS / this.runs);
    const { rss, heapTotal, heapUsed } = Deno.memoryUsage();
    this.#native[part] = Math.min(this.#native[part]!, (rss - heapTotal) / 2 ** 20);
    this.#heap[part] = Math.min(this.#heap[part]!, heapUsed / 2 ** 20);
  }

  growth(): { figures: Record<string, number>; problem?: string } {
    const figures: Record<string, number> = {};
    let problem: string | undefined;
    for (const [name, parts] of [["native", this.#native], ["heap", this.#heap]] as const) {
      const early = Math.round(parts[EARLY]! * 10) / 10;
      const late = Math.round(parts.at(-1)! * 10) / 10;
      figures[`${name}EarlyMb`] = early;
      figures[`${name}LateMb`] = late;
      if (this.runs >= MIN_RUNS && late - early > ALLOWED_MB) {
        problem = `${name} memory grew from ${early} to ${late} MB`;
      }
    }
    return { figures, ...(problem === undefined ? {} : { problem }) };
  }
}
