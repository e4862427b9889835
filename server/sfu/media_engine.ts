/**
 * What the rest of the server knows of media: one interface, implemented by the media process's
 * parent-side handle (`io/media_parent.ts`) and, in one process, by the core itself.
 *
 * Ids are made by the engine and unique for its lifetime. Every call rejects with a {@linkcode MediaError}
 * when the peer asked for something impossible; after `lost` every earlier id is unknown.
 */
import type {
  ConsumerOptions,
  DtlsParameters,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  TransportOptions,
} from "../../rooms/contract/protocol/rtp.ts";
import type { ConnectionFigures, Grade } from "./bandwidth/connection_quality.ts";
import type { EncodingDemand } from "./choose/demand.ts";

export type { EncodingDemand };

export interface TransportQuality extends ConnectionFigures {
  transportId: string;
  grade: Grade;
}

export type MediaKind = "audio" | "video";

export class MediaError extends Error {
  override readonly name = "MediaError";
  constructor(
    readonly code: "not-found" | "unsupported" | "conflict" | "unavailable",
    message: string,
  ) {
    super(message);
  }
}

/** Events for one router (one meeting has one router). */
export type MediaEvent =
  /** The media process died and was replaced: make everything anew. */
  | { type: "lost" }
  /** ICE consent expired (RFC 7675) or DTLS closed. */
  | { type: "transportClosed"; transportId: string }
  | { type: "transportConnected"; transportId: string }
  /** Nothing comes from the peer any more, or again something; consent hasn't expired. */
  | { type: "transportQuiet"; transportId: string; quiet: boolean }
  | { type: "producerClosed"; producerId: string }
  | { type: "consumerClosed"; consumerId: string }
  /** How good every transport's connection is; sent when the word for one of them changed, or there is a new one. */
  | { type: "quality"; transports: TransportQuality[] }
  /** There is no room for a video on the path to its receiver, or again some. */
  | { type: "consumerStarved"; consumerId: string; starved: boolean }
  /** What the publisher should send of its encodings, in the order in which it announced them; sent on change. */
  | { type: "demand"; producerId: string; encodings: EncodingDemand[] }
  /** Whether the publisher should send its audio redundantly (RED), which it said it can. */
  | { type: "redundancy"; producerId: string; wanted: boolean }
  /** Loudest first, `level` in dBov (−127…0); sent on change, at most 5 a second. */
  | { type: "speakers"; speakers: { producerId: string; level: number }[] };

export interface ProducerStats {
  producerId: string;
  packets: number;
  bytes: number;
  lost: number;
  jitterMs: number;
}

/** Takes what recorded producers send, several times a second, on this process's clock; `recorder/packet_batch.ts` reads it. */
export type TakeBatch = (batch: Uint8Array<ArrayBuffer>) => void;

export interface MediaEngine {
  /** What `Device.load` takes. */
  readonly routerRtpCapabilities: RtpCapabilities;
  createRouter(onEvent: (event: MediaEvent) => void): Promise<string>;
  closeRouter(routerId: string): Promise<void>;
  createTransport(routerId: string, direction: "send" | "recv"): Promise<TransportOptions>;
  connectTransport(transportId: string, dtls: DtlsParameters): Promise<void>;
  restartIce(transportId: string): Promise<IceParameters>;
  closeTransport(transportId: string): Promise<void>;
  produce(
    transportId: string,
    options: { kind: MediaKind; rtpParameters: RtpParameters; paused: boolean },
  ): Promise<{ producerId: string }>;
  /** A paused producer's packets end at the server; resuming asks for a key frame. */
  setProducerPaused(producerId: string, paused: boolean): Promise<void>;
  closeProducer(producerId: string): Promise<void>;
  /**
   * Hands the producer's decrypted packets to the recorder under this number, or no longer when it is null. Said
   * again with the same number, it asks for a key frame.
   */
  record(producerId: string, track: number | null): Promise<void>;
  /** Starts paused. */
  consume(
    transportId: string,
    options: { producerId: string; rtpCapabilities: RtpCapabilities },
  ): Promise<ConsumerOptions>;
  /** Resuming asks the producer for a key frame. */
  setConsumerPaused(consumerId: string, paused: boolean): Promise<void>;
  setConsumerSize(consumerId: string, width: number, height: number): Promise<void>;
  closeConsumer(consumerId: string): Promise<void>;
  stats(routerId: string): Promise<ProducerStats[]>;
  /** Counters for /metrics: name → value. */
  counters(): Promise<Record<string, number>>;
  close(): Promise<void>;
}
