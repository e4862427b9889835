/**
 * One published track: its streams, who consumes it, and whether it may be heard at all.
 *
 * Invariant: while a producer is paused nothing of it is forwarded, kept or measured for loudness. A host's mute
 * holds here and not in the speaker's browser.
 */
import type { AudioLevel } from "./audio_level.ts";
import type { Consumer } from "./consumer.ts";
import { Demand, type EncodingDemand } from "./demand.ts";
import type { MediaKind, ProducerStats } from "./engine.ts";
import type { ProducerMapping } from "./ortc.ts";
import { ProducerStream } from "./producer_stream.ts";
import type { RecordingTap } from "./recording_tap.ts";
import type { SenderReport } from "./rtcp.ts";

export class Producer {
  readonly id: string;
  readonly kind: MediaKind;
  readonly mapping: ProducerMapping;
  /** One an encoding, in the order in which they were announced: lowest quality first. */
  readonly streams: readonly ProducerStream[];
  readonly consumers: Consumer[] = [];
  /** Of audio. */
  level: AudioLevel | undefined;
  /** While it is recorded. */
  tap: RecordingTap | undefined;
  #paused: boolean;
  readonly #demand: Demand;

  constructor(id: string, mapping: ProducerMapping, paused: boolean) {
    this.id = id;
    this.kind = mapping.kind;
    this.mapping = mapping;
    this.streams = mapping.encodings.map((encoding, layer) =>
      new ProducerStream(mapping, encoding, layer)
    );
    this.#paused = paused;
    this.#demand = new Demand(this.streams.length);
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
    const { packet } = stream;
    if (this.level !== undefined && packet.extensionValue >= 0) {
      this.level.receive(packet.extensionValue, nowMs);
    }
    const { consumers } = this;
    for (let i = 0; i < consumers.length; i++) consumers[i]!.send(stream, packet, payload, nowMs);
    this.tap?.packet(stream, packet, payload, nowMs);
    stream.keep();
  }

  /** What the publisher should send from now on, undefined when it knows. */
  takeDemand(nowMs: number): EncodingDemand[] | undefined {
    if (this.kind !== "video" || this.#paused) return undefined;
    const uses = this.streams.map(({ layer }) => ({
      watched: this.consumers.some((consumer) => consumer.wantedLayer === layer),
      recorded: this.tap !== undefined && layer === this.streams.length - 1,
      maxBitrate: null,
    }));
    return this.#demand.update(uses, nowMs);
  }

  receiveSenderReport(stream: ProducerStream, report: SenderReport, nowMs: number): void {
    stream.senderReport = report;
    stream.stats.receiveSenderReport(report, nowMs);
    this.tap?.report(stream, report, nowMs);
    if (this.#paused) return;
    for (const consumer of this.consumers) consumer.sendReport(stream, nowMs);
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
