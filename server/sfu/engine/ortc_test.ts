import { expect } from "@std/expect";
import type { RtpParameters } from "../../../rooms/contract/protocol/rtp.ts";
import {
  rtpCapabilitiesSchema,
  rtpParametersSchema,
} from "../../../rooms/contract/protocol/rtp.ts";
import { MediaError } from "../media_engine.ts";
import { mapConsumer, mapProducer, ROUTER_RTP_CAPABILITIES } from "./ortc.ts";

const TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/** As Firefox numbers it. */
const VIDEO: RtpParameters = {
  mid: "1",
  codecs: [
    { mimeType: "video/VP8", payloadType: 120, clockRate: 90000, parameters: {} },
    { mimeType: "video/rtx", payloadType: 124, clockRate: 90000, parameters: { apt: 120 } },
  ],
  headerExtensions: [
    { uri: "urn:ietf:params:rtp-hdrext:sdes:mid", id: 3 },
    { uri: "urn:3gpp:video-orientation", id: 7 },
    { uri: TRANSPORT_WIDE, id: 9 },
  ],
  encodings: [{ ssrc: 111, rtx: { ssrc: 222 } }],
  rtcp: { cname: "ada" },
};

const IDS = { ssrc: 5, rtxSsrc: 6, cname: "ada", mid: "0" };

Deno.test("the router's capabilities pass the schema of the wire", () => {
  expect(rtpCapabilitiesSchema.parse(ROUTER_RTP_CAPABILITIES)).toEqual(ROUTER_RTP_CAPABILITIES);
});

Deno.test("nobody is offered to say how a picture is turned: the sender turns it", () => {
  const uris = ROUTER_RTP_CAPABILITIES.headerExtensions?.map(({ uri }) => uri);
  expect(uris).not.toContain("urn:3gpp:video-orientation");
  const everything = {
    ...ROUTER_RTP_CAPABILITIES,
    headerExtensions: [
      ...ROUTER_RTP_CAPABILITIES.headerExtensions ?? [],
      { kind: "video" as const, uri: "urn:3gpp:video-orientation", preferredId: 11 },
    ],
  };
  const { rtpParameters } = mapConsumer(mapProducer("video", VIDEO), everything, IDS);
  expect(rtpParameters.headerExtensions?.map(({ uri }) => uri)).toEqual([TRANSPORT_WIDE]);
});

Deno.test("a publisher's own numbers are read", () => {
  expect(mapProducer("video", VIDEO)).toMatchObject({
    payloadType: 120,
    rtxPayloadType: 124,
    encodings: [{ ssrc: 111, rtxSsrc: 222, rid: undefined }],
    mid: "1",
    midId: 3,
    forwardedId: 0,
    transportWideId: 9,
    ridId: 0,
  });
});

Deno.test("a consumer gets the router's numbers, whatever the publisher's are", () => {
  const mapping = mapConsumer(mapProducer("video", VIDEO), ROUTER_RTP_CAPABILITIES, IDS);
  expect(mapping).toMatchObject({ payloadType: 101, rtxPayloadType: 102, forwardedId: 0 });
  expect(mapping.rtpParameters.codecs.map((codec) => codec.payloadType)).toEqual([101, 102]);
  expect(mapping.rtpParameters.encodings).toEqual([{ ssrc: 5, rtx: { ssrc: 6 } }]);
  expect(rtpParametersSchema.parse(mapping.rtpParameters)).toEqual(mapping.rtpParameters);
});

Deno.test("a consumer without RTX and extensions is served without them", () => {
  const plain = { codecs: [{ kind: "video" as const, mimeType: "video/VP8", clockRate: 90000 }] };
  const mapping = mapConsumer(mapProducer("video", VIDEO), plain, IDS);
  expect(mapping).toMatchObject({ rtxPayloadType: -1, forwardedId: 0 });
  expect(mapping.rtpParameters.encodings).toEqual([{ ssrc: 5 }]);
  expect(mapping.rtpParameters.headerExtensions).toEqual([]);
});

Deno.test("of Opus's format parameters a consumer is told those that RFC 7587 names, where their values can be", () => {
  const told = mapProducer("audio", {
    codecs: [{
      mimeType: "audio/opus",
      payloadType: 111,
      clockRate: 48000,
      parameters: {
        "useinbandfec": 1,
        "maxaveragebitrate": 64_000,
        "stereo": 2,
        "maxplaybackrate": "48000\r\na=evil",
        "cbr": "1",
        "minptime": 2.5,
        "x=1\r\na": 1,
        "constructor": 1,
      },
    }],
    encodings: [{ ssrc: 1 }],
  }).parameters;
  expect(told).toEqual({ useinbandfec: 1, maxaveragebitrate: 64_000 });
});

Deno.test("Opus keeps the publisher's format parameters", () => {
  const audio: RtpParameters = {
    codecs: [{
      mimeType: "audio/opus",
      payloadType: 111,
      clockRate: 48000,
      channels: 2,
      parameters: { useinbandfec: 1, usedtx: 1 },
    }],
    encodings: [{ ssrc: 1 }],
  };
  const mapping = mapConsumer(mapProducer("audio", audio), ROUTER_RTP_CAPABILITIES, IDS);
  expect(mapping.rtpParameters.codecs).toMatchObject([
    { mimeType: "audio/opus", payloadType: 100, parameters: { useinbandfec: 1, usedtx: 1 } },
  ]);
});

Deno.test("what the router can't forward is refused as unsupported", () => {
  const h264: RtpParameters = {
    ...VIDEO,
    codecs: [{ mimeType: "video/H264", payloadType: 1, clockRate: 90000 }],
  };
  expect(() => mapProducer("video", h264)).toThrow(MediaError);
  const fast = { ...VIDEO, codecs: VIDEO.codecs.map((codec) => ({ ...codec, clockRate: 1 })) };
  expect(() => mapProducer("video", fast)).toThrow(MediaError);
  expect(() => mapProducer("audio", VIDEO)).toThrow(MediaError);
  expect(() => mapProducer("video", { ...VIDEO, encodings: [{}] })).toThrow(MediaError);
  expect(() => mapConsumer(mapProducer("video", VIDEO), { codecs: [] }, IDS)).toThrow(MediaError);
});
