/**
 * What the choice of layers needs of a receiving transport and of the tracks that its peer receives.
 */
import type { BandwidthEstimator } from "../bandwidth/bandwidth.ts";
import type { FrameSize } from "../packets/vp8.ts";
import type { LayerNeed } from "./allocation.ts";

export interface Receiver {
  /** What gets through to the peer; undefined as long as nothing of it will be told. */
  readonly bandwidth: BandwidthEstimator | undefined;
  readonly consumers: ReadonlyMap<string, ReceivedTrack>;
}

/** A consumer, as its transport's choice of layers sees it. */
export interface ReceivedTrack {
  readonly producer: SentTrack;
  readonly mapping: { readonly transportWideId: number };
  readonly paused: boolean;
  /** Size at which the page shows the video, in device pixels. */
  readonly size: FrameSize | undefined;
  /** The layer that is forwarded or waited for; −1 for none. */
  readonly wantedLayer: number;
  /** Bits a second that the layer may use, where that is less than it could; undefined where nothing limits it. */
  grant: number | undefined;
  /** Whether audio that was sent already is sent again with what follows it. */
  redundant: boolean;
  /** Since when the peer has had no room for it. */
  noRoomSinceMs: number | undefined;
  /** The layer that suits the size of the video. */
  fittingLayer(): number;
  /** What a layer takes of the bandwidth, where `fitting` would be best. */
  layerNeed(layer: number, fitting: number, nowMs: number): LayerNeed;
  /** Forwards this layer as soon as it can, and nothing when it is −1. */
  follow(layer: number, nowMs: number): void;
  /** Whether redundancy would be of use. */
  needsRedundancy(nowMs: number): boolean;
  /** Whether padding can be sent as retransmissions of it. */
  readonly mayPad: boolean;
  /** Sends a packet of padding. */
  pad(): void;
}

/** A producer, as the choice of layers of its viewers sees it. */
export interface SentTrack {
  readonly kind: "audio" | "video";
  readonly paused: boolean;
  /** Whether its owner speaks. */
  readonly prominent: boolean;
  readonly defaultStream: {
    /** Whether packets come. */
    alive(nowMs: number): boolean;
    bitsPerSecond(nowMs: number): number;
    /** What would be left without redundancy. */
    plainBitsPerSecond(nowMs: number): number;
  };
}
