/**
 * What the two SRTP profiles have in common: one key, one direction, one kind of packet.
 *
 * Lengths are checked by the session before native code sees a buffer. Invariant: a cipher knows nothing of
 * replay, roll-over or which ssrc is known; it answers for bytes alone.
 */

/** RTP's fixed header and the part of an RTCP packet that stays clear have these sizes. */
export const RTP_HEADER_BYTES = 12;
export const RTCP_HEADER_BYTES = 8;

export interface PacketCipher {
  /** What protection adds to an RTP packet. */
  readonly rtpTrailerBytes: number;
  /** What protection adds to a compound RTCP packet. */
  readonly rtcpTrailerBytes: number;
  /** Encrypts into `body`, which is `packet` from `headerBytes` on, and writes the trailer. */
  sealRtp(
    packet: Uint8Array,
    headerBytes: number,
    body: Uint8Array,
    payload: Uint8Array,
    payloadBytes: number,
    ssrc: number,
    index: number,
  ): void;
  /** Decrypts `body` into `plain`; false when the packet isn't authentic. */
  openRtp(
    packet: Uint8Array,
    length: number,
    headerBytes: number,
    body: Uint8Array,
    plain: Uint8Array,
    ssrc: number,
    index: number,
  ): boolean;
  /** Encrypts `clear`, what follows the 8 clear bytes, into `body` and writes the trailer. */
  sealRtcp(
    packet: Uint8Array,
    body: Uint8Array,
    clear: Uint8Array,
    ssrc: number,
    index: number,
  ): void;
  /** The SRTCP index word with its encryption flag, as it stands in the packet. */
  rtcpIndexWord(packet: Uint8Array, length: number): number;
  openRtcp(
    packet: Uint8Array,
    length: number,
    body: Uint8Array,
    plain: Uint8Array,
    ssrc: number,
    index: number,
  ): boolean;
  close(): void;
}

/** The E flag of the SRTCP index word (RFC 3711 §3.4). */
export const RTCP_ENCRYPTED = 0x80000000;

export function writeWord(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

export function readWord(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) |
    bytes[offset + 3]!) >>> 0;
}

/**
 * Exclusive-ors ssrc and 48-bit index over a salted vector: the ssrc at `offset`, the index in the six bytes behind.
 * Both profiles build their vector so, with different salts and offsets (RFC 3711 §4.1.1, RFC 7714 §8.1, §9.1).
 */
export function mixVector(
  vector: Uint8Array,
  salt: Uint8Array,
  offset: number,
  ssrc: number,
  index: number,
): void {
  const high = Math.floor(index / 65536);
  vector[offset] = salt[offset]! ^ (ssrc >>> 24);
  vector[offset + 1] = salt[offset + 1]! ^ (ssrc >>> 16);
  vector[offset + 2] = salt[offset + 2]! ^ (ssrc >>> 8);
  vector[offset + 3] = salt[offset + 3]! ^ ssrc;
  vector[offset + 4] = salt[offset + 4]! ^ (high >>> 24);
  vector[offset + 5] = salt[offset + 5]! ^ (high >>> 16);
  vector[offset + 6] = salt[offset + 6]! ^ (high >>> 8);
  vector[offset + 7] = salt[offset + 7]! ^ high;
  vector[offset + 8] = salt[offset + 8]! ^ (index >>> 8);
  vector[offset + 9] = salt[offset + 9]! ^ index;
}
