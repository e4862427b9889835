/**
 * What the router speaks, and how a publisher's numbers become a consumer's (mediasoup's ORTC shapes). Pure.
 *
 * A browser chooses the payload types and extension ids that it publishes with; consumers always get the router's
 * own ({@linkcode ROUTER_RTP_CAPABILITIES}), so that all consumers of one transport agree. Invariant: no text of a
 * publisher reaches a consumer, and of its numbers only parameters of Opus that have a name here.
 */
import type {
  RtpCapabilities,
  RtpCodec,
  RtpParameters,
} from "../../../rooms/contract/protocol/rtp.ts";
import { MediaError, type MediaKind } from "../media_engine.ts";

/** What consumers get Opus as, within redundant packets too. */
export const OPUS_PAYLOAD_TYPE = 100;
const VP8_PAYLOAD_TYPE = 101;
const RTX_PAYLOAD_TYPE = 102;
const RED_PAYLOAD_TYPE = 103;

const MID = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
const TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

const TRANSPORT_WIDE_ID = 5;
const AUDIO_LEVEL_ID = 10;

const VIDEO_FEEDBACK = [
  { type: "nack", parameter: "" },
  { type: "nack", parameter: "pli" },
  { type: "ccm", parameter: "fir" },
];

function extension(
  kind: MediaKind,
  uri: string,
  preferredId: number,
  direction: "sendrecv" | "recvonly",
) {
  return { kind, uri, preferredId, preferredEncrypt: false, direction };
}

/** What `Device.load` takes. */
export const ROUTER_RTP_CAPABILITIES: RtpCapabilities = {
  codecs: [
    {
      kind: "audio",
      mimeType: "audio/opus",
      preferredPayloadType: OPUS_PAYLOAD_TYPE,
      clockRate: 48000,
      channels: 2,
      parameters: {},
      rtcpFeedback: [{ type: "transport-cc", parameter: "" }],
    },
    {
      kind: "video",
      mimeType: "video/VP8",
      preferredPayloadType: VP8_PAYLOAD_TYPE,
      clockRate: 90000,
      parameters: {},
      rtcpFeedback: [...VIDEO_FEEDBACK, { type: "transport-cc", parameter: "" }],
    },
    {
      kind: "video",
      mimeType: "video/rtx",
      preferredPayloadType: RTX_PAYLOAD_TYPE,
      clockRate: 90000,
      parameters: { apt: VP8_PAYLOAD_TYPE },
      rtcpFeedback: [],
    },
  ],
  headerExtensions: [
    extension("audio", MID, 1, "recvonly"),
    extension("video", MID, 1, "recvonly"),
    extension("video", RID, 2, "recvonly"),
    extension("video", REPAIRED_RID, 3, "recvonly"),
    extension("audio", TRANSPORT_WIDE, TRANSPORT_WIDE_ID, "sendrecv"),
    extension("video", TRANSPORT_WIDE, TRANSPORT_WIDE_ID, "sendrecv"),
    extension("audio", AUDIO_LEVEL, AUDIO_LEVEL_ID, "sendrecv"),
    // Nothing of the orientation of video: a sender that can't say how its picture is turned turns it itself, and it is
    // upright in recordings and every player too (3GPP TS 26.114 §7.4.5).
  ],
};

/** One encoding of a producer; ssrcs that aren't signalled are learnt from the rid extension. */
export interface EncodingMapping {
  ssrc: number | undefined;
  rtxSsrc: number | undefined;
  rid: string | undefined;
  /** Bits a second, undefined where the publisher didn't say. */
  maxBitrate: number | undefined;
}

/** How a publisher numbers things. Ids are 0 and payload types −1 where it lacks the thing. */
export interface ProducerMapping {
  kind: MediaKind;
  clockRate: number;
  payloadType: number;
  rtxPayloadType: number;
  /** Payload type of packets that carry earlier audio too (RED), where the publisher may send some. */
  redPayloadType: number;
  /** Format parameters that consumers are told: those of Opus. */
  parameters: Record<string, number>;
  encodings: EncodingMapping[];
  mid: string | undefined;
  midId: number;
  ridId: number;
  repairedRidId: number;
  transportWideId: number;
  /** The extension that is forwarded: the audio level. 0 for video. */
  forwardedId: number;
}

const isCodec = (mimeType: string) => (codec: { mimeType: string }) =>
  codec.mimeType.toLowerCase() === mimeType;

/** Whether packets of `red` are made of those of this codec. */
function carries(red: RtpCodec, codec: RtpCodec): boolean {
  return isCodec("audio/red")(red) && red.payloadType !== codec.payloadType &&
    red.clockRate === codec.clockRate && red.channels === codec.channels;
}

/** The format parameters of Opus that a sender declares, and their least and greatest values (RFC 7587 §6.1). */
const OPUS_PARAMETERS: Readonly<Record<string, readonly [least: number, greatest: number]>> = {
  "maxplaybackrate": [8000, 48_000],
  "sprop-maxcapturerate": [8000, 48_000],
  "minptime": [3, 120],
  "ptime": [3, 120],
  "maxptime": [3, 120],
  "maxaveragebitrate": [6000, 510_000],
  "stereo": [0, 1],
  "sprop-stereo": [0, 1],
  "cbr": [0, 1],
  "useinbandfec": [0, 1],
  "usedtx": [0, 1],
};

function opusParameters({ parameters = {} }: RtpCodec): Record<string, number> {
  const known: Record<string, number> = {};
  for (const [name, [least, greatest]] of Object.entries(OPUS_PARAMETERS)) {
    const value = parameters[name];
    if (typeof value !== "number" || !Number.isInteger(value)) continue;
    if (value >= least && value <= greatest) known[name] = value;
  }
  return known;
}

/** Reads a publisher's parameters. @throws {MediaError} `unsupported` when the router can't forward them. */
export function mapProducer(kind: MediaKind, parameters: RtpParameters): ProducerMapping {
  const mimeType = kind === "audio" ? "audio/opus" : "video/vp8";
  const codec = parameters.codecs.find(isCodec(mimeType));
  if (codec === undefined) {
    const offered = parameters.codecs.map((offer) => offer.mimeType).join(", ");
    throw new MediaError("unsupported", `${kind} must be ${mimeType}, not ${offered}`);
  }
  const clockRate = kind === "audio" ? 48_000 : 90_000;
  if (codec.clockRate !== clockRate) {
    throw new MediaError("unsupported", `${mimeType} has a clock of ${clockRate} Hz`);
  }
  const rtx = parameters.codecs.find((candidate) =>
    isCodec("video/rtx")(candidate) && candidate.parameters?.["apt"] === codec.payloadType
  );
  const red = kind === "audio"
    ? parameters.codecs.find((candidate) => carries(candidate, codec))
    : undefined;
  const id = (uri: string) =>
    parameters.headerExtensions?.find((offered) => offered.uri === uri)?.id ?? 0;
  const encodings = parameters.encodings.map((encoding) => ({
    ssrc: encoding.ssrc,
    rtxSsrc: rtx === undefined ? undefined : encoding.rtx?.ssrc,
    rid: encoding.rid,
    maxBitrate: (encoding.maxBitrate ?? 0) > 0 ? encoding.maxBitrate : undefined,
  }));
  if (encodings.some((encoding) => encoding.ssrc === undefined && encoding.rid === undefined)) {
    throw new MediaError("unsupported", "each encoding needs an ssrc or a rid");
  }
  return {
    kind,
    clockRate,
    payloadType: codec.payloadType,
    rtxPayloadType: rtx?.payloadType ?? -1,
    redPayloadType: red?.payloadType ?? -1,
    parameters: kind === "audio" ? opusParameters(codec) : {},
    encodings,
    mid: parameters.mid,
    midId: id(MID),
    ridId: id(RID),
    repairedRidId: id(REPAIRED_RID),
    transportWideId: id(TRANSPORT_WIDE),
    forwardedId: kind === "audio" ? id(AUDIO_LEVEL) : 0,
  };
}

/** How a consumer is numbered. */
export interface ConsumerMapping {
  rtpParameters: RtpParameters;
  payloadType: number;
  /** −1 when the consumer takes retransmissions in the stream itself. */
  rtxPayloadType: number;
  /** −1 when the consumer takes plain audio alone. */
  redPayloadType: number;
  /** 0 when the consumer doesn't know the forwarded extension. */
  forwardedId: number;
  /** 0 when the consumer tells nothing of what arrives. */
  transportWideId: number;
}

/**
 * What a consumer of this producer receives, given what its device can do.
 * @throws {MediaError} `unsupported` when the device can't decode it.
 */
export function mapConsumer(
  producer: ProducerMapping,
  capabilities: RtpCapabilities,
  ids: { ssrc: number; rtxSsrc: number; cname: string; mid: string },
): ConsumerMapping {
  const { kind } = producer;
  const mimeType = kind === "audio" ? "audio/opus" : "video/vp8";
  const known = capabilities.codecs ?? [];
  if (!known.some(isCodec(mimeType))) {
    throw new MediaError("unsupported", `the device can't receive ${mimeType}`);
  }
  const rtx = kind === "video" && known.some(isCodec("video/rtx"));
  const red = producer.redPayloadType >= 0 && known.some(isCodec("audio/red"));
  const knows = (uri: string) =>
    (capabilities.headerExtensions ?? []).some((extension) =>
      extension.uri === uri && extension.kind === kind
    );
  const extensions = [
    ...(producer.forwardedId !== 0 && knows(AUDIO_LEVEL)
      ? [{ uri: AUDIO_LEVEL, id: AUDIO_LEVEL_ID }]
      : []),
    ...(knows(TRANSPORT_WIDE) ? [{ uri: TRANSPORT_WIDE, id: TRANSPORT_WIDE_ID }] : []),
  ];
  const idOf = (uri: string) => extensions.find((extension) => extension.uri === uri)?.id ?? 0;
  const transportFeedback = idOf(TRANSPORT_WIDE) === 0
    ? []
    : [{ type: "transport-cc", parameter: "" }];
  const payloadType = kind === "audio" ? OPUS_PAYLOAD_TYPE : VP8_PAYLOAD_TYPE;
  const codecs: RtpCodec[] = [
    kind === "audio"
      ? {
        mimeType: "audio/opus",
        payloadType,
        clockRate: 48000,
        channels: 2,
        parameters: producer.parameters,
        rtcpFeedback: transportFeedback,
      }
      : {
        mimeType: "video/VP8",
        payloadType,
        clockRate: 90000,
        parameters: {},
        rtcpFeedback: [...VIDEO_FEEDBACK, ...transportFeedback],
      },
  ];
  if (rtx) {
    codecs.push({
      mimeType: "video/rtx",
      payloadType: RTX_PAYLOAD_TYPE,
      clockRate: 90000,
      parameters: { apt: payloadType },
      rtcpFeedback: [],
    });
  }
  if (red) {
    codecs.push({
      mimeType: "audio/red",
      payloadType: RED_PAYLOAD_TYPE,
      clockRate: 48000,
      channels: 2,
      parameters: {},
      rtcpFeedback: [],
    });
  }
  return {
    payloadType,
    redPayloadType: red ? RED_PAYLOAD_TYPE : -1,
    rtxPayloadType: rtx ? RTX_PAYLOAD_TYPE : -1,
    forwardedId: idOf(AUDIO_LEVEL),
    transportWideId: idOf(TRANSPORT_WIDE),
    rtpParameters: {
      mid: ids.mid,
      codecs,
      headerExtensions: extensions.map((known) => ({ ...known, encrypt: false, parameters: {} })),
      encodings: [rtx ? { ssrc: ids.ssrc, rtx: { ssrc: ids.rtxSsrc } } : { ssrc: ids.ssrc }],
      rtcp: { cname: ids.cname, reducedSize: true, mux: true },
    },
  };
}
