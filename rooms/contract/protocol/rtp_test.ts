import { expect } from "@std/expect";
import {
  consumerOptionsSchema,
  iceParametersSchema,
  publishedParametersSchema,
  rtpCapabilitiesSchema,
  rtpParametersSchema,
} from "./rtp.ts";

const LINE = "\r\na=evil";
const OPUS = { mimeType: "audio/opus", payloadType: 111, clockRate: 48000 };
const PARAMETERS = { codecs: [OPUS], encodings: [{ ssrc: 1 }] };

Deno.test("a text of a description that ends its line is refused", () => {
  const refused = [
    { ...PARAMETERS, mid: `0${LINE}` },
    { ...PARAMETERS, encodings: [{ rid: `r0${LINE}` }] },
    { ...PARAMETERS, codecs: [{ ...OPUS, mimeType: `audio/opus${LINE}` }] },
    { ...PARAMETERS, codecs: [{ ...OPUS, rtcpFeedback: [{ type: `nack${LINE}` }] }] },
    { ...PARAMETERS, headerExtensions: [{ uri: `urn:x${LINE}`, id: 1 }] },
    { ...PARAMETERS, rtcp: { cname: `ada${LINE}` } },
  ];
  for (const parameters of refused) {
    expect(rtpParametersSchema.safeParse(parameters).success).toBe(false);
  }
  expect(rtpParametersSchema.safeParse({ ...PARAMETERS, mid: "0", rtcp: { cname: "a" } }).success)
    .toBe(true);
  const ice = { usernameFragment: `ufrag${LINE}`, password: "password" };
  expect(iceParametersSchema.safeParse(ice).success).toBe(false);
  const consumer = { id: `c${LINE}`, producerId: "p", kind: "audio", rtpParameters: PARAMETERS };
  expect(consumerOptionsSchema.safeParse(consumer).success).toBe(false);
});

Deno.test("what a publisher calls itself isn't read, and costs nobody a track", () => {
  expect(publishedParametersSchema.parse({
    ...PARAMETERS,
    msid: `ada${LINE}`,
    rtcp: { cname: `ada${LINE}` },
  })).toEqual(PARAMETERS);
});

Deno.test("codec parameters that could end their line or their neighbour are passed over, those of browsers kept", () => {
  const kept = {
    "minptime": 10,
    "profile-level-id": "42e01f",
    "sprop-parameter-sets": "Z0IACpZTBYmI,aMljiA==",
    "111/111": "1",
  };
  const parameters = {
    ...kept,
    [`x${LINE}`]: 1,
    "stereo": `1${LINE}`,
    "cbr": "1;usedtx=1",
    "usedtx": null,
  };
  const codec = { kind: "audio", mimeType: "audio/opus", clockRate: 48000, parameters };
  expect(rtpCapabilitiesSchema.parse({ codecs: [codec] }).codecs?.[0]?.parameters).toEqual(kept);
});
