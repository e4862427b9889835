/**
 * Several media processes as one engine: each room lives in one of them, on a port of its own.
 *
 * A new room goes where the fewest are. An id begins with a character that says which process made it, so nothing
 * has to be remembered of what an id is. One process that ends is replaced by its own supervisor and takes only its
 * rooms with it; as long as it can't be replaced the others take these.
 */
import { type MediaEngine, MediaError, type MediaEvent } from "../media_engine.ts";
import { ROUTER_RTP_CAPABILITIES } from "../engine/ortc.ts";
import { type MediaProcess, type MediaProcessOptions, startMediaProcess } from "./media_parent.ts";

const MARKS = "abcdefghijklmnopqrstuvwxyz";

export interface MediaPoolOptions extends Omit<MediaProcessOptions, "idPrefix"> {
  /** The first process's, the others' follow; 0: any free ones. */
  port: number;
  processes: number;
}

/** The engine, and its processes in the order of their ports. */
export interface MediaPool extends MediaEngine {
  readonly processes: readonly MediaProcess[];
}

/** Starts them. Rejects, with those that started ended, when a port is taken or OpenSSL 3 is missing. */
export async function startMediaPool(options: MediaPoolOptions): Promise<MediaPool> {
  const { processes: count, ...each } = options;
  const started = await Promise.allSettled(
    Array.from({ length: count }, (_, i) =>
      startMediaProcess({
        ...each,
        port: each.port === 0 ? 0 : each.port + i,
        idPrefix: MARKS[i]!,
      })),
  );
  const processes = started.flatMap((one) => one.status === "fulfilled" ? one.value : []);
  const failed = started.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await Promise.all(processes.map((process) => process.close()));
    throw failed.reason;
  }
  return poolOf(processes);
}

function poolOf(processes: readonly MediaProcess[]): MediaPool {
  const madeBy = (id: string): MediaProcess => {
    const process = processes[MARKS.indexOf(id.charAt(0))];
    if (process === undefined) throw new MediaError("not-found", `there is no ${id}`);
    return process;
  };
  return {
    processes,
    routerRtpCapabilities: ROUTER_RTP_CAPABILITIES,
    createRouter: async (onEvent: (event: MediaEvent) => void) =>
      await roomiest(processes).createRouter(onEvent),
    closeRouter: async (id) => await madeBy(id).closeRouter(id),
    createTransport: async (id, direction) => await madeBy(id).createTransport(id, direction),
    connectTransport: async (id, dtls) => await madeBy(id).connectTransport(id, dtls),
    restartIce: async (id) => await madeBy(id).restartIce(id),
    closeTransport: async (id) => await madeBy(id).closeTransport(id),
    produce: async (id, options) => await madeBy(id).produce(id, options),
    setProducerPaused: async (id, paused) => await madeBy(id).setProducerPaused(id, paused),
    closeProducer: async (id) => await madeBy(id).closeProducer(id),
    record: async (id, track) => await madeBy(id).record(id, track),
    consume: async (id, options) => await madeBy(id).consume(id, options),
    setConsumerPaused: async (id, paused) => await madeBy(id).setConsumerPaused(id, paused),
    setConsumerSize: async (id, width, height) =>
      await madeBy(id).setConsumerSize(id, width, height),
    closeConsumer: async (id) => await madeBy(id).closeConsumer(id),
    stats: async (id) => await madeBy(id).stats(id),
    counters: async () => sum(await Promise.all(processes.map((process) => process.counters()))),
    close: async () => {
      await Promise.all(processes.map((process) => process.close()));
    },
  };
}

/** The one with the fewest rooms, of those that serve if any does. */
function roomiest(processes: readonly MediaProcess[]): MediaProcess {
  const serving = processes.filter((process) => process.serving);
  return (serving.length > 0 ? serving : processes)
    .reduce((best, process) => process.rooms < best.rooms ? process : best);
}

function sum(each: readonly Record<string, number>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const counters of each) {
    for (const [name, value] of Object.entries(counters)) total[name] = (total[name] ?? 0) + value;
  }
  return total;
}
