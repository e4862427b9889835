/**
 * What a producer needs of each of its consumers: somewhere to hand packets to, and what it knows of its viewer.
 */
import type { ForwardedPacket, ProducerStream } from "./producer_stream.ts";

export interface Destination {
  readonly id: string;
  readonly paused: boolean;
  /** The layer that the publisher should send for it; −1 for none. */
  readonly wantedLayer: number;
  /** Bits a second that the layer may use, where that is less than it could; undefined where nothing limits it. */
  readonly grant: number | undefined;
  /** Whether audio that was sent already is sent again with what follows it. */
  readonly redundant: boolean;
  readonly reports: { readonly fractionLost: number };
  /** Takes a packet of one of the producer's streams; it and `payload` are valid until the call returns. */
  send(stream: ProducerStream, packet: ForwardedPacket, payload: Uint8Array, nowMs: number): void;
  /** What follows begins anew: at a key frame, with the next number. */
  interrupt(): void;
  /** Whether its receiver reports on it now. */
  reported(nowMs: number): boolean;
}
