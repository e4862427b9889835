/**
 * A media engine without media: it makes ids and remembers what was asked of it.
 *
 * For tests of room logic only; what media really does is tested against the real engine.
 */
import type {
  ConsumerOptions,
  IceParameters,
  RtpCapabilities,
  TransportOptions,
} from "../../../rooms/contract/protocol/rtp.ts";
import {
  type MediaEngine,
  MediaError,
  type MediaEvent,
  type MediaKind,
  type ProducerStats,
} from "../../../server/sfu/media_engine.ts";

export class QuietEngine implements MediaEngine {
  readonly routerRtpCapabilities: RtpCapabilities = { codecs: [], headerExtensions: [] };
  /** Router → where its events go. */
  readonly routers = new Map<string, (event: MediaEvent) => void>();
  readonly transports = new Map<string, { routerId: string; direction: "send" | "recv" }>();
  readonly producers = new Map<string, { transportId: string; kind: MediaKind; paused: boolean }>();
  readonly consumers = new Map<
    string,
    { transportId: string; producerId: string; paused: boolean }
  >();
  #lastId = 0;

  emit(event: MediaEvent): void {
    for (const onEvent of this.routers.values()) onEvent(event);
  }

  /** The media process dies: every id is gone. */
  lose(): void {
    const listeners = [...this.routers.values()];
    for (const map of [this.routers, this.transports, this.producers, this.consumers]) map.clear();
    for (const onEvent of listeners) onEvent({ type: "lost" });
  }

  createRouter(onEvent: (event: MediaEvent) => void): Promise<string> {
    const id = this.#id("router");
    this.routers.set(id, onEvent);
    return Promise.resolve(id);
  }

  closeRouter(routerId: string): Promise<void> {
    this.routers.delete(routerId);
    return Promise.resolve();
  }

  createTransport(routerId: string, direction: "send" | "recv"): Promise<TransportOptions> {
    if (!this.routers.has(routerId)) throw new MediaError("not-found", "no such router");
    const id = this.#id("transport");
    this.transports.set(id, { routerId, direction });
    return Promise.resolve({
      id,
      iceParameters: { usernameFragment: "ufrag", password: "password", iceLite: true },
      iceCandidates: [],
      dtlsParameters: { role: "auto", fingerprints: [{ algorithm: "sha-256", value: "AA:BB" }] },
    });
  }

  connectTransport(): Promise<void> {
    return Promise.resolve();
  }

  restartIce(_transportId: string): Promise<IceParameters> {
    return Promise.resolve({ usernameFragment: "ufrag", password: "again", iceLite: true });
  }

  closeTransport(transportId: string): Promise<void> {
    this.transports.delete(transportId);
    for (const [id, producer] of this.producers) {
      if (producer.transportId === transportId) this.producers.delete(id);
    }
    return Promise.resolve();
  }

  produce(
    transportId: string,
    { kind, paused }: { kind: MediaKind; paused: boolean },
  ): Promise<{ producerId: string }> {
    const producerId = this.#id("producer");
    this.producers.set(producerId, { transportId, kind, paused });
    return Promise.resolve({ producerId });
  }

  async setProducerPaused(producerId: string, paused: boolean): Promise<void> {
    const producer = await this.#find(this.producers, producerId);
    producer.paused = paused;
  }

  async record(producerId: string): Promise<void> {
    await this.#find(this.producers, producerId);
  }

  async closeProducer(producerId: string): Promise<void> {
    await this.#find(this.producers, producerId);
    this.producers.delete(producerId);
  }

  async consume(
    transportId: string,
    { producerId }: { producerId: string },
  ): Promise<ConsumerOptions> {
    const { kind } = await this.#find(this.producers, producerId);
    const id = this.#id("consumer");
    this.consumers.set(id, { transportId, producerId, paused: true });
    return { id, producerId, kind, rtpParameters: RTP[kind] };
  }

  async setConsumerPaused(consumerId: string, paused: boolean): Promise<void> {
    (await this.#find(this.consumers, consumerId)).paused = paused;
  }

  async setConsumerSize(consumerId: string): Promise<void> {
    await this.#find(this.consumers, consumerId);
  }

  async closeConsumer(consumerId: string): Promise<void> {
    await this.#find(this.consumers, consumerId);
    this.consumers.delete(consumerId);
  }

  stats(): Promise<ProducerStats[]> {
    return Promise.resolve([]);
  }

  counters(): Promise<Record<string, number>> {
    return Promise.resolve({});
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #find<T>(map: Map<string, T>, id: string): Promise<T> {
    const found = map.get(id);
    return found === undefined
      ? Promise.reject(new MediaError("not-found", `no such id: ${id}`))
      : Promise.resolve(found);
  }

  #id(kind: string): string {
    return `${kind}-${++this.#lastId}`;
  }
}

/** Parameters that pass the schemas. */
export const RTP = {
  audio: {
    codecs: [{ mimeType: "audio/opus", payloadType: 111, clockRate: 48000, channels: 2 }],
    encodings: [{ ssrc: 1111 }],
  },
  video: {
    codecs: [{ mimeType: "video/VP8", payloadType: 96, clockRate: 90000 }],
    encodings: [{ ssrc: 2222 }],
  },
};
