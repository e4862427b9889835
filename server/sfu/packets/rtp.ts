/**
 * The RTP header and its extensions, read and written (RFC 3550 §5.1, RFC 8285).
 *
 * No copy and no garbage: a packet is parsed into a header object that the caller keeps and uses again.
 * Invariant: every offset in a parsed header lies within the packet's length.
 */

export const RTP_FIXED_BYTES = 12;
/** The longest header that {@linkcode writeRtpHeader} makes; a slot offers tails for offsets below 64. */
export const RTP_MAX_WRITTEN_BYTES = 24;

const ONE_BYTE_PROFILE = 0xbede;
/** RFC 8285 §4.3: 0x100 in the upper twelve bits, the rest is up to the application. */
const TWO_BYTE_PROFILE = 0x1000;

/** A parsed header; see {@linkcode parseRtpHeader}. */
export interface RtpHeader {
  padding: boolean;
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Fixed part, contributing sources and extension. */
  headerBytes: number;
  /** Extension elements lie in `extensionStart … headerBytes`; 0 without an extension. */
  extensionStart: number;
  twoByteExtensions: boolean;
}

/** An empty header to parse into. */
export function createRtpHeader(): RtpHeader {
  return {
    padding: false,
    marker: false,
    payloadType: 0,
    sequence: 0,
    timestamp: 0,
    ssrc: 0,
    headerBytes: RTP_FIXED_BYTES,
    extensionStart: 0,
    twoByteExtensions: false,
  };
}

/** True for RTCP where RTP and RTCP share a port (RFC 5761 §4: packet types 192–223). */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1]!;
  return type >= 192 && type <= 223;
}

/** Reads the header of `length` bytes at `view`; false when they are not RTP. */
export function parseRtpHeader(view: DataView, length: number, into: RtpHeader): boolean {
  if (length < RTP_FIXED_BYTES) return false;
  const first = view.getUint8(0);
  if (first >> 6 !== 2) return false;
  const second = view.getUint8(1);
  let headerBytes = RTP_FIXED_BYTES + (first & 0x0f) * 4;
  let extensionStart = 0;
  let twoByte = false;
  if ((first & 0x10) !== 0) {
    if (headerBytes + 4 > length) return false;
    const profile = view.getUint16(headerBytes);
    const elementBytes = view.getUint16(headerBytes + 2) * 4;
    twoByte = (profile & 0xfff0) === TWO_BYTE_PROFILE;
    // Elements of an unknown profile are skipped, not refused.
    if (twoByte || profile === ONE_BYTE_PROFILE) extensionStart = headerBytes + 4;
    headerBytes += 4 + elementBytes;
  }
  if (headerBytes > length) return false;
  into.padding = (first & 0x20) !== 0;
  into.marker = (second & 0x80) !== 0;
  into.payloadType = second & 0x7f;
  into.sequence = view.getUint16(2);
  into.timestamp = view.getUint32(4);
  into.ssrc = view.getUint32(8);
  into.headerBytes = headerBytes;
  into.extensionStart = extensionStart;
  into.twoByteExtensions = twoByte;
  return true;
}

/**
 * Where the value of extension element `id` begins, when it has at least `minBytes` bytes; −1 otherwise.
 * {@linkcode extensionLength} tells its length.
 */
export function findExtension(
  bytes: Uint8Array,
  header: RtpHeader,
  id: number,
  minBytes: number,
): number {
  if (header.extensionStart === 0 || id === 0) return -1;
  const end = header.headerBytes;
  let at = header.extensionStart;
  while (at < end) {
    const first = bytes[at]!;
    if (first === 0) {
      at++;
      continue;
    }
    let elementId: number;
    let valueBytes: number;
    let value: number;
    if (header.twoByteExtensions) {
      if (at + 2 > end) return -1;
      elementId = first;
      valueBytes = bytes[at + 1]!;
      value = at + 2;
    } else {
      elementId = first >> 4;
      if (elementId === 15) return -1;
      valueBytes = (first & 0x0f) + 1;
      value = at + 1;
    }
    if (value + valueBytes > end) return -1;
    if (elementId === id) return valueBytes >= minBytes ? value : -1;
    at = value + valueBytes;
  }
  return -1;
}

/** The length of the element whose value begins at `value`. */
export function extensionLength(bytes: Uint8Array, header: RtpHeader, value: number): number {
  const before = bytes[value - 1]!;
  return header.twoByteExtensions ? before : (before & 0x0f) + 1;
}

/** The text of extension element `id` (RFC 8852: mid and rid), undefined when absent or longer than 32 bytes. */
export function extensionText(
  bytes: Uint8Array,
  header: RtpHeader,
  id: number,
): string | undefined {
  const at = findExtension(bytes, header, id, 1);
  if (at < 0) return undefined;
  const valueBytes = extensionLength(bytes, header, at);
  if (valueBytes > 32) return undefined;
  let text = "";
  for (let i = at; i < at + valueBytes; i++) {
    const code = bytes[i]!;
    if (code < 0x21 || code > 0x7e) return undefined;
    text += String.fromCharCode(code);
  }
  return text;
}

/** The bytes of padding at the end of a decrypted payload, −1 when the claim is impossible. */
export function paddingBytes(payload: Uint8Array, payloadLength: number): number {
  if (payloadLength === 0) return -1;
  const claimed = payload[payloadLength - 1]!;
  return claimed === 0 || claimed > payloadLength ? -1 : claimed;
}

/** A header to write: the fixed part and at most two one-byte extension elements, of one and of two bytes. */
export interface OutgoingHeader {
  marker: boolean;
  /** The payload is nothing but padding, or ends in some. */
  padding: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** 1–14, or 0 for no element. */
  extensionId: number;
  extensionValue: number;
  /** Extension id of the transport-wide sequence number; 1–14, or 0 for none. */
  transportWideId: number;
  transportWideSequence: number;
}

/** Writes the header at the start of `view` and answers its length. */
export function writeRtpHeader(view: DataView, header: OutgoingHeader): number {
  const { extensionId, transportWideId } = header;
  const extended = extensionId !== 0 || transportWideId !== 0;
  view.setUint8(0, 0x80 | (extended ? 0x10 : 0) | (header.padding ? 0x20 : 0));
  view.setUint8(1, (header.marker ? 0x80 : 0) | header.payloadType);
  view.setUint16(2, header.sequence);
  view.setUint32(4, header.timestamp);
  view.setUint32(8, header.ssrc);
  if (!extended) return RTP_FIXED_BYTES;
  view.setUint16(12, ONE_BYTE_PROFILE);
  let at = 16;
  if (transportWideId !== 0) {
    view.setUint8(at, (transportWideId << 4) | 1);
    view.setUint16(at + 1, header.transportWideSequence);
    at += 3;
  }
  if (extensionId !== 0) {
    view.setUint8(at, extensionId << 4);
    view.setUint8(at + 1, header.extensionValue);
    at += 2;
  }
  while (at % 4 !== 0) view.setUint8(at++, 0);
  view.setUint16(14, at / 4 - 4);
  return at;
}
