import { expect } from "@std/expect";
import { parseRtcp, type ReportBlock, type RtcpPacket, writeRtcp } from "./rtcp.ts";

const BLOCK: ReportBlock = {
  ssrc: 0xfedcba98,
  fractionLost: 200,
  cumulativeLost: -3,
  highestSequence: 0x0001fffe,
  jitter: 12,
  lastSenderReport: 0xaabbccdd,
  delaySinceLastSenderReport: 65536,
};

const EVERY_KIND: RtcpPacket[] = [
  {
    type: "sender-report",
    ssrc: 1,
    ntpHigh: 0xe0000000,
    ntpLow: 5,
    rtpTimestamp: 0xffffffff,
    packets: 7,
    octets: 900,
    reports: [BLOCK],
  },
  { type: "receiver-report", ssrc: 2, reports: [BLOCK, { ...BLOCK, cumulativeLost: 0x7fffff }] },
  { type: "source-description", ssrc: 3, cname: "somebody" },
  { type: "nack", senderSsrc: 4, mediaSsrc: 5, sequences: [65534, 65535, 0, 14, 15, 900] },
  { type: "picture-loss", senderSsrc: 6, mediaSsrc: 7 },
  { type: "full-intra-request", senderSsrc: 8, mediaSsrc: 9, command: 3 },
  {
    type: "transport-feedback",
    senderSsrc: 10,
    mediaSsrc: 11,
    baseSequence: 65530,
    referenceTime: 0x123456,
    feedbackCount: 255,
    arrivals: [0, 4, undefined, 3, 1000, undefined, 1001],
  },
  { type: "goodbye", ssrcs: [1, 0xffffffff] },
];

Deno.test("every kind of RTCP packet reads back as it was written, in one compound", () => {
  expect(parseRtcp(writeRtcp(EVERY_KIND))).toEqual(EVERY_KIND);
});

Deno.test("a NACK packs seventeen consecutive losses into one block", () => {
  const sequences = Array.from({ length: 17 }, (_, i) => (65530 + i) & 0xffff);
  const bytes = writeRtcp([{ type: "nack", senderSsrc: 1, mediaSsrc: 2, sequences }]);
  expect(bytes.length).toBe(16);
  expect(parseRtcp(bytes)).toEqual([{ type: "nack", senderSsrc: 1, mediaSsrc: 2, sequences }]);
});

Deno.test("cnames of every length keep the word alignment", () => {
  for (let length = 0; length < 9; length++) {
    const packets: RtcpPacket[] = [
      { type: "source-description", ssrc: 3, cname: "x".repeat(length) },
      { type: "picture-loss", senderSsrc: 6, mediaSsrc: 7 },
    ];
    expect(parseRtcp(writeRtcp(packets))).toEqual(packets);
  }
});

Deno.test("unknown kinds are skipped and what follows is read", () => {
  const unknown = Uint8Array.of(0x80, 207, 0, 1, 0, 0, 0, 9);
  const known = writeRtcp([{ type: "picture-loss", senderSsrc: 6, mediaSsrc: 7 }]);
  expect(parseRtcp(Uint8Array.of(...unknown, ...known))).toEqual([
    { type: "picture-loss", senderSsrc: 6, mediaSsrc: 7 },
  ]);
});

Deno.test("a compound that is cut anywhere but between packets is refused", () => {
  const whole = writeRtcp(EVERY_KIND);
  const boundaries = new Set<number>();
  let at = 0;
  for (const packet of EVERY_KIND) boundaries.add(at += writeRtcp([packet]).length);
  for (let length = 0; length < whole.length; length++) {
    const read = parseRtcp(whole.slice(0, length));
    expect(read !== undefined).toBe(boundaries.has(length));
  }
});

Deno.test("padding belongs to the last packet only and must be whole words", () => {
  const padded = Uint8Array.of(0xa1, 206, 0, 3, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 4);
  expect(parseRtcp(padded)).toEqual([{ type: "picture-loss", senderSsrc: 6, mediaSsrc: 7 }]);
  expect(parseRtcp(Uint8Array.of(...padded, ...padded))).toBeUndefined();
  padded[15] = 3;
  expect(parseRtcp(padded)).toBeUndefined();
  padded[15] = 20;
  expect(parseRtcp(padded)).toBeUndefined();
});

Deno.test("transport-wide feedback is read with a browser's single byte of padding", () => {
  const hex = "afcd0005fa17fa1777cd80210802000112d057012001f001";
  const packet = Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
  expect(parseRtcp(packet)).toMatchObject([{
    type: "transport-feedback",
    mediaSsrc: 0x77cd8021,
    baseSequence: 0x0802,
    arrivals: [0xf0],
  }]);
});
