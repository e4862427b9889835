/**
 * `deno task bench sfu --flood 50000 [--share 0.05] [--seconds 5] [--rounds 5]`: lessons by turns in peace and under so
 * many datagrams of junk a second from strangers, on one server in one run.
 *
 * The lessons are a share of the twenty usual ones, few enough that the machine isn't the limit, because who sends the
 * junk, who sends the lessons and who serves them share it. `lostAt` says which socket's buffer in the kernel was too
 * full for a packet: the server's or the measuring one's own.
 */
import { drive, fill, PAIRS, quantile, round, warmUp } from "../sfu.ts";
import { Connect, type SfuServer } from "./servers.ts";
import { stampOf } from "./stream.ts";
import { processCpuMs, processResidentMb, ServerProcess } from "../server_process.ts";

const WARM_UP_MS = 2000;
/** From the first junk, or the last, to the first packet that counts; and for the last one to arrive. */
const SETTLE_MS = 500;

interface Spell {
  delivered: number;
  addedLatencyP50Ms: number;
  addedLatencyP99Ms: number;
  cpuPercent: number;
  lostAt: { server: number; generator: number };
  junkPerSecond: number;
}

export async function flooded(
  server: SfuServer,
  options: { perSecond: number; share: number; seconds: number; rounds: number },
): Promise<Record<string, unknown>> {
  const { perSecond, share, seconds, rounds } = options;
  const connect = new Connect();
  const rooms = Math.max(1, Math.round(PAIRS.rooms * share));
  let latencies: number[] = [];
  let counted = { fromMs: Infinity, untilMs: Infinity };
  const streams = await fill(server, { ...PAIRS, rooms }, connect, (plain, length) => {
    const sentMs = stampOf(plain, length);
    if (sentMs < counted.fromMs || sentMs >= counted.untilMs) return;
    latencies.push(performance.now() - sentMs);
  });
  const nowMs = performance.now();
  streams.forEach((stream, i) => stream.begin(nowMs, i / streams.length));
  const { address, port } = connect.paths[0]!.server!;
  await using flood = await ServerProcess.start(
    new URL("./flood_main.ts", import.meta.url).href,
    [address, `${port}`, `${perSecond}`],
  );
  Deno.kill(flood.pid, "SIGSTOP");
  const ownPorts = new Set(connect.paths.map(({ socket }) => socket.port));
  const cpuMs = () => server.pids.reduce((sum, pid) => sum + processCpuMs(pid), 0);
  const residentMb = () => server.pids.reduce((sum, pid) => sum + processResidentMb(pid), 0);
  const read = async () => {
    const counters = await server.counters?.() ?? {};
    return {
      sent: streams.reduce((sum, stream) => sum + stream.sent, 0),
      cpuMs: cpuMs(),
      junk: (counters["datagramsRejected"] ?? NaN) + (counters["stunRejected"] ?? NaN),
      lostAtServer: kernelDrops(new Set([port])),
      lostAtGenerator: kernelDrops(ownPorts),
      atMs: performance.now(),
    };
  };

  const spell = async (): Promise<Spell> => {
    await drive(streams, connect, SETTLE_MS);
    const before = await read();
    latencies = [];
    counted = { fromMs: performance.now(), untilMs: Infinity };
    await drive(streams, connect, seconds * 1000);
    counted.untilMs = performance.now();
    const after = await read();
    await drive(streams, connect, SETTLE_MS);
    const sorted = Float64Array.from(latencies).sort();
    const elapsedMs = after.atMs - before.atMs;
    const server = after.lostAtServer - before.lostAtServer;
    return {
      delivered: sorted.length / (after.sent - before.sent),
      addedLatencyP50Ms: quantile(sorted, 0.5),
      addedLatencyP99Ms: quantile(sorted, 0.99),
      cpuPercent: (after.cpuMs - before.cpuMs) * 100 / elapsedMs,
      lostAt: { server, generator: after.lostAtGenerator - before.lostAtGenerator },
      junkPerSecond: (after.junk - before.junk) * 1000 / elapsedMs,
    };
  };

  await warmUp(streams, connect, WARM_UP_MS);
  const spells: { quiet: Spell[]; flooded: Spell[] } = { quiet: [], flooded: [] };
  const residentMbs: number[] = [];
  for (let i = 0; i < rounds; i++) {
    spells.quiet.push(await spell());
    Deno.kill(flood.pid, "SIGCONT");
    spells.flooded.push(await spell());
    Deno.kill(flood.pid, "SIGSTOP");
    residentMbs.push(round(residentMb(), 1));
  }
  Deno.kill(flood.pid, "SIGCONT");
  connect.close();
  return {
    rooms,
    quiet: summary(spells.quiet),
    flooded: summary(spells.flooded),
    residentMbAfterEachRound: residentMbs,
  };
}

/** All deliveries and losses together; of the others the middle. */
function summary(spells: readonly Spell[]): Record<string, unknown> {
  const middle = (figure: (spell: Spell) => number, digits: number) =>
    round(quantile(Float64Array.from(spells.map(figure)).sort(), 0.5), digits);
  const sum = (figure: (spell: Spell) => number) =>
    spells.reduce((total, spell) => total + figure(spell), 0);
  return {
    delivered: round(sum(({ delivered }) => delivered) / spells.length, 5),
    addedLatencyP50Ms: middle(({ addedLatencyP50Ms }) => addedLatencyP50Ms, 2),
    addedLatencyP99Ms: middle(({ addedLatencyP99Ms }) => addedLatencyP99Ms, 2),
    cpuPercent: middle(({ cpuPercent }) => cpuPercent, 1),
    lostAt: {
      server: sum(({ lostAt }) => lostAt.server),
      generator: sum(({ lostAt }) => lostAt.generator),
    },
    junkPerSecond: middle(({ junkPerSecond }) => junkPerSecond, 0),
  };
}

/** Datagrams that the kernel had no room for in the buffers of these ports' sockets. */
function kernelDrops(ports: ReadonlySet<number>): number {
  let drops = 0;
  for (const table of ["/proc/net/udp", "/proc/net/udp6"]) {
    for (const line of Deno.readTextFileSync(table).trim().split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      const port = Number.parseInt(fields[1]!.split(":")[1]!, 16);
      if (ports.has(port)) drops += Number(fields.at(-1));
    }
  }
  return drops;
}
