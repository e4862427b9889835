/**
 * One published track: its streams, who consumes it, and whether it may be heard at all.
 *
 * Invariant: while a producer is paused nothing of it is forwarded, kept or measured for loudness. A host's mute
 * holds here and not in the speaker's browser.
 */
import type { LayerNeed } from "../choose/allocation.ts";
import type { AudioLevel } from "../receive/audio_level.ts";
import type { Destination } from "./destination.ts";
import { Demand, type EncodingDemand } from "../choose/demand.ts";
import { EncoderYield } from "../choose/encoder_yield.ts";
import type { MediaKind, ProducerStats } from "../media_engine.ts";
import { LossWatch } from "../choose/loss_watch.ts";
import type { ProducerMapping } from "./ortc.ts";
import { type ForwardedPacket, ProducerStream } from "./producer_stream.ts";
import type { RecordingTap } from "./recording_tap.ts";
import type { SenderReport } from "../packets/rtcp.ts";

/** A layer that stands in for a better one may grow by this, for viewers whose network bears it. */
const STRETCH = 2;
/** The part of its announced bitrate that a layer made to measure needs at least. */
const LEAST = 0.5;
const LEAST_OF_LOWEST = 0.3;
const LEAST_OF_ONE = 0.05;
/** A recording should be good whatever a viewer's network is. */
const LEAST_OF_RECORDED = 0.65;
const UNANNOUNCED_BPS = 1_000_000;
const MIN_BITRATE_BPS = 40_000;
/** Each change is a negotiation in the publisher's browser. */
const REDUNDANT_HOLD_MS = 10_000;

export class Producer {
  readonly id: string;
  readonly kind: MediaKind;
  readonly mapping: ProducerMapping;
  /** One an encoding, in the order in which they were announced: lowest quality first. */
  readonly streams: readonly ProducerStream[];
  readonly consumers: Destination[] = [];
  /** On the path from the publisher. */
  readonly loss = new LossWatch();
  /** Whether its owner speaks. */
  prominent = false;
  /** The level of an audio producer. */
  level: AudioLevel | undefined;
  /** While it is recorded. */
  tap: RecordingTap | undefined;
  #paused: boolean;
  #redundantMs = -Infinity;
  #toldRedundant = false;
  readonly #demand: Demand;
  readonly #yields: readonly EncoderYield[];

  constructor(id: string, mapping: ProducerMapping, paused: boolean) {
    this.id = id;
    this.kind = mapping.kind;
    this.mapping = mapping;
    this.streams = mapping.encodings.map((encoding, layer) =>
      new ProducerStream(mapping, encoding, layer)
    );
    this.#paused = paused;
    this.#demand = new Demand(this.streams.length);
    this.#yields = this.streams.map(() => new EncoderYield());
  }

  get paused(): boolean {
    return this.#paused;
  }

  setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    for (const stream of this.streams) stream.pause();
    for (const consumer of this.consumers) consumer.interrupt();
    this.tap?.interrupt();
  }

  /** The stream that a new consumer follows. */
  get defaultStream(): ProducerStream {
    return this.streams.at(-1)!;
  }

  /** Hands the packet that `stream` took last to everybody. */
  forward(stream: ProducerStream, payload: Uint8Array, nowMs: number): void {
    if (this.#paused) return;
    const { packet, recovered } = stream;
    if (packet.redLength > 0 && recovered.length > 0) {
      this.#hand(stream, recovered, stream.recoveredPayload, nowMs);
    }
    if (this.level !== undefined && packet.extensionValue >= 0) {
      this.level.receive(packet.extensionValue, nowMs);
    }
    this.#hand(stream, packet, payload, nowMs);
    stream.keep();
  }

  #hand(stream: ProducerStream, packet: ForwardedPacket, payload: Uint8Array, nowMs: number): void {
    const { consumers } = this;
    for (let i = 0; i < consumers.length; i++) consumers[i]!.send(stream, packet, payload, nowMs);
    this.tap?.packet(stream, packet, payload, nowMs);
  }

  /** What the publisher should send from now on, undefined when it knows. */
  takeDemand(nowMs: number): EncodingDemand[] | undefined {
    if (this.kind !== "video" || this.#paused) return undefined;
    const uses = this.streams.map(({ layer }) => ({
      watched: this.consumers.some((consumer) => consumer.wantedLayer === layer),
      recorded: this.tap !== undefined && layer === this.streams.length - 1,
      maxBitrate: this.#fittingBitrate(layer, nowMs),
    }));
    const demand = this.#demand.update(uses, nowMs);
    demand?.forEach(({ maxBitrate }, layer) => this.#yields[layer]!.tell(maxBitrate, nowMs));
    return demand;
  }

  /** Whether the publisher should send redundant audio, when that changed since the last call. */
  takeRedundancy(nowMs: number): boolean | undefined {
    if (!this.#paused && this.#needsRedundancy(nowMs)) this.#redundantMs = nowMs;
    const wanted = nowMs - this.#redundantMs < REDUNDANT_HOLD_MS;
    if (wanted === this.#toldRedundant) return undefined;
    this.#toldRedundant = wanted;
    return wanted;
  }

  /** On the path here loss is made up for by what comes: it needs a receiver, and none that takes redundancy. */
  #needsRedundancy(nowMs: number): boolean {
    if (this.mapping.redPayloadType < 0) return false;
    if (this.consumers.some(({ redundant }) => redundant)) return true;
    const received = this.tap !== undefined || this.consumers.some(({ paused }) => !paused);
    return received && this.loss.lossy(nowMs);
  }

  /** What a layer takes of the bandwidth of one of its viewers, who would be best served by the layer `fitting`. */
  layerNeed(layer: number, consumer: Destination, fitting: number, nowMs: number): LayerNeed {
    const stream = this.streams[layer]!;
    const announced = stream.maxBitrate ?? UNANNOUNCED_BPS;
    const expected = stream.alive(nowMs)
      ? Math.min(announced * STRETCH, stream.expectedBitsPerSecond(nowMs))
      : announced;
    const alone = !this.consumers.some((other) =>
      other !== consumer && other.wantedLayer === layer
    );
    // Whoever is alone with a layer can have it made to measure.
    if (!alone) return { least: expected, most: Math.max(expected, announced) };
    return {
      least: Math.min(expected, announced * this.#leastOf(layer)),
      most: layer < fitting ? announced * STRETCH : announced,
    };
  }

  #leastOf(layer: number): number {
    if (this.#recordsLayer(layer)) return LEAST_OF_RECORDED;
    if (this.streams.length === 1) return LEAST_OF_ONE;
    return layer === 0 ? LEAST_OF_LOWEST : LEAST;
  }

  /** The recorder takes the best layer much as it is; the only one it takes as its viewers need it. */
  #recordsLayer(layer: number): boolean {
    return this.tap !== undefined && this.streams.length > 1 && layer === this.streams.length - 1;
  }

  /** Where nobody who watches a layer has room for all of it, the most that one of them has room for. */
  #fittingBitrate(layer: number, nowMs: number): number | null {
    const stream = this.streams[layer]!;
    const { maxBitrate } = stream;
    if (maxBitrate === undefined) return null;
    let most = 0;
    for (const { wantedLayer, grant } of this.consumers) {
      if (wantedLayer !== layer) continue;
      if (grant === undefined) return null;
      most = Math.max(most, grant);
    }
    if (most === 0) return null;
    const least = this.#recordsLayer(layer) ? maxBitrate * LEAST_OF_RECORDED : MIN_BITRATE_BPS;
    const wanted = Math.min(maxBitrate * STRETCH, Math.max(least, most));
    return Math.round(this.#yields[layer]!.ask(wanted, stream.bitsPerSecond(nowMs), nowMs));
  }

  /** The largest fraction lost that its consumers last reported, 0–1. */
  worstLoss(nowMs: number): number {
    let worst = 0;
    for (const consumer of this.consumers) {
      if (consumer.reported(nowMs)) worst = Math.max(worst, consumer.reports.fractionLost);
    }
    return worst;
  }

  receiveSenderReport(stream: ProducerStream, report: SenderReport, nowMs: number): void {
    if (stream.receiveSenderReport(report, nowMs)) this.tap?.report(stream, report, nowMs);
  }

  stats(): ProducerStats {
    const total = { producerId: this.id, packets: 0, bytes: 0, lost: 0, jitterMs: 0 };
    for (const { stats } of this.streams) {
      total.packets += stats.packets;
      total.bytes += stats.bytes;
      total.lost += stats.lost;
      total.jitterMs = Math.max(total.jitterMs, stats.jitterMs);
    }
    return total;
  }
}
