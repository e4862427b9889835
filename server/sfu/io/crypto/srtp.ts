/**
 * One transport's SRTP and SRTCP in both directions: what to accept, and where the bytes go (RFC 3711, RFC 7714).
 *
 * Invariants: nothing of a packet is remembered before it proved authentic; no index of an ssrc is accepted twice
 * while the ssrc is known; native code is handed only lengths that fit its buffers. A packet costs no allocation.
 * Nothing is sealed twice by AES-GCM under one ssrc and index, because that would give its authentication key away
 * (RFC 7714 §8.1).
 */
import { CmHmacCipher } from "./cm_hmac.ts";
import { GcmCipher } from "./gcm.ts";
import type { Bytes } from "./openssl.ts";
import {
  type PacketCipher,
  readWord,
  RTCP_ENCRYPTED,
  RTCP_HEADER_BYTES,
  RTP_HEADER_BYTES,
} from "./packet_cipher.ts";
import { estimateIndex, ReplayWindow } from "./replay_window.ts";
import { deriveSessionKeys, MASTER_KEY_BYTES, saltBytes } from "./srtp_keys.ts";
import { Tails } from "./tails.ts";
import { type Slot, SLOT_BYTES, type SrtpKeys, type SrtpSession } from "../../ports.ts";

/** Ssrcs remembered for each kind; the one that has been silent longest makes room for a new one. */
export const MAX_SSRCS = 128;
/** A transport sends many participants' streams, each with its repair stream. */
const MAX_SENT_SSRCS = 1024;
/** Packet indices have 48 bits, SRTCP's 31; a key is spent when they run out (RFC 3711 §9.2). */
const MAX_RTP_INDEX = 2 ** 48 - 1;
const MAX_RTCP_INDEX = 2 ** 31 - 1;

/** Shared by all sessions: they are handed the same few receive buffers. */
const TAILS = new Tails();

/** Makes the session of a finished handshake; throws RangeError when a key's length doesn't fit its profile. */
export function createSrtpSession(keys: SrtpKeys): SrtpSession {
  return new LibcryptoSrtpSession(keys);
}

class LibcryptoSrtpSession implements SrtpSession {
  readonly rtpOverheadBytes: number;
  readonly #sealRtp: PacketCipher;
  readonly #openRtp: PacketCipher;
  readonly #sealRtcp: PacketCipher;
  readonly #openRtcp: PacketCipher;
  readonly #rtp = new ReplayWindows(MAX_SSRCS);
  readonly #rtcp = new ReplayWindows(MAX_SSRCS);
  /** What was sealed, where sealing again would do harm; counter mode only repeats itself. */
  readonly #sealed: ReplayWindows | undefined;
  readonly #compound: Bytes = new Uint8Array(SLOT_BYTES);
  readonly #compoundBody = this.#compound.subarray(RTCP_HEADER_BYTES);
  #nextRtcpIndex = 0;
  #closed = false;

  constructor(keys: SrtpKeys) {
    const salt = saltBytes(keys.profile);
    for (
      const [key, length] of [
        [keys.localKey, MASTER_KEY_BYTES],
        [keys.remoteKey, MASTER_KEY_BYTES],
        [keys.localSalt, salt],
        [keys.remoteSalt, salt],
      ] as const
    ) {
      if (key.length !== length) {
        throw new RangeError(`${keys.profile} takes ${length} bytes, not ${key.length}`);
      }
    }
    this.#sealRtp = createCipher(keys, "seal", "rtp");
    this.#openRtp = createCipher(keys, "open", "rtp");
    this.#sealRtcp = createCipher(keys, "seal", "rtcp");
    this.#openRtcp = createCipher(keys, "open", "rtcp");
    this.rtpOverheadBytes = this.#sealRtp.rtpTrailerBytes;
    if (keys.profile === "AEAD_AES_128_GCM") this.#sealed = new ReplayWindows(MAX_SENT_SSRCS);
  }

  unprotectRtp(
    packet: Bytes,
    length: number,
    headerBytes: number,
    ssrc: number,
    sequence: number,
    plain: Bytes,
  ): number {
    const payloadBytes = length - headerBytes - this.rtpOverheadBytes;
    if (
      this.#closed || headerBytes < RTP_HEADER_BYTES || payloadBytes < 0 ||
      length > packet.length || payloadBytes > plain.length
    ) return -1;
    const window = this.#rtp.get(ssrc);
    const index = estimateIndex(window === undefined ? -1 : window.highest, sequence);
    if (index < 0 || index > MAX_RTP_INDEX) return -1;
    if (window !== undefined && !window.admits(index)) return -1;
    const body = TAILS.of(packet, headerBytes);
    if (!this.#openRtp.openRtp(packet, length, headerBytes, body, plain, ssrc, index)) return -1;
    this.#rtp.accept(ssrc, index);
    return payloadBytes;
  }

  protectRtp(
    slot: Slot,
    headerBytes: number,
    payload: Bytes,
    payloadBytes: number,
    ssrc: number,
    index: number,
  ): number {
    const length = headerBytes + payloadBytes + this.rtpOverheadBytes;
    if (this.#closed) return 0;
    if (
      headerBytes < RTP_HEADER_BYTES || payloadBytes < 0 || payloadBytes > payload.length ||
      length > slot.bytes.length
    ) throw new RangeError(`An RTP packet of ${headerBytes}+${payloadBytes} bytes`);
    if (!(index >= 0 && index <= MAX_RTP_INDEX)) throw new RangeError(`Packet index ${index}`);
    if (this.#sealed !== undefined) {
      if (this.#sealed.get(ssrc)?.admits(index) === false) return 0;
      this.#sealed.accept(ssrc, index);
    }
    const packet = slot.bytes as Bytes;
    const body = slot.tail(headerBytes) as Bytes;
    this.#sealRtp.sealRtp(packet, headerBytes, body, payload, payloadBytes, ssrc, index);
    return length;
  }

  unprotectRtcp(packet: Bytes, length: number): Uint8Array | undefined {
    const cipher = this.#openRtcp;
    const compoundBytes = length - cipher.rtcpTrailerBytes;
    if (
      this.#closed || compoundBytes < RTCP_HEADER_BYTES || length > packet.length ||
      compoundBytes > this.#compound.length
    ) return undefined;
    const word = cipher.rtcpIndexWord(packet, length);
    // RFC 3711 allows packets in clear; WebRTC has none (RFC 8827 §6.5).
    if (word < RTCP_ENCRYPTED) return undefined;
    const index = word - RTCP_ENCRYPTED;
    const ssrc = readWord(packet, 4);
    const window = this.#rtcp.get(ssrc);
    if (window !== undefined && !window.admits(index)) return undefined;
    const body = TAILS.of(packet, RTCP_HEADER_BYTES);
    if (!cipher.openRtcp(packet, length, body, this.#compoundBody, ssrc, index)) return undefined;
    this.#rtcp.accept(ssrc, index);
    for (let i = 0; i < RTCP_HEADER_BYTES; i++) this.#compound[i] = packet[i]!;
    return this.#compound.subarray(0, compoundBytes);
  }

  protectRtcp(slot: Slot, packet: Bytes): number {
    const length = packet.length + this.#sealRtcp.rtcpTrailerBytes;
    if (this.#closed || this.#nextRtcpIndex > MAX_RTCP_INDEX) return 0;
    if (packet.length < RTCP_HEADER_BYTES || length > slot.bytes.length) {
      throw new RangeError(`An RTCP packet of ${packet.length} bytes`);
    }
    const bytes = slot.bytes as Bytes;
    for (let i = 0; i < RTCP_HEADER_BYTES; i++) bytes[i] = packet[i]!;
    const body = slot.tail(RTCP_HEADER_BYTES) as Bytes;
    const clear = packet.subarray(RTCP_HEADER_BYTES);
    this.#sealRtcp.sealRtcp(bytes, body, clear, readWord(packet, 4), this.#nextRtcpIndex++);
    return length;
  }

  forget(ssrc: number): void {
    this.#rtp.delete(ssrc);
    this.#rtcp.delete(ssrc);
  }

  close(): void {
    this.#closed = true;
    for (const cipher of [this.#sealRtp, this.#openRtp, this.#sealRtcp, this.#openRtcp]) {
      cipher.close();
    }
  }
}

function createCipher(
  keys: SrtpKeys,
  direction: "seal" | "open",
  kind: "rtp" | "rtcp",
): PacketCipher {
  const local = direction === "seal";
  const session = deriveSessionKeys(
    local ? keys.localKey : keys.remoteKey,
    local ? keys.localSalt : keys.remoteSalt,
    kind,
  );
  return keys.profile === "AEAD_AES_128_GCM"
    ? new GcmCipher(session, direction)
    : new CmHmacCipher(session);
}

/** The windows of a bounded number of ssrcs. */
class ReplayWindows {
  readonly #windows = new Map<number, { window: ReplayWindow; usedAt: number }>();
  readonly #limit: number;
  #uses = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(ssrc: number): ReplayWindow | undefined {
    return this.#windows.get(ssrc)?.window;
  }

  accept(ssrc: number, index: number): void {
    let entry = this.#windows.get(ssrc);
    if (entry === undefined) {
      if (this.#windows.size >= this.#limit) this.#dropOldest();
      entry = { window: new ReplayWindow(), usedAt: 0 };
      this.#windows.set(ssrc, entry);
    }
    entry.usedAt = ++this.#uses;
    entry.window.accept(index);
  }

  delete(ssrc: number): void {
    this.#windows.delete(ssrc);
  }

  #dropOldest(): void {
    let oldest: number | undefined;
    let usedAt = Infinity;
    for (const [ssrc, entry] of this.#windows) {
      if (entry.usedAt >= usedAt) continue;
      usedAt = entry.usedAt;
      oldest = ssrc;
    }
    if (oldest !== undefined) this.#windows.delete(oldest);
  }
}
