/**
 * One meeting's media: its transports, who publishes what to whom, and who speaks.
 *
 * Invariant: closing anything closes what depends on it, and tells the owner exactly what it didn't ask for itself.
 */
import type {
  ConsumerOptions,
  RtpCapabilities,
  RtpParameters,
} from "../../../rooms/contract/protocol/rtp.ts";
import { Consumer } from "./consumer.ts";
import {
  MediaError,
  type MediaEvent,
  type MediaKind,
  type ProducerStats,
} from "../media_engine.ts";
import type { MediaEnvironment } from "./environment.ts";
import {
  MAX_CONSUMERS_PER_PRODUCER,
  MAX_CONSUMERS_PER_TRANSPORT,
  MAX_PRODUCERS_PER_TRANSPORT,
} from "../media_limits.ts";
import { mapConsumer, mapProducer } from "./ortc.ts";
import { Producer } from "./producer.ts";
import { Speakers } from "../choose/speakers.ts";
import type { Transport } from "./transport.ts";

/** Between two readings of everybody's connection. */
const QUALITY_MS = 2000;
/** Between two looks at what publishers should send. */
const DEMAND_MS = 100;

export class Router {
  readonly id: string;
  readonly transports = new Map<string, Transport>();
  readonly producers = new Map<string, { producer: Producer; transport: Transport }>();
  readonly consumers = new Map<string, { consumer: Consumer; transport: Transport }>();
  readonly #environment: MediaEnvironment;
  readonly #onEvent: (event: MediaEvent) => void;
  readonly #speakers = new Speakers();
  #silent = false;
  #nextDemandMs = 0;
  #nextQualityMs = 0;
  #toldQualities = 0;
  /** Those of whom it was told. */
  readonly #quiet = new WeakSet<Transport>();

  constructor(id: string, environment: MediaEnvironment, onEvent: (event: MediaEvent) => void) {
    this.id = id;
    this.#environment = environment;
    this.#onEvent = onEvent;
  }

  tell(event: MediaEvent): void {
    if (!this.#silent) this.#onEvent(event);
  }

  /** Tells nothing more: its owner closes it. */
  silence(): void {
    this.#silent = true;
  }

  /** @throws {MediaError} when the parameters can't be forwarded or a bound is reached. */
  produce(
    transport: Transport,
    options: { id: string; kind: MediaKind; rtpParameters: RtpParameters; paused: boolean },
  ): Producer {
    if (transport.direction !== "send") {
      throw new MediaError("conflict", `transport ${transport.id} is made for receiving`);
    }
    if (transport.producers.size >= MAX_PRODUCERS_PER_TRANSPORT) {
      throw new MediaError("unavailable", `a transport has ${MAX_PRODUCERS_PER_TRANSPORT} tracks`);
    }
    const mapping = mapProducer(options.kind, options.rtpParameters);
    const producer = new Producer(options.id, mapping, options.paused);
    transport.addProducer(producer);
    this.producers.set(producer.id, { producer, transport });
    if (options.kind === "audio") producer.level = this.#speakers.add(producer.id);
    return producer;
  }

  /** @throws {MediaError} when the device can't receive it or a bound is reached. */
  consume(
    transport: Transport,
    options: { id: string; producerId: string; rtpCapabilities: RtpCapabilities },
  ): ConsumerOptions {
    const found = this.producers.get(options.producerId);
    if (found === undefined) {
      throw new MediaError("not-found", `there is no producer ${options.producerId}`);
    }
    if (transport.direction !== "recv") {
      throw new MediaError("conflict", `transport ${transport.id} is made for sending`);
    }
    const { producer } = found;
    if (
      transport.consumers.size >= MAX_CONSUMERS_PER_TRANSPORT ||
      producer.consumers.length >= MAX_CONSUMERS_PER_PRODUCER
    ) {
      throw new MediaError("unavailable", `too many consumers of producer ${producer.id}`);
    }
    const { random } = this.#environment;
    const [ssrc, rtxSsrc] = this.#unusedSsrcs(transport);
    // One name for all tracks of a publisher, so that receivers keep audio and video together.
    const cname = found.transport.id;
    const mapping = mapConsumer(producer.mapping, options.rtpCapabilities, {
      ssrc,
      rtxSsrc,
      cname,
      mid: transport.nextMid(),
    });
    const consumer = new Consumer({
      id: options.id,
      ssrc,
      rtxSsrc,
      producer,
      outlet: transport,
      mapping,
      cname,
      sequence: 1 + random.integer(0x3fff),
      rtxSequence: 1 + random.integer(0x3fff),
      timestampOffset: random.integer(0xffffffff),
    });
    transport.addConsumer(consumer);
    producer.consumers.push(consumer);
    this.consumers.set(consumer.id, { consumer, transport });
    return {
      id: consumer.id,
      producerId: producer.id,
      kind: producer.kind,
      rtpParameters: mapping.rtpParameters,
    };
  }

  /** Two ssrcs that nothing else on this transport has: an ssrc is never used again under the same keys. */
  #unusedSsrcs(transport: Transport): [number, number] {
    const take = () => {
      for (;;) {
        const ssrc = 2 + this.#environment.random.integer(0xfffffffd);
        if (transport.claimSsrc(ssrc)) return ssrc;
      }
    };
    return [take(), take()];
  }

  setProducerPaused(producer: Producer, paused: boolean): void {
    producer.setPaused(paused);
    if (producer.kind !== "audio") return;
    if (paused) {
      producer.level = undefined;
      this.#speakers.remove(producer.id);
    } else if (producer.level === undefined) producer.level = this.#speakers.add(producer.id);
  }

  closeProducer(producer: Producer): void {
    const found = this.producers.get(producer.id);
    if (found === undefined) return;
    this.producers.delete(producer.id);
    this.#speakers.remove(producer.id);
    found.transport.removeProducer(producer);
    for (const { id } of [...producer.consumers]) {
      this.closeConsumer(id);
      this.tell({ type: "consumerClosed", consumerId: id });
    }
  }

  closeConsumer(consumerId: string): void {
    const found = this.consumers.get(consumerId);
    if (found === undefined) return;
    const { consumer, transport } = found;
    this.consumers.delete(consumerId);
    transport.removeConsumer(consumer);
    const { consumers } = consumer.producer;
    const at = consumers.indexOf(consumer);
    if (at >= 0) consumers.splice(at, 1);
  }

  /** Closes a transport with everything on it; `tellAll` when nobody asked for it. */
  closeTransport(transport: Transport, tellAll: boolean): void {
    if (!this.transports.delete(transport.id)) return;
    for (const producer of [...transport.producers.values()]) {
      this.closeProducer(producer);
      if (tellAll) this.tell({ type: "producerClosed", producerId: producer.id });
    }
    for (const id of [...transport.consumers.keys()]) this.closeConsumer(id);
    transport.close();
    if (tellAll) this.tell({ type: "transportClosed", transportId: transport.id });
  }

  stats(): ProducerStats[] {
    return [...this.producers.values()].map(({ producer }) => producer.stats());
  }

  tick(nowMs: number): void {
    for (const { producer } of this.producers.values()) producer.tap?.tick(nowMs);
    if (nowMs >= this.#nextDemandMs) {
      this.#nextDemandMs = nowMs + DEMAND_MS;
      this.#tellDemand(nowMs);
    }
    if (nowMs >= this.#nextQualityMs) {
      this.#nextQualityMs = nowMs + QUALITY_MS;
      this.#tellQuality(nowMs);
      this.#tellQuiet(nowMs);
    }
    const speakers = this.#speakers.poll(nowMs);
    if (speakers === undefined) return;
    this.#showSpeakers(speakers);
    this.tell({ type: "speakers", speakers });
  }

  #tellQuiet(nowMs: number): void {
    for (const transport of this.transports.values()) {
      const quiet = transport.ice.quiet(nowMs);
      if (quiet === this.#quiet.has(transport)) continue;
      if (quiet) this.#quiet.add(transport);
      else this.#quiet.delete(transport);
      this.tell({ type: "transportQuiet", transportId: transport.id, quiet });
    }
  }

  #tellQuality(nowMs: number): void {
    const connected = [...this.transports.values()].filter((transport) => transport.connected);
    const changed = connected.filter((transport) => transport.readQuality(nowMs));
    if (changed.length === 0 && connected.length === this.#toldQualities) return;
    this.#toldQualities = connected.length;
    this.tell({
      type: "quality",
      transports: connected.map(({ id, quality: { grade, figures } }) => ({
        transportId: id,
        grade,
        ...figures,
      })),
    });
  }

  #tellDemand(nowMs: number): void {
    for (const { producer } of this.producers.values()) {
      const encodings = producer.takeDemand(nowMs);
      if (encodings !== undefined) {
        this.tell({ type: "demand", producerId: producer.id, encodings });
      }
      const redundant = producer.takeRedundancy(nowMs);
      if (redundant !== undefined) {
        this.tell({ type: "redundancy", producerId: producer.id, wanted: redundant });
      }
    }
    for (const { consumer } of this.consumers.values()) {
      const starved = consumer.takeStarved();
      if (starved !== undefined) {
        this.tell({ type: "consumerStarved", consumerId: consumer.id, starved });
      }
    }
  }

  /** Who speaks comes before others of the same size, where there isn't room for all. */
  #showSpeakers(speakers: readonly { producerId: string }[]): void {
    const speaking = new Set(
      speakers.map(({ producerId }) => this.producers.get(producerId)?.transport),
    );
    for (const { producer, transport } of this.producers.values()) {
      producer.prominent = speaking.has(transport);
    }
  }
}
