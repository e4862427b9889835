/**
 * `deno task bench sync [--peer hocuspocus] [--rooms 50] [--people 3] [--rate 20] [--seconds 20] [--rounds 2]`
 *
 * Rooms of people who draw, against Lectern with guard and log on, and against @hocuspocus/server without either:
 * once as it is shipped, on Node, and once its core on Lectern's own runtime. Each server in its own process, the
 * load in this one. Rounds alternate, so that a busy machine is unfair to all; `load` says how busy it was. Each figure
 * is the median of its rounds.
 * `cpuUsPerUpdate` is the CPU time of all the server's threads for one update taken in, passed on to the others
 * in its room (and, for Lectern, made durable).
 */
import { fileURLToPath } from "node:url";
import { ServerProcess } from "./server_process.ts";
import { Artist, hocuspocusWire, lecternWire, type Lesson, Tally, type Wire } from "./sync/load.ts";

interface Plan {
  rooms: number;
  people: number;
  rate: number;
  seconds: number;
  rounds: number;
  peer: string | null;
}

interface Measured {
  cpuUsPerUpdate: number;
  deliveryP50Ms: number;
  deliveryP99Ms: number;
  /** Deliveries that arrived, of those that should have. */
  delivered: number;
  updatesPerSecond: number;
  residentMb: number;
}

interface Contestant {
  script: string;
  wire: Wire;
}

interface Ready {
  url: string;
  lessons: Lesson[];
}

const WARM_UP_MS = 4000;
/** Updates made ready, of those that the run should need: a busy machine makes its pauses longer. */
const SPARE = 1.25;
const RECORDS = 10_000;
const LATE_JOINS = 5;
/** A server that hasn't passed all records on by then won't. */
const FILL_LIMIT_MS = 120_000;

const LECTERN: Contestant = { script: script("sync/lectern.ts"), wire: lecternWire };
/** By the name of `--peer`: what is measured beside Lectern, by the name of its column. */
const PEERS: Record<string, Record<string, Contestant>> = {
  hocuspocus: {
    /** As it is shipped and usually run. */
    hocuspocusNode: { script: script("sync/hocuspocus_node.mjs"), wire: hocuspocusWire },
    /** Its core on Lectern's own runtime and sockets. */
    hocuspocusDeno: { script: script("sync/hocuspocus.ts"), wire: hocuspocusWire },
  },
};

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const plan = parsePlan(args);
  const peers = plan.peer === null ? {} : PEERS[plan.peer];
  if (peers === undefined) throw new Error(`unknown peer: ${plan.peer}`);
  const contestants = Object.entries({ lectern: LECTERN, ...peers });
  const rounds: Record<string, Measured[]> = {};
  const load = [loadAverage()];
  for (let round = 0; round < plan.rounds; round++) {
    for (const [name, contestant] of contestants) {
      (rounds[name] ??= []).push(await measureDrawing(contestant, plan));
    }
    load.push(loadAverage());
  }
  const columns: Record<string, Measured & { lateJoinMs: number }> = {};
  for (const [name, contestant] of contestants) {
    columns[name] = {
      ...median(rounds[name] ?? []),
      lateJoinMs: await measureLateJoin(contestant),
    };
  }
  const ours = columns.lectern?.cpuUsPerUpdate ?? NaN;
  const cpuRatio = Object.fromEntries(
    Object.entries(columns)
      .filter(([name]) => name !== "lectern")
      .map(([name, theirs]) => [name, round(ours / theirs.cpuUsPerUpdate, 2)]),
  );
  const { rooms, people, rate, seconds } = plan;
  return {
    bench: "sync",
    setting: {
      rooms,
      people,
      updatesPerSecondEach: rate,
      seconds,
      rounds: plan.rounds,
      runtime: Deno.version.deno,
      cores: navigator.hardwareConcurrency,
      load,
    },
    ...columns,
    ...(plan.peer === null ? {} : { cpuRatio }),
  };
}

async function measureDrawing({ script, wire }: Contestant, plan: Plan): Promise<Measured> {
  await using server = await ServerProcess.start<Ready>(script, [
    String(plan.rooms),
    String(plan.people),
  ]);
  const { url, lessons } = server.ready;
  const updatesEach = Math.ceil((WARM_UP_MS / 1000 + plan.seconds) * plan.rate * SPARE);
  const tally = new Tally(updatesEach * plan.rooms * plan.people * (plan.people - 1));
  const artists = lessons.flatMap((lesson) =>
    lesson.keys.map((key) => new Artist(url, wire, lesson, key, tally))
  );
  await Promise.all(artists.map((artist) => artist.synced));
  for (const artist of artists) artist.prepare(updatesEach);
  const stepMs = 1000 / plan.rate / artists.length;
  // Neighbours in a room are spread over the period, as people are.
  artists.forEach((artist, n) => artist.draw(plan.rate, stepMs * (n * 7 % artists.length)));
  await pause(WARM_UP_MS);
  tally.counting = true;
  const cpuBefore = server.cpuMs();
  const countingSince = performance.now();
  await Promise.race([pause(plan.seconds * 1000), tally.exhausted]);
  const seconds = (performance.now() - countingSince) / 1000;
  const cpuMs = server.cpuMs() - cpuBefore;
  const { sent } = tally;
  const latencies = tally.latencies();
  const residentMb = server.residentMb();
  tally.counting = false;
  await Promise.all(artists.map((artist) => artist.close()));
  return {
    cpuUsPerUpdate: cpuMs * 1000 / sent,
    deliveryP50Ms: quantile(latencies, 0.5),
    deliveryP99Ms: quantile(latencies, 0.99),
    delivered: latencies.length / (sent * (plan.people - 1)),
    updatesPerSecond: sent / seconds,
    residentMb,
  };
}

/** Median time from opening a socket to holding a document of {@linkcode RECORDS} records. */
async function measureLateJoin({ script, wire }: Contestant): Promise<number> {
  await using server = await ServerProcess.start<Ready>(script, ["1", String(LATE_JOINS + 2)]);
  const { url, lessons: [lesson] } = server.ready;
  if (lesson === undefined) throw new Error("no lesson");
  const join = (n: number) => new Artist(url, wire, lesson, lesson.keys[n] ?? "", new Tally());
  const first = join(0);
  // Whoever was there from the start has all records once the server has; Lectern's server has stored them by then.
  const witness = join(1);
  await Promise.all([first.synced, witness.synced]);
  const filled = witness.holds(RECORDS, FILL_LIMIT_MS);
  first.fill(RECORDS);
  await filled;
  const times: number[] = [];
  for (let n = 2; n < LATE_JOINS + 2; n++) {
    const start = performance.now();
    const late = join(n);
    await late.synced;
    const tookMs = performance.now() - start;
    const { size } = late.doc.getMap("whiteboard");
    if (size !== RECORDS) throw new Error(`a late joiner has ${size} of ${RECORDS} records`);
    times.push(tookMs);
    await late.close();
  }
  await Promise.all([first.close(), witness.close()]);
  return round(quantile(Float64Array.from(times).sort(), 0.5), 1);
}

function parsePlan(args: string[]): Plan {
  const option = (name: string): string | null => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? null : args[at + 1] ?? null;
  };
  const number = (name: string, fallback: number) => Number(option(name) ?? fallback);
  return {
    rooms: number("rooms", 50),
    people: number("people", 3),
    rate: number("rate", 20),
    seconds: number("seconds", 20),
    rounds: number("rounds", 2),
    peer: option("peer"),
  };
}

function median(rounds: readonly Measured[]): Measured {
  const of = (key: keyof Measured, digits: number) => {
    const sorted = rounds.map((measured) => measured[key]).sort((a, b) => a - b);
    const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
    return round(middle.reduce((sum, value) => sum + value, 0) / middle.length, digits);
  };
  return {
    cpuUsPerUpdate: of("cpuUsPerUpdate", 1),
    deliveryP50Ms: of("deliveryP50Ms", 2),
    deliveryP99Ms: of("deliveryP99Ms", 2),
    delivered: of("delivered", 4),
    updatesPerSecond: of("updatesPerSecond", 0),
    residentMb: of("residentMb", 0),
  };
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Processes that ran or waited for a core, over the last minute. The run itself makes up about two. */
function loadAverage(): number {
  return round(Deno.loadavg()[0] ?? NaN, 1);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
