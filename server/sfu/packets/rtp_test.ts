import { expect } from "@std/expect";
import {
  createRtpHeader,
  extensionText,
  findExtension,
  isRtcp,
  paddingBytes,
  parseRtpHeader,
  RTP_MAX_WRITTEN_BYTES,
  writeRtpHeader,
} from "./rtp.ts";

function parse(bytes: number[] | Uint8Array) {
  const packet = Uint8Array.from(bytes);
  const header = createRtpHeader();
  const ok = parseRtpHeader(new DataView(packet.buffer), packet.length, header);
  return { packet, header, ok };
}

const FIXED = [0x80, 0x80 | 96, 0xff, 0xfe, 0xde, 0xad, 0xbe, 0xef, 0x12, 0x34, 0x56, 0x78];

Deno.test("a plain header is read field by field", () => {
  const { ok, header } = parse([...FIXED, 1, 2, 3]);
  expect(ok).toBe(true);
  expect(header).toEqual({
    padding: false,
    marker: true,
    payloadType: 96,
    sequence: 0xfffe,
    timestamp: 0xdeadbeef,
    ssrc: 0x12345678,
    headerBytes: 12,
    extensionStart: 0,
    twoByteExtensions: false,
  });
});

Deno.test("one-byte extensions are found behind contributing sources and padding bytes", () => {
  const bytes = [...FIXED, 0, 0, 0, 9, 0xbe, 0xde, 0, 2, 0, 0x31, 0xaa, 0xbb, 0xa0, 0x85, 0, 0, 7];
  bytes[0] = 0x91;
  const { ok, header, packet } = parse(bytes);
  expect(ok).toBe(true);
  expect(header.headerBytes).toBe(28);
  const transportWide = findExtension(packet, header, 3, 2);
  expect([packet[transportWide], packet[transportWide + 1]]).toEqual([0xaa, 0xbb]);
  expect(packet[findExtension(packet, header, 10, 1)]).toBe(0x85);
  expect(findExtension(packet, header, 10, 2)).toBe(-1);
  expect(findExtension(packet, header, 4, 1)).toBe(-1);
  expect(findExtension(packet, header, 0, 1)).toBe(-1);
});

Deno.test("two-byte extensions carry empty values, long values and text", () => {
  const bytes = [...FIXED, 0x10, 0x00, 0, 3, 5, 0, 20, 3, 0x61, 0x62, 0x63, 0, 7, 1, 0xff, 0];
  bytes[0] = 0x90;
  const { ok, header, packet } = parse(bytes);
  expect(ok).toBe(true);
  expect(extensionText(packet, header, 20)).toBe("abc");
  expect(findExtension(packet, header, 5, 1)).toBe(-1);
  expect(packet[findExtension(packet, header, 7, 1)]).toBe(0xff);
  expect(extensionText(packet, header, 7)).toBeUndefined();
});

Deno.test("an element that claims to reach beyond the extension is not found", () => {
  const bytes = [...FIXED, 0xbe, 0xde, 0, 1, 0x3f, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  bytes[0] = 0x90;
  const { header, packet } = parse(bytes);
  expect(findExtension(packet, header, 3, 1)).toBe(-1);
});

Deno.test("truncated and foreign packets are refused", () => {
  expect(parse(FIXED.slice(0, 11)).ok).toBe(false);
  expect(parse([0x40, ...FIXED.slice(1)]).ok).toBe(false);
  expect(parse([0x8f, ...FIXED.slice(1), 0, 0, 0, 1]).ok).toBe(false);
  expect(parse([0x90, ...FIXED.slice(1), 0xbe, 0xde, 0]).ok).toBe(false);
  expect(parse([0x90, ...FIXED.slice(1), 0xbe, 0xde, 0, 1, 0, 0, 0]).ok).toBe(false);
});

Deno.test("what is written reads back, with and without extensions", () => {
  for (const [extensionId, transportWideId] of [[0, 0], [11, 0], [0, 5], [11, 5]] as const) {
    const bytes = new Uint8Array(64).fill(0xee);
    const view = new DataView(bytes.buffer);
    const outgoing = {
      marker: true,
      padding: transportWideId !== 0,
      payloadType: 101,
      sequence: 65535,
      timestamp: 0xffffffff,
      ssrc: 0xfedcba98,
      extensionId,
      extensionValue: 0x83,
      transportWideId,
      transportWideSequence: 0xabcd,
    };
    const length = writeRtpHeader(view, outgoing);
    expect(length).toBeLessThanOrEqual(RTP_MAX_WRITTEN_BYTES);
    const header = createRtpHeader();
    expect(parseRtpHeader(view, length, header)).toBe(true);
    expect(header).toMatchObject({
      padding: transportWideId !== 0,
      marker: true,
      payloadType: 101,
      sequence: 65535,
      timestamp: 0xffffffff,
      ssrc: 0xfedcba98,
      headerBytes: length,
    });
    const at = findExtension(bytes, header, 11, 1);
    expect(at < 0 ? undefined : bytes[at]).toBe(extensionId === 0 ? undefined : 0x83);
    const wide = findExtension(bytes, header, 5, 2);
    expect(wide < 0 ? undefined : view.getUint16(wide))
      .toBe(transportWideId === 0 ? undefined : 0xabcd);
  }
});

Deno.test("padding is counted and impossible claims are refused", () => {
  expect(paddingBytes(Uint8Array.of(1, 2, 0, 2), 4)).toBe(2);
  expect(paddingBytes(Uint8Array.of(1, 2, 0, 0), 4)).toBe(-1);
  expect(paddingBytes(Uint8Array.of(1, 2, 0, 9), 4)).toBe(-1);
  expect(paddingBytes(new Uint8Array(4), 0)).toBe(-1);
});

Deno.test("RTCP is told from RTP by its second byte", () => {
  expect(isRtcp(Uint8Array.of(0x80, 200))).toBe(true);
  expect(isRtcp(Uint8Array.of(0x80, 96))).toBe(false);
  expect(isRtcp(Uint8Array.of(0x80, 0x80 | 101))).toBe(false);
});
