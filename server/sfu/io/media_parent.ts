/**
 * Keeps one media process running, and is the media engine for everybody else.
 *
 * A fault in native code ends that process and no room: it is replaced within two seconds, and every router is told
 * `lost` as soon as new ones can be made, or when the first replacement doesn't start. Calls that come in between wait
 * for the new process.
 */
import {
  type MediaEngine,
  MediaError,
  type MediaEvent,
  type MediaKind,
  type ProducerStats,
  type TakeBatch,
} from "../media_engine.ts";
import type { Logger } from "../../../rooms/contract/logger.ts";
import type {
  ConsumerOptions,
  DtlsParameters,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  TransportOptions,
} from "../../../rooms/contract/protocol/rtp.ts";
import { ROUTER_RTP_CAPABILITIES } from "../engine/ortc.ts";
import { MediaChild } from "./media_child.ts";
import { type TurnOptions, turnServer } from "./turn.ts";

/** Between attempts to start a process that can't start, at first; it doubles up to the limit. */
const RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

export interface MediaProcessOptions {
  /** Bound, and announced unless `announcedAddress` says otherwise. */
  address: string;
  announcedAddress?: string;
  /** 0: any free one. */
  port: number;
  logger: Logger;
  /** A relay for browsers that reach nothing else; null for none. */
  turn?: TurnOptions | null;
  /** Where recorded media goes. */
  onRecorded?: TakeBatch;
  /** What the ids that it makes begin with; nothing when absent. */
  idPrefix?: string;
  /** Further flags for the child's V8. */
  v8Flags?: string[];
}

/** A media engine in a process of its own; `pid` is the present one's. */
export interface MediaProcess extends MediaEngine {
  readonly pid: number;
  readonly port: number;
  /** Whether a process runs; while it is replaced none does. */
  readonly serving: boolean;
  /** Routers that it has, and those that are being made. */
  readonly rooms: number;
}

/** Starts it. Rejects when the port is taken or OpenSSL 3 is missing. */
export async function startMediaProcess(options: MediaProcessOptions): Promise<MediaProcess> {
  const supervisor = new MediaSupervisor(options);
  await supervisor.start();
  return supervisor;
}

class MediaSupervisor implements MediaProcess {
  readonly routerRtpCapabilities: RtpCapabilities = ROUTER_RTP_CAPABILITIES;
  readonly #options: MediaProcessOptions;
  #routers = new Map<string, (event: MediaEvent) => void>();
  #child: MediaChild;
  /** Resolves with the process that serves. */
  #serving: Promise<MediaChild>;
  #port: number;
  #restarts = 0;
  #running = false;
  #opening = 0;
  #closed = false;

  constructor(options: MediaProcessOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#child = this.#spawn();
    this.#serving = Promise.resolve(this.#child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get port(): number {
    return this.#port;
  }

  get serving(): boolean {
    return this.#running;
  }

  get rooms(): number {
    return this.#routers.size + this.#opening;
  }

  async start(): Promise<void> {
    try {
      this.#port = await this.#child.ready;
    } catch (error) {
      await this.#child.close();
      throw error;
    }
    this.#options.logger.info("media process serves", {
      pid: this.pid,
      address: this.#options.address,
      port: this.#port,
    });
    this.#superviseFrom(this.#child);
  }

  #spawn(): MediaChild {
    const { address, announcedAddress, idPrefix, logger, v8Flags, onRecorded } = this.#options;
    return new MediaChild({
      address,
      port: this.#port,
      announcedAddress: announcedAddress ?? address,
      idPrefix: idPrefix ?? "",
      logger,
      v8Flags: v8Flags ?? [],
      onEvent: (routerId, event) => this.#routers.get(routerId)?.(event),
      onRecorded: onRecorded ?? (() => {}),
    });
  }

  #superviseFrom(child: MediaChild): void {
    this.#running = true;
    child.ended.then(() => {
      this.#running = false;
      if (this.#closed) return;
      this.#options.logger.error("media process ended", { pid: child.pid });
      this.#serving = this.#replace();
      this.#serving.catch(() => {});
    });
  }

  async #replace(): Promise<MediaChild> {
    const lost = this.#routers;
    this.#routers = new Map();
    // Told after this promise has settled, so that whoever hears it can make a router at once.
    const tellLost = () =>
      queueMicrotask(() => {
        for (const onEvent of lost.values()) onEvent({ type: "lost" });
        lost.clear();
      });
    for (let retryMs = RETRY_MS;; retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)) {
      if (this.#closed) throw new MediaError("unavailable", "media is closed");
      const child = this.#spawn();
      this.#child = child;
      this.#restarts++;
      try {
        this.#port = await child.ready;
      } catch (error) {
        const reason = error instanceof Error ? error.message : `${error}`;
        this.#options.logger.error("media process doesn't start", { pid: child.pid, reason });
        await child.close();
        // Another process may take the rooms meanwhile.
        tellLost();
        await new Promise((resolve) => setTimeout(resolve, retryMs));
        continue;
      }
      this.#options.logger.warn("media process was replaced", { pid: child.pid });
      this.#superviseFrom(child);
      tellLost();
      return child;
    }
  }

  async #call(method: string, ...args: unknown[]): Promise<unknown> {
    if (this.#closed) throw new MediaError("unavailable", "media is closed");
    const child = await this.#serving;
    return await child.call(method, args);
  }

  async createRouter(onEvent: (event: MediaEvent) => void): Promise<string> {
    this.#opening++;
    try {
      const routerId = await this.#call("createRouter") as string;
      this.#routers.set(routerId, onEvent);
      return routerId;
    } finally {
      this.#opening--;
    }
  }

  async closeRouter(routerId: string): Promise<void> {
    this.#routers.delete(routerId);
    await this.#call("closeRouter", routerId);
  }

  async createTransport(routerId: string, direction: "send" | "recv"): Promise<TransportOptions> {
    const options = await this.#call("createTransport", routerId, direction) as TransportOptions;
    const { turn } = this.#options;
    if (turn === undefined || turn === null) return options;
    return { ...options, iceServers: [turnServer(turn, options.id, Date.now())] };
  }

  async connectTransport(transportId: string, dtls: DtlsParameters): Promise<void> {
    await this.#call("connectTransport", transportId, dtls);
  }

  async restartIce(transportId: string): Promise<IceParameters> {
    return await this.#call("restartIce", transportId) as IceParameters;
  }

  async closeTransport(transportId: string): Promise<void> {
    await this.#call("closeTransport", transportId);
  }

  async produce(
    transportId: string,
    options: { kind: MediaKind; rtpParameters: RtpParameters; paused: boolean },
  ): Promise<{ producerId: string }> {
    return await this.#call("produce", transportId, options) as { producerId: string };
  }

  async setProducerPaused(producerId: string, paused: boolean): Promise<void> {
    await this.#call("setProducerPaused", producerId, paused);
  }

  async record(producerId: string, track: number | null): Promise<void> {
    await this.#call("record", producerId, track);
  }

  async closeProducer(producerId: string): Promise<void> {
    await this.#call("closeProducer", producerId);
  }

  async consume(
    transportId: string,
    options: { producerId: string; rtpCapabilities: RtpCapabilities },
  ): Promise<ConsumerOptions> {
    return await this.#call("consume", transportId, options) as ConsumerOptions;
  }

  async setConsumerPaused(consumerId: string, paused: boolean): Promise<void> {
    await this.#call("setConsumerPaused", consumerId, paused);
  }

  async setConsumerSize(consumerId: string, width: number, height: number): Promise<void> {
    await this.#call("setConsumerSize", consumerId, width, height);
  }

  async closeConsumer(consumerId: string): Promise<void> {
    await this.#call("closeConsumer", consumerId);
  }

  async stats(routerId: string): Promise<ProducerStats[]> {
    return await this.#call("stats", routerId) as ProducerStats[];
  }

  async counters(): Promise<Record<string, number>> {
    const counted = await this.#call("counters") as Record<string, number>;
    return { ...counted, processRestarts: this.#restarts };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#child.close();
  }
}
