/**
 * The ORTC shapes of mediasoup-client, as bounded zod schemas: what crosses the wire in `media.*`.
 *
 * Source: mediasoup v3 RTP Parameters and Capabilities; W3C ORTC. Everything is bounded, unknown keys are dropped.
 * Invariant: a text that becomes part of a browser's description (SDP) has an alphabet of its own, in which no line, no
 * attribute and no parameter can be ended. Both sides check: what people announce, and what a server answers.
 */
import { z } from "zod";
import { text } from "./text.ts";

const id = text.min(1).max(64);
/** RFC 4566 §9: what names a section, or the tracks of one person. */
const token = text.regex(/^[A-Za-z0-9!#$%&'*+.^_`{|}~-]+$/);
/** RFC 8851 §10. */
const rid = text.max(16).regex(/^[A-Za-z0-9_-]+$/);
/** RFC 8445 §5.3. */
const iceText = text.regex(/^[A-Za-z0-9+/]+$/);
const address = text.max(64).regex(/^[A-Za-z0-9.:%_-]+$/);
const uri = text.max(128).regex(/^[A-Za-z0-9:/.?#=&%+_~-]+$/);
const mimeType = text.max(64).regex(/^(audio|video)\/[A-Za-z0-9.-]+$/);
const ssrc = z.int().min(0).max(0xffffffff);
const payloadType = z.int().min(0).max(127);

const MAX_CODEC_PARAMETERS = 64;
/** Redundant formats and tones have a list in the place of the name, such as `111/111` and `0-15`. */
const PARAMETER_NAME = /^[A-Za-z0-9./-]{1,64}$/;
const PARAMETER_VALUE = /^[A-Za-z0-9,.:=+/_-]{1,256}$/;

/** Those whose names and values are harmless; a browser that has others is only a newer one. */
function harmlessParameters(parameters: Record<string, unknown>): Record<string, string | number> {
  const harmless: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(parameters).slice(0, MAX_CODEC_PARAMETERS)) {
    if (!PARAMETER_NAME.test(name)) continue;
    if (typeof value === "number" ? Number.isFinite(value) : isParameterValue(value)) {
      harmless[name] = value as string | number;
    }
  }
  return harmless;
}

const isParameterValue = (value: unknown) =>
  typeof value === "string" && PARAMETER_VALUE.test(value);

const codecParameters = z.record(
  text,
  z.union([text, z.number(), z.boolean(), z.null(), z.undefined()]),
).transform(harmlessParameters);
const feedbackText = text.max(32).regex(/^[A-Za-z0-9 =-]*$/);
const rtcpFeedback = z.object({ type: feedbackText, parameter: feedbackText.optional() });

export const rtpCodecSchema = z.object({
  mimeType,
  payloadType,
  clockRate: z.int().min(1).max(1_000_000),
  channels: z.int().min(1).max(8).optional(),
  parameters: codecParameters.optional(),
  rtcpFeedback: z.array(rtcpFeedback).max(16).optional(),
});

export const headerExtensionSchema = z.object({
  uri,
  id: z.int().min(1).max(255),
  encrypt: z.boolean().optional(),
  parameters: codecParameters.optional(),
});

export const rtpEncodingSchema = z.object({
  ssrc: ssrc.optional(),
  rid: rid.optional(),
  rtx: z.object({ ssrc }).optional(),
  maxBitrate: z.number().min(0).max(1e9).optional(),
});

export const rtpParametersSchema = z.object({
  mid: token.max(32).optional(),
  codecs: z.array(rtpCodecSchema).min(1).max(16),
  headerExtensions: z.array(headerExtensionSchema).max(32).optional(),
  encodings: z.array(rtpEncodingSchema).min(1).max(4),
  rtcp: z.object({
    cname: token.max(128).optional(),
    reducedSize: z.boolean().optional(),
    mux: z.boolean().optional(),
  }).optional(),
});
export type RtpParameters = z.infer<typeof rtpParametersSchema>;
export type RtpCodec = z.infer<typeof rtpCodecSchema>;
export type RtpEncoding = z.infer<typeof rtpEncodingSchema>;

/** What a publisher says of its track. The server names people's tracks itself, so a cname isn't read. */
export const publishedParametersSchema = rtpParametersSchema.omit({ rtcp: true });

export const rtpCapabilitiesSchema = z.object({
  codecs: z.array(z.object({
    kind: z.enum(["audio", "video"]),
    mimeType,
    preferredPayloadType: payloadType.optional(),
    clockRate: z.int().min(1).max(1_000_000),
    channels: z.int().min(1).max(8).optional(),
    parameters: codecParameters.optional(),
    rtcpFeedback: z.array(rtcpFeedback).max(16).optional(),
  })).max(64).optional(),
  headerExtensions: z.array(z.object({
    kind: z.enum(["audio", "video"]),
    uri,
    preferredId: z.int().min(1).max(255),
    preferredEncrypt: z.boolean().optional(),
    direction: z.enum(["sendrecv", "sendonly", "recvonly", "inactive"]).optional(),
  })).max(64).optional(),
});
export type RtpCapabilities = z.infer<typeof rtpCapabilitiesSchema>;

export const iceParametersSchema = z.object({
  usernameFragment: iceText.max(64),
  password: iceText.max(128),
  iceLite: z.boolean().optional(),
});
export type IceParameters = z.infer<typeof iceParametersSchema>;

export const iceCandidateSchema = z.object({
  foundation: iceText.max(32),
  priority: z.int().min(0).max(0xffffffff),
  ip: address,
  address,
  protocol: z.enum(["udp", "tcp"]),
  port: z.int().min(1).max(65535),
  type: z.enum(["host", "srflx", "prflx", "relay"]),
  tcpType: z.literal("passive").optional(),
});
export type IceCandidate = z.infer<typeof iceCandidateSchema>;

export const dtlsParametersSchema = z.object({
  role: z.enum(["auto", "client", "server"]).optional(),
  fingerprints: z.array(z.object({
    algorithm: text.max(16).regex(/^[A-Za-z0-9-]+$/),
    value: text.max(200).regex(/^[0-9A-Fa-f:]+$/),
  })).min(1).max(8),
});
export type DtlsParameters = z.infer<typeof dtlsParametersSchema>;

const iceServerUrl = text.max(512).regex(/^(stun|turn)s?:[\x21-\x7e]+$/);

/** What `createSendTransport`/`createRecvTransport` of mediasoup-client take. */
export const transportOptionsSchema = z.object({
  id: token.max(64),
  iceParameters: iceParametersSchema,
  iceCandidates: z.array(iceCandidateSchema).max(16),
  dtlsParameters: dtlsParametersSchema,
  iceServers: z.array(z.object({
    urls: z.union([iceServerUrl, z.array(iceServerUrl).max(8)]),
    username: text.max(512).optional(),
    credential: text.max(512).optional(),
  })).max(8).optional(),
});
export type TransportOptions = z.infer<typeof transportOptionsSchema>;

/** What `RecvTransport.consume` of mediasoup-client takes. */
export const consumerOptionsSchema = z.object({
  id: token.max(64),
  producerId: id,
  kind: z.enum(["audio", "video"]),
  rtpParameters: rtpParametersSchema,
});
export type ConsumerOptions = z.infer<typeof consumerOptionsSchema>;
