/**
 * `deno task bench sfu [--peer janus,werift] [--scenario pairs|lecture|voices] [--seconds 10] [--event-loops 0]
 * [--rounds 1] [--flood 50000 [--share 0.05]] [--soak 20 [--share 1]]`
 *
 * Media servers under the same load: real ICE, DTLS and SRTP over UDP on this machine. Each server runs in processes of
 * its own, and the load comes from this one. `cpuUsPerPacket` is the CPU time of all threads of the serving
 * processes, idle included, for one packet that a subscriber received, decrypted and found authentic. `addedLatency` is
 * from just before a packet's encryption to just after its receipt, so the generator's own part is in it.
 * `--rounds` measures everybody by turns and tells the middle of each figure. `--flood PER_SECOND` and `--soak MINUTES`
 * are other tasks: see `sfu/flood.ts` and `sfu/soak.ts`.
 */
import { flooded } from "./sfu/flood.ts";
import { startJanus } from "./sfu/janus.ts";
import { startLectern } from "./sfu/lectern.ts";
import { Connect, type Publication, type SfuServer, turn } from "./sfu/servers.ts";
import { soak } from "./sfu/soak.ts";
import { LoadStream, stampOf, type Traffic } from "./sfu/stream.ts";
import { startWerift } from "./sfu/werift.ts";
import { processCpuMs, processResidentMb } from "./server_process.ts";

export interface Scenario {
  rooms: number;
  /** Everybody publishes to everybody else, or one to all others. */
  shape: "pair" | "lecture";
  people: number;
  traffic: Traffic;
}

export const PAIRS: Scenario = {
  rooms: 20,
  shape: "pair",
  people: 2,
  traffic: { kind: "video", burst: 3, packetsPerSecond: 300, payloadBytes: 1000 },
};

const SCENARIOS: Record<string, Scenario> = {
  pairs: PAIRS,
  lecture: {
    rooms: 1,
    shape: "lecture",
    people: 21,
    traffic: { kind: "video", burst: 3, packetsPerSecond: 1000, payloadBytes: 1000 },
  },
  voices: {
    rooms: 100,
    shape: "pair",
    people: 2,
    traffic: { kind: "audio", burst: 1, packetsPerSecond: 50, payloadBytes: 80 },
  },
};

interface Measured {
  cpuUsPerPacket: number;
  addedLatencyP50Ms: number;
  addedLatencyP99Ms: number;
  /** Received of what should have been. */
  delivered: number;
  packetsPerSecond: number;
  memoryKbPerParticipant: number;
  joinCpuMs: number;
}

const WARM_UP_MS = 2000;
const BEGIN_LIMIT_MS = 30_000;
const TURN_MS = 50;
const MAX_LATENCIES = 2_000_000;

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const option = (name: string) => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? undefined : args[at + 1];
  };
  const soakMinutes = Number(option("soak") ?? 0);
  if (soakMinutes > 0) return await soak(soakMinutes, Number(option("share") ?? 1));
  const seconds = Number(option("seconds") ?? 10);
  const eventLoops = Number(option("event-loops") ?? 0);
  const peers = option("peer")?.split(",") ?? [];
  const stranger = peers.find((peer) => peer !== "janus" && peer !== "werift");
  if (stranger !== undefined) throw new Error(`unknown peer: ${stranger}`);
  const rounds = Number(option("rounds") ?? 1);
  const flags = option("v8-flags")?.split(",") ?? [];
  const contestants: Record<string, () => Promise<SfuServer>> = {
    lectern: () => startLectern({ v8Flags: flags }),
    ...(peers.includes("janus") ? { janus: () => startJanus({ eventLoops }) } : {}),
    ...(peers.includes("werift") ? { werift: startWerift } : {}),
  };
  const perSecond = Number(option("flood") ?? 0);
  if (perSecond > 0) {
    const share = Number(option("share") ?? 0.05);
    const setting = { perSecond, share, seconds, rounds };
    const results: Record<string, unknown> = {};
    for (const [contestant, start] of Object.entries(contestants)) {
      await using server = await start();
      results[contestant] = await flooded(server, setting);
    }
    return { bench: "sfu", flood: { ...setting, load: load() }, ...results };
  }
  const chosen = option("scenario");
  const names = chosen === undefined ? Object.keys(SCENARIOS) : [chosen];
  const results: Record<string, unknown> = {};
  for (const name of names) {
    const scenario = SCENARIOS[name];
    if (scenario === undefined) throw new Error(`unknown scenario: ${name}`);
    const runs: Record<string, Measured[]> = {};
    for (let round = 0; round < rounds; round++) {
      for (const [contestant, start] of Object.entries(contestants)) {
        (runs[contestant] ??= []).push(await measure(start, scenario, seconds));
      }
    }
    const columns = Object.fromEntries(
      Object.entries(runs).map(([contestant, measured]) => [contestant, middle(measured)]),
    );
    const ofPeer = (peer: string) =>
      round((columns["lectern"]?.cpuUsPerPacket ?? NaN) / columns[peer]!.cpuUsPerPacket, 3);
    results[name] = {
      ...columns,
      ...(peers.length === 0
        ? {}
        : { cpuOf: Object.fromEntries(peers.map((peer) => [peer, ofPeer(peer)])) }),
    };
  }
  return {
    bench: "sfu",
    setting: {
      seconds,
      rounds,
      scenarios: Object.fromEntries(names.map((name) => [name, SCENARIOS[name]])),
      ...(peers.includes("janus") ? { janusEventLoops: eventLoops } : {}),
      runtime: Deno.version.deno,
      cores: navigator.hardwareConcurrency,
      load: load(),
    },
    ...results,
  };
}

async function measure(
  start: () => Promise<SfuServer>,
  scenario: Scenario,
  seconds: number,
): Promise<Measured> {
  await using server = await start();
  const cpuMs = () => server.pids.reduce((sum, pid) => sum + processCpuMs(pid), 0);
  const residentMb = () => server.pids.reduce((sum, pid) => sum + processResidentMb(pid), 0);
  const connect = new Connect();
  const latencies = new Float64Array(MAX_LATENCIES);
  let received = 0;
  let counting = false;
  const onPayload = (plain: Uint8Array, length: number) => {
    if (!counting) return;
    const latencyMs = performance.now() - stampOf(plain, length);
    if (received < MAX_LATENCIES) latencies[received] = latencyMs;
    received++;
  };
  const residentBefore = residentMb();
  const cpuBefore = cpuMs();
  const streams = await fill(server, scenario, connect, onPayload);
  const participants = scenario.rooms * scenario.people;
  const joinCpuMs = (cpuMs() - cpuBefore) / participants;

  const nowMs = performance.now();
  streams.forEach((stream, i) => stream.begin(nowMs, i / streams.length));
  await warmUp(streams, connect, WARM_UP_MS);
  const sentBefore = streams.reduce((sum, { sent }) => sum + sent, 0);
  const from = cpuMs();
  counting = true;
  await drive(streams, connect, seconds * 1000);
  counting = false;
  const servedMs = cpuMs() - from;
  const sent = streams.reduce((sum, { sent }) => sum + sent, 0) - sentBefore;
  const memoryKb = (residentMb() - residentBefore) * 1024 / participants;
  connect.close();
  const sorted = latencies.subarray(0, Math.min(received, MAX_LATENCIES)).sort();
  const expected = sent * (scenario.shape === "pair" ? 1 : scenario.people - 1);
  return {
    cpuUsPerPacket: round(servedMs * 1000 / received, 2),
    addedLatencyP50Ms: round(quantile(sorted, 0.5), 2),
    addedLatencyP99Ms: round(quantile(sorted, 0.99), 2),
    delivered: round(received / expected, 4),
    packetsPerSecond: Math.round(received / seconds),
    memoryKbPerParticipant: Math.round(memoryKb),
    joinCpuMs: round(joinCpuMs, 2),
  };
}

/** Lets everybody join; each with one path to send on and one to receive on, as browsers have them. */
export async function fill(
  server: SfuServer,
  { rooms, shape, people, traffic }: Scenario,
  connect: Connect,
  onPayload: (plain: Uint8Array, length: number) => void,
): Promise<LoadStream[]> {
  const streams: LoadStream[] = [];
  let ssrc = 10_000;
  const subscribe = async (room: unknown, publication: Publication) => {
    const path = await server.subscribe(room, publication, connect);
    path.onPayload = onPayload;
    path.subscribes = true;
  };
  for (let i = 0; i < rooms; i++) {
    const room = await server.createRoom();
    const publish = async () => {
      const publication = await server.publish(room, traffic.kind, ++ssrc, connect);
      streams.push(new LoadStream(publication.path, ssrc, traffic));
      return publication;
    };
    if (shape === "pair") {
      const both = [await publish(), await publish()];
      for (const publication of both) await subscribe(room, publication);
    } else {
      const lecturer = await publish();
      for (let n = 1; n < people; n++) await subscribe(room, lecturer);
    }
  }
  return streams;
}

/** Something that sends when it is due, and says when it is next. */
export interface Step {
  step(nowMs: number): number;
}

/** Serves all paths and lets everybody send what is due, for so long. */
export async function drive(steps: Step[], connect: Connect, forMs: number): Promise<void> {
  let nowMs = performance.now();
  const endMs = nowMs + forMs;
  let turnAtMs = nowMs + TURN_MS;
  while (nowMs < endMs) {
    let nextMs = turnAtMs;
    for (const one of steps) nextMs = Math.min(nextMs, one.step(nowMs));
    connect.serve(Math.max(0, nextMs - performance.now()));
    nowMs = performance.now();
    if (nowMs < turnAtMs) continue;
    turnAtMs = nowMs + TURN_MS;
    await turn();
  }
}

/** Drives for so long, and until everybody receives: pictures begin at a key frame. */
export async function warmUp(steps: Step[], connect: Connect, forMs: number): Promise<void> {
  await drive(steps, connect, forMs);
  const limitMs = performance.now() + BEGIN_LIMIT_MS;
  while (connect.paths.some(({ subscribes, received }) => subscribes && received === 0)) {
    if (performance.now() > limitMs) {
      throw new Error(`not everybody received within ${BEGIN_LIMIT_MS} ms`);
    }
    await drive(steps, connect, TURN_MS);
  }
}

/** The machine's load over the last minute. */
function load(): number {
  return round(Deno.loadavg()[0] ?? NaN, 1);
}

/** The middle of each figure. */
function middle(measured: readonly Measured[]): Measured {
  const keys = Object.keys(measured[0]!) as (keyof Measured)[];
  const values = (key: keyof Measured) =>
    Float64Array.from(measured.map((one) => one[key] ?? NaN)).sort();
  return Object.fromEntries(
    keys.map((key) => [key, quantile(values(key), 0.5)]),
  ) as unknown as Measured;
}

export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
