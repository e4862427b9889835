/**
 * Which stream a received ssrc belongs to: as signalled, or learnt from the mid and rid of an authentic packet
 * (RFC 8852, RFC 9143 §9.2).
 *
 * Keys are ssrcs as signed integers, which the engine keeps without allocating.
 */
import { MediaError } from "../media_engine.ts";
import type { Producer } from "./producer.ts";
import type { ProducerStream } from "./producer_stream.ts";
import { extensionText, type RtpHeader } from "../packets/rtp.ts";

/** What one received ssrc carries. */
export interface SsrcBinding {
  producer: Producer;
  stream: ProducerStream;
  /** The retransmissions of the stream rather than the stream itself. */
  repair: boolean;
}

export class SsrcTable {
  readonly #bindings = new Map<number, SsrcBinding>();

  find(ssrc: number): SsrcBinding | undefined {
    return this.#bindings.get(ssrc | 0);
  }

  /** Adds what a producer announced. @throws {MediaError} `conflict` when an ssrc is taken. */
  add(producer: Producer): void {
    const announced: [number, SsrcBinding][] = [];
    for (const stream of producer.streams) {
      if (stream.ssrc !== undefined) {
        announced.push([stream.ssrc, { producer, stream, repair: false }]);
      }
      if (stream.rtxSsrc !== undefined) {
        announced.push([stream.rtxSsrc, { producer, stream, repair: true }]);
      }
    }
    const ssrcs = announced.map(([ssrc]) => ssrc);
    const taken = ssrcs.find((ssrc, i) => this.find(ssrc) || ssrcs.indexOf(ssrc) !== i);
    if (taken !== undefined) throw new MediaError("conflict", `ssrc ${taken} is in use`);
    for (const [ssrc, binding] of announced) this.#bindings.set(ssrc | 0, binding);
  }

  /** Forgets a producer; answers the ssrcs that it had. */
  remove(producer: Producer): number[] {
    const removed: number[] = [];
    for (const [ssrc, binding] of this.#bindings) {
      if (binding.producer !== producer) continue;
      this.#bindings.delete(ssrc);
      removed.push(ssrc >>> 0);
    }
    return removed;
  }

  /** The stream that a packet of an unknown ssrc names by mid and rid, if that stream still lacks an ssrc. */
  guess(
    bytes: Uint8Array,
    header: RtpHeader,
    producers: Iterable<Producer>,
  ): SsrcBinding | undefined {
    for (const producer of producers) {
      const { mapping } = producer;
      const mid = extensionText(bytes, header, mapping.midId);
      if (mid === undefined || mid !== mapping.mid) continue;
      const rid = extensionText(bytes, header, mapping.ridId);
      const repairedRid = extensionText(bytes, header, mapping.repairedRidId);
      for (const stream of producer.streams) {
        if (stream.rid === undefined) continue;
        if (stream.ssrc === undefined && stream.rid === rid) {
          return { producer, stream, repair: false };
        }
        if (stream.rtxSsrc === undefined && stream.rid === repairedRid) {
          return { producer, stream, repair: true };
        }
      }
    }
    return undefined;
  }

  /** Makes a guess permanent, after the packet proved authentic. */
  learn(ssrc: number, binding: SsrcBinding): void {
    if (binding.repair) binding.stream.rtxSsrc = ssrc;
    else binding.stream.ssrc = ssrc;
    this.#bindings.set(ssrc | 0, binding);
  }
}
