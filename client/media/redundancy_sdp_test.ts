import { expect } from "@std/expect";
import { completeRedundancy, offeredRedundancy, preferRedundancy } from "./redundancy_sdp.ts";

const sdp = (...lines: string[]) => `${["v=0", "s=-", ...lines].join("\r\n")}\r\n`;

/** As Chromium 156 offers a microphone and a camera. */
const OFFER = sdp(
  "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9",
  "a=mid:0",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 minptime=10;useinbandfec=1",
  "a=rtpmap:63 red/48000/2",
  "a=fmtp:63 111/111",
  "a=rtpmap:9 G722/8000",
  "m=video 9 UDP/TLS/RTP/SAVPF 96 98",
  "a=mid:1",
  "a=rtpmap:96 VP8/90000",
  "a=rtpmap:98 red/90000",
);

/** As mediasoup-client answers it. */
const ANSWER = sdp(
  "m=audio 7 UDP/TLS/RTP/SAVPF 111",
  "a=rtpmap:111 opus/48000/2",
  "a=fmtp:111 stereo=0;usedtx=1",
  "a=mid:0",
  "m=video 7 UDP/TLS/RTP/SAVPF 96",
  "a=rtpmap:96 VP8/90000",
  "a=mid:1",
);

Deno.test("the answer gets RED before Opus where it is wanted, and nothing else changes", () => {
  expect(preferRedundancy(ANSWER, OFFER, new Set(["0"]))).toBe(sdp(
    "m=audio 7 UDP/TLS/RTP/SAVPF 63 111",
    "a=rtpmap:111 opus/48000/2",
    "a=fmtp:111 stereo=0;usedtx=1",
    "a=mid:0",
    "a=rtpmap:63 red/48000/2",
    "a=fmtp:63 111/111",
    "m=video 7 UDP/TLS/RTP/SAVPF 96",
    "a=rtpmap:96 VP8/90000",
    "a=mid:1",
  ));
});

Deno.test("an answer stays as it is where RED isn't wanted, isn't audio or wasn't offered", () => {
  const firefox = sdp("m=audio 9 UDP/TLS/RTP/SAVPF 109", "a=mid:0", "a=rtpmap:109 opus/48000/2");
  expect(preferRedundancy(ANSWER, OFFER, new Set())).toBe(ANSWER);
  expect(preferRedundancy(ANSWER, OFFER, new Set(["1", "2"]))).toBe(ANSWER);
  expect(preferRedundancy(ANSWER, firefox, new Set(["0"]))).toBe(ANSWER);
  const closed = sdp("m=audio 0 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=inactive");
  expect(preferRedundancy(closed, OFFER, new Set(["0"]))).toBe(closed);
});

Deno.test("an answer that has RED already isn't given it twice", () => {
  const once = preferRedundancy(ANSWER, OFFER, new Set(["0"]));
  expect(preferRedundancy(once, OFFER, new Set(["0"]))).toBe(once);
});

Deno.test("an offer from the server says what RED's blocks are", () => {
  const offer = (...more: string[]) =>
    sdp(
      "m=audio 7 UDP/TLS/RTP/SAVPF 100 103",
      "a=mid:0",
      "a=rtpmap:100 opus/48000/2",
      "a=rtpmap:103 red/48000/2",
      ...more,
    );
  expect(completeRedundancy(offer())).toBe(offer("a=fmtp:103 100/100"));
  expect(completeRedundancy(offer("a=fmtp:103 100/100"))).toBe(offer("a=fmtp:103 100/100"));
  expect(completeRedundancy(ANSWER)).toBe(ANSWER);
});

Deno.test("a browser offers RED for audio made of its Opus, and for nothing else", () => {
  expect(offeredRedundancy(OFFER, "0")).toBe(63);
  expect(offeredRedundancy(OFFER, "1")).toBeUndefined();
  expect(offeredRedundancy(OFFER, "2")).toBeUndefined();
  expect(offeredRedundancy(OFFER.replace("111/111", "9/9"), "0")).toBeUndefined();
});
