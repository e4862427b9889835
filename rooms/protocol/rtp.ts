/**
 * The ORTC shapes of mediasoup-client, as bounded zod schemas: what crosses the wire in `media.*`.
 *
 * Source: mediasoup v3 RTP Parameters and Capabilities; W3C ORTC. Everything is bounded, unknown keys are dropped.
 */
import { z } from "zod";
import { text } from "./text.ts";

const id = text.min(1).max(64);
const mimeType = text.max(64).regex(/^(audio|video)\/[A-Za-z0-9.-]+$/);
const codecParameters = z.record(
  text.max(64),
  z.union([text.max(256), z.number(), z.boolean(), z.null(), z.undefined()]),
);
const rtcpFeedback = z.object({
  type: text.max(32),
  parameter: text.max(32).optional(),
});

export const rtpCodecSchema = z.object({
  mimeType,
  payloadType: z.int().min(0).max(127),
  clockRate: z.int().min(1).max(1_000_000),
  channels: z.int().min(1).max(8).optional(),
  parameters: codecParameters.optional(),
  rtcpFeedback: z.array(rtcpFeedback).max(16).optional(),
});

export const headerExtensionSchema = z.object({
  uri: text.max(128),
  id: z.int().min(1).max(255),
  encrypt: z.boolean().optional(),
  parameters: codecParameters.optional(),
});

export const rtpEncodingSchema = z.object({
  ssrc: z.int().min(0).max(0xffffffff).optional(),
  rid: text.max(16).optional(),
  codecPayloadType: z.int().min(0).max(127).optional(),
  rtx: z.object({ ssrc: z.int().min(0).max(0xffffffff) }).optional(),
  dtx: z.boolean().optional(),
  scalabilityMode: text.max(16).optional(),
  scaleResolutionDownBy: z.number().optional(),
  maxBitrate: z.number().optional(),
  active: z.boolean().optional(),
});

export const rtpParametersSchema = z.object({
  mid: text.max(32).optional(),
  codecs: z.array(rtpCodecSchema).min(1).max(16),
  headerExtensions: z.array(headerExtensionSchema).max(32).optional(),
  encodings: z.array(rtpEncodingSchema).min(1).max(4),
  rtcp: z.object({
    cname: text.max(128).optional(),
    reducedSize: z.boolean().optional(),
    mux: z.boolean().optional(),
  }).optional(),
  msid: text.max(256).optional(),
});
export type RtpParameters = z.infer<typeof rtpParametersSchema>;
export type RtpCodec = z.infer<typeof rtpCodecSchema>;
export type RtpEncoding = z.infer<typeof rtpEncodingSchema>;

export const rtpCapabilitiesSchema = z.object({
  codecs: z.array(z.object({
    kind: z.enum(["audio", "video"]),
    mimeType,
    preferredPayloadType: z.int().min(0).max(127).optional(),
    clockRate: z.int().min(1).max(1_000_000),
    channels: z.int().min(1).max(8).optional(),
    parameters: codecParameters.optional(),
    rtcpFeedback: z.array(rtcpFeedback).max(16).optional(),
  })).max(64).optional(),
  headerExtensions: z.array(z.object({
    kind: z.enum(["audio", "video"]),
    uri: text.max(128),
    preferredId: z.int().min(1).max(255),
    preferredEncrypt: z.boolean().optional(),
    direction: z.enum(["sendrecv", "sendonly", "recvonly", "inactive"]).optional(),
  })).max(64).optional(),
});
export type RtpCapabilities = z.infer<typeof rtpCapabilitiesSchema>;

export const iceParametersSchema = z.object({
  usernameFragment: text.max(64),
  password: text.max(128),
  iceLite: z.boolean().optional(),
});
export type IceParameters = z.infer<typeof iceParametersSchema>;

export const iceCandidateSchema = z.object({
  foundation: text.max(64),
  priority: z.number(),
  ip: text.max(64),
  address: text.max(64),
  protocol: z.enum(["udp", "tcp"]),
  port: z.int().min(1).max(65535),
  type: z.enum(["host", "srflx", "prflx", "relay"]),
  tcpType: z.literal("passive").optional(),
});
export type IceCandidate = z.infer<typeof iceCandidateSchema>;

export const dtlsParametersSchema = z.object({
  role: z.enum(["auto", "client", "server"]).optional(),
  fingerprints: z.array(z.object({
    algorithm: text.max(16),
    value: text.max(200).regex(/^[0-9A-Fa-f:]+$/),
  })).min(1).max(8),
});
export type DtlsParameters = z.infer<typeof dtlsParametersSchema>;

/** What `createSendTransport`/`createRecvTransport` of mediasoup-client take. */
export const transportOptionsSchema = z.object({
  id,
  iceParameters: iceParametersSchema,
  iceCandidates: z.array(iceCandidateSchema).max(16),
  dtlsParameters: dtlsParametersSchema,
  iceServers: z.array(z.object({
    urls: z.union([text, z.array(text)]),
    username: text.optional(),
    credential: text.optional(),
  })).optional(),
});
export type TransportOptions = z.infer<typeof transportOptionsSchema>;

/** What `RecvTransport.consume` of mediasoup-client takes. */
export const consumerOptionsSchema = z.object({
  id,
  producerId: id,
  kind: z.enum(["audio", "video"]),
  rtpParameters: rtpParametersSchema,
});
export type ConsumerOptions = z.infer<typeof consumerOptionsSchema>;
