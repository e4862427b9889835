/**
 * `deno task bench sync [--peer hocuspocus|hocuspocus-node] [--rooms 50] [--people 3] [--rate 20] [--seconds 20] [--rounds 2]`
 *
 * Rooms of people who draw, against Lectern with guard and log on, and against @hocuspocus/server without either;
 * each server in its own process, the load in this one. Rounds alternate, so that a busy machine is unfair to both.
 * `cpuUsPerUpdate` is the CPU time of all the server's threads for one update taken in, passed on to the others
 * in its room (and, for Lectern, made durable).
 */
import { ServerProcess } from "./server_process.ts";
import { Artist, hocuspocusWire, lecternWire, type Lesson, Tally, type Wire } from "./sync_load.ts";

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
const RECORDS = 10_000;
const LATE_JOINS = 5;

const LECTERN: Contestant = { script: script("sync_lectern.ts"), wire: lecternWire };
const PEERS: Record<string, Contestant> = {
  /** Its core on Lectern's own runtime and sockets: the harder comparison. */
  hocuspocus: { script: script("sync_hocuspocus.ts"), wire: hocuspocusWire },
  /** As it is shipped and usually run. */
  "hocuspocus-node": { script: script("sync_hocuspocus_node.mjs"), wire: hocuspocusWire },
};

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const plan = parsePlan(args);
  const peer = plan.peer === null ? null : PEERS[plan.peer];
  if (peer === undefined) throw new Error(`unknown peer: ${plan.peer}`);
  const lectern: Measured[] = [];
  const others: Measured[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    lectern.push(await measureDrawing(LECTERN, plan));
    if (peer !== null) others.push(await measureDrawing(peer, plan));
  }
  const ours = { ...mean(lectern), lateJoinMs: await measureLateJoin(LECTERN) };
  const { rooms, people, rate, seconds, rounds } = plan;
  const setting = {
    rooms,
    people,
    updatesPerSecondEach: rate,
    seconds,
    rounds,
    runtime: Deno.version.deno,
  };
  if (peer === null || plan.peer === null) return { bench: "sync", setting, lectern: ours };
  const theirs = { ...mean(others), lateJoinMs: await measureLateJoin(peer) };
  return {
    bench: "sync",
    setting,
    lectern: ours,
    [plan.peer]: theirs,
    cpuRatio: round(ours.cpuUsPerUpdate / theirs.cpuUsPerUpdate, 2),
  };
}

async function measureDrawing({ script, wire }: Contestant, plan: Plan): Promise<Measured> {
  await using server = await ServerProcess.start<Ready>(script, [
    String(plan.rooms),
    String(plan.people),
  ]);
  const { url, lessons } = server.ready;
  const tally = new Tally();
  const artists = lessons.flatMap((lesson) =>
    lesson.keys.map((key) => new Artist(url, wire, lesson, key, tally))
  );
  await Promise.all(artists.map((artist) => artist.synced));
  const stepMs = 1000 / plan.rate / artists.length;
  // Neighbours in a room are spread over the period, as people are.
  artists.forEach((artist, n) => artist.draw(plan.rate, stepMs * (n * 7 % artists.length)));
  await pause(WARM_UP_MS);
  tally.counting = true;
  const cpuBefore = server.cpuMs();
  await pause(plan.seconds * 1000);
  const cpuMs = server.cpuMs() - cpuBefore;
  const { sent } = tally;
  const latencies = Float64Array.from(tally.latencies).sort();
  const residentMb = server.residentMb();
  tally.counting = false;
  await Promise.all(artists.map((artist) => artist.close()));
  return {
    cpuUsPerUpdate: cpuMs * 1000 / sent,
    deliveryP50Ms: quantile(latencies, 0.5),
    deliveryP99Ms: quantile(latencies, 0.99),
    delivered: latencies.length / (sent * (plan.people - 1)),
    updatesPerSecond: sent / plan.seconds,
    residentMb,
  };
}

/** Median time from opening a socket to holding a document of {@linkcode RECORDS} records. */
async function measureLateJoin({ script, wire }: Contestant): Promise<number> {
  await using server = await ServerProcess.start<Ready>(script, ["1", String(LATE_JOINS + 1)]);
  const { url, lessons: [lesson] } = server.ready;
  if (lesson === undefined) throw new Error("no lesson");
  const join = (n: number) => new Artist(url, wire, lesson, lesson.keys[n] ?? "", new Tally());
  const first = join(0);
  await first.synced;
  first.fill(RECORDS);
  const times: number[] = [];
  for (let n = 1; n <= LATE_JOINS; n++) {
    await pause(300);
    const start = performance.now();
    const late = join(n);
    await late.synced;
    const tookMs = performance.now() - start;
    const { size } = late.doc.getMap("whiteboard");
    if (size !== RECORDS) throw new Error(`a late joiner has ${size} of ${RECORDS} records`);
    times.push(tookMs);
    await late.close();
  }
  await first.close();
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

function mean(rounds: readonly Measured[]): Measured {
  const of = (key: keyof Measured, digits: number) =>
    round(rounds.reduce((sum, measured) => sum + measured[key], 0) / rounds.length, digits);
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function script(name: string): string {
  return new URL(name, import.meta.url).pathname;
}
