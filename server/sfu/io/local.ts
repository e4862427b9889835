/**
 * The media engine inside this process: for tests, and where a child process can't be started.
 */
import { MediaCore } from "../engine/core.ts";
import type { MediaEngine, TakeBatch } from "../media_engine.ts";
import type { DatagramSocket } from "../ports.ts";
import { mayBeBindingRequest } from "../packets/stun.ts";
import { createDtlsFactory } from "./crypto/dtls.ts";
import { runMediaLoop } from "./media_loop.ts";
import { systemRandomness } from "./crypto/randomness.ts";
import { collectBatches } from "./recorded_batches.ts";
import { openMediaPort } from "./media_port.ts";

export interface LocalMediaOptions {
  address: string;
  port: number;
  announcedAddress?: string;
  /** Stands between the core and the network, for instance to lose packets. */
  wrapSocket?: (socket: DatagramSocket) => DatagramSocket;
  onFault?: (error: unknown) => void;
  /** Where recorded media goes. */
  onRecorded?: TakeBatch;
}

/** Opens the port and serves media on this thread without ever blocking it. */
export async function startLocalMedia(options: LocalMediaOptions): Promise<MediaEngine> {
  const opened = await openMediaPort({ ...options, introduces: mayBeBindingRequest });
  const socket = options.wrapSocket?.(opened) ?? opened;
  const recorded = collectBatches(options.onRecorded ?? (() => {}));
  const core = new MediaCore({
    socket,
    dtls: createDtlsFactory(),
    random: systemRandomness,
    announcedAddress: options.announcedAddress ?? options.address,
    recording: recorded.sink,
  });
  const loop = runMediaLoop({
    socket,
    core,
    dedicated: false,
    onFault: options.onFault ?? ((error) => reportError(error)),
  });
  return asEngine(core, async () => {
    recorded.stop();
    core.close();
    socket.flush();
    loop.stop();
    socket.close();
    await loop.ended;
  });
}

/** The core behind the engine's promises: what it throws becomes a rejection. */
export function asEngine(core: MediaCore, close: () => Promise<void>): MediaEngine {
  return {
    routerRtpCapabilities: core.routerRtpCapabilities,
    createRouter: async (onEvent) => await core.createRouter(onEvent),
    closeRouter: async (routerId) => await core.closeRouter(routerId),
    createTransport: async (routerId, direction) => await core.createTransport(routerId, direction),
    connectTransport: async (transportId, dtls) => await core.connectTransport(transportId, dtls),
    restartIce: async (transportId) => await core.restartIce(transportId),
    closeTransport: async (transportId) => await core.closeTransport(transportId),
    produce: async (transportId, options) => await core.produce(transportId, options),
    setProducerPaused: async (producerId, paused) =>
      await core.setProducerPaused(producerId, paused),
    record: async (producerId, track) => await core.record(producerId, track),
    closeProducer: async (producerId) => await core.closeProducer(producerId),
    consume: async (transportId, options) => await core.consume(transportId, options),
    setConsumerPaused: async (consumerId, paused) =>
      await core.setConsumerPaused(consumerId, paused),
    setConsumerSize: async (consumerId, width, height) =>
      await core.setConsumerSize(consumerId, width, height),
    closeConsumer: async (consumerId) => await core.closeConsumer(consumerId),
    stats: async (routerId) => await core.stats(routerId),
    counters: async () => await core.counters(),
    close,
  };
}
