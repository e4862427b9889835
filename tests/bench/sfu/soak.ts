/**
 * `deno task bench sfu --soak MINUTES [--share 1]`: twenty one-to-one rooms for a long while, at a share of the usual load,
 * and beside them lessons that come and go.
 *
 * Memory is read at the end of every lesson that goes. What leaks by the packet or by the lesson shows in `residentMb`,
 * `descriptors` and `left`; timers and lists that grow show in the CPU time of a packet, early and late.
 */
import { drive, fill, PAIRS } from "../sfu.ts";
import { startLectern } from "./lectern.ts";
import { Connect } from "./servers.ts";
import { LoadStream } from "./stream.ts";
import { processCpuMs, processDescriptors, processResidentMb } from "../server_process.ts";

const SECONDS_A_LESSON = 10;
/** Engines and allocators take what they like at first. */
const SETTLE_SHARE = 0.1;

interface Reading {
  atS: number;
  residentMb: number;
  descriptors: number;
  cpuMs: number;
  received: number;
}

export async function soak(minutes: number, share: number): Promise<Record<string, unknown>> {
  await using server = await startLectern({ v8Flags: [] });
  const [pid] = server.pids;
  if (pid === undefined || server.closeRoom === undefined || server.counters === undefined) {
    throw new Error("this server can't be soaked");
  }
  const connect = new Connect();
  let received = 0;
  const onPayload = () => {
    received++;
  };
  const traffic = {
    ...PAIRS.traffic,
    packetsPerSecond: Math.round(PAIRS.traffic.packetsPerSecond * share),
  };
  const streams = await fill(server, { ...PAIRS, traffic }, connect, onPayload);
  const lasting = connect.paths.length;
  const startMs = performance.now();
  streams.forEach((stream, i) => stream.begin(startMs, i / streams.length));
  const readings: Reading[] = [];
  let lessons = 0;
  while (performance.now() - startMs < minutes * 60_000) {
    const room = await server.createRoom();
    const visitors: LoadStream[] = [];
    for (const ssrc of [90_000 + 2 * lessons, 90_001 + 2 * lessons]) {
      const publication = await server.publish(room, traffic.kind, ssrc, connect);
      await server.subscribe(room, publication, connect);
      const visitor = new LoadStream(publication.path, ssrc, traffic);
      visitor.begin(performance.now(), 0);
      visitors.push(visitor);
    }
    await drive([...streams, ...visitors], connect, SECONDS_A_LESSON * 1000);
    connect.closeSince(lasting);
    await server.closeRoom(room);
    lessons++;
    readings.push({
      atS: (performance.now() - startMs) / 1000,
      residentMb: processResidentMb(pid),
      descriptors: processDescriptors(pid),
      cpuMs: processCpuMs(pid),
      received,
    });
  }
  const elapsedS = (performance.now() - startMs) / 1000;
  const left = await server.counters();
  const sent = streams.reduce((sum, stream) => sum + stream.sent, 0);
  connect.close();
  return {
    bench: "sfu",
    soak: { minutes, share, packetsPerSecond: Math.round(received / elapsedS), lessons },
    delivered: round(received / sent, 5),
    ...compare(readings),
    left: {
      routersBeside: left["routers"]! - PAIRS.rooms,
      transportsBeside: left["transports"]! - lasting,
    },
    load: round(Deno.loadavg()[0] ?? NaN, 1),
  };
}

/** The first quarter after the settling against the last quarter. */
function compare(readings: readonly Reading[]): Record<string, unknown> {
  const settled = readings.slice(Math.ceil(readings.length * SETTLE_SHARE));
  const quarter = Math.max(2, Math.floor(settled.length / 4));
  const [early, late] = [settled.slice(0, quarter), settled.slice(-quarter)];
  const least = (part: readonly Reading[], key: "residentMb" | "descriptors") =>
    round(Math.min(...part.map((reading) => reading[key])), 1);
  const cpuUs = (part: readonly Reading[]) => {
    const [from, to] = [part[0]!, part.at(-1)!];
    return round((to.cpuMs - from.cpuMs) * 1000 / (to.received - from.received), 2);
  };
  const both = (figure: (part: readonly Reading[]) => number) => ({
    early: figure(early),
    late: figure(late),
  });
  return {
    residentMb: both((part) => least(part, "residentMb")),
    descriptors: both((part) => least(part, "descriptors")),
    cpuUsPerPacket: both(cpuUs),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
