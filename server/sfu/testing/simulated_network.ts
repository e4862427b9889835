/**
 * A network and a cipher in memory, to run the core on simulated time: for tests and fuzzing.
 *
 * The cipher changes no byte and appends four that prove nothing but a key number, so that tests read what was sent
 * and forgeries are told from the real thing. DTLS connects at the first datagram, which carries the certificate's
 * fingerprint in clear.
 */
import { createHmac } from "node:crypto";
import type { Randomness } from "../engine/environment.ts";
import type {
  DatagramSocket,
  DtlsEvents,
  DtlsFactory,
  DtlsSession,
  Remote,
  Slot,
  SrtpKeys,
  SrtpSession,
} from "../ports.ts";
import { SLOT_BYTES } from "../ports.ts";

/** A datagram that the core sent. */
export interface SentDatagram {
  bytes: Uint8Array;
  to: Remote;
}

export class SimulatedSocket implements DatagramSocket {
  readonly address = "192.0.2.100";
  readonly port = 3478;
  /** Everything sent and not taken yet. */
  #sent: SentDatagram[] = [];
  #sentCount = 0;
  readonly #slot: Slot;
  readonly #remotes = new Map<string, Remote>();

  constructor() {
    const bytes = new Uint8Array(SLOT_BYTES);
    this.#slot = {
      bytes,
      view: new DataView(bytes.buffer),
      tail: (offset) => bytes.subarray(offset),
    };
  }

  receive(): number {
    return 0;
  }

  waitReadable(): Promise<boolean> {
    return Promise.resolve(false);
  }

  slot(): Slot {
    return this.#slot;
  }

  commit(length: number, to: Remote): void {
    this.#sentCount++;
    this.#sent.push({ bytes: this.#slot.bytes.slice(0, length), to });
  }

  /** What was sent since the last call. */
  take(): SentDatagram[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  flush(): void {}

  remote(address: string, port: number): Remote {
    const key = `${address} ${port}`;
    const known = this.#remotes.get(key) ?? { address, port, family: 4 };
    this.#remotes.set(key, known);
    return known;
  }

  keep(): void {}

  release(): void {}

  counters(): { received: number; sent: number; dropped: number } {
    return { received: 0, sent: this.#sentCount, dropped: 0 };
  }

  close(): void {}
}

const TAG_BYTES = 4;
/** Written behind every protected packet. */
const TAG = [0xfe, 0xed, 0xfa, 0xce];

function isTagged(packet: Uint8Array, length: number): boolean {
  return length >= TAG_BYTES && TAG.every((byte, i) => packet[length - TAG_BYTES + i] === byte);
}

/** `bytes` as the peer's side would protect them. */
export function protect(bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(...bytes, ...TAG);
}

/** What the core protected, undefined when it didn't. */
export function unprotect(bytes: Uint8Array): Uint8Array | undefined {
  return isTagged(bytes, bytes.length) ? bytes.slice(0, -TAG_BYTES) : undefined;
}

class PlainSrtp implements SrtpSession {
  readonly rtpOverheadBytes = TAG_BYTES;
  /** Packet indices protected so far, by ssrc: each may be used for one payload only. */
  readonly #used = new Map<string, string>();

  unprotectRtp(
    packet: Uint8Array,
    length: number,
    headerBytes: number,
    _ssrc: number,
    _sequence: number,
    plain: Uint8Array,
  ): number {
    const payloadLength = length - headerBytes - TAG_BYTES;
    if (payloadLength < 0 || !isTagged(packet, length)) return -1;
    plain.set(packet.subarray(headerBytes, headerBytes + payloadLength));
    return payloadLength;
  }

  protectRtp(
    slot: Slot,
    headerBytes: number,
    payload: Uint8Array,
    payloadLength: number,
    ssrc: number,
    index: number,
  ): number {
    slot.bytes.set(payload.subarray(0, payloadLength), headerBytes);
    const end = headerBytes + payloadLength;
    const packet = slot.bytes.slice(0, end).join();
    const before = this.#used.get(`${ssrc} ${index}`);
    if (before !== undefined && before !== packet) {
      throw new Error(`two packets under ssrc ${ssrc} and index ${index}`);
    }
    this.#used.set(`${ssrc} ${index}`, packet);
    slot.bytes.set(TAG, end);
    return end + TAG_BYTES;
  }

  unprotectRtcp(packet: Uint8Array, length: number): Uint8Array | undefined {
    return isTagged(packet, length) ? packet.slice(0, length - TAG_BYTES) : undefined;
  }

  protectRtcp(slot: Slot, packet: Uint8Array): number {
    slot.bytes.set(packet);
    slot.bytes.set(TAG, packet.length);
    return packet.length + TAG_BYTES;
  }

  forget(): void {}

  close(): void {}
}

const NO_KEYS: SrtpKeys = {
  profile: "AEAD_AES_128_GCM",
  localKey: new Uint8Array(16),
  localSalt: new Uint8Array(12),
  remoteKey: new Uint8Array(16),
  remoteSalt: new Uint8Array(12),
};

/** First byte of a DTLS handshake record (RFC 7983). */
export const DTLS_BYTE = 22;

class PlainDtls implements DtlsSession {
  constructor(readonly events: DtlsEvents) {}

  receive(datagram: Uint8Array): void {
    if (datagram[1] === 0) this.events.onClosed("the peer closed");
    else this.events.onConnected(NO_KEYS, new TextDecoder().decode(datagram.subarray(1)));
  }

  tick(): void {}

  close(): void {}
}

/** The first datagram of a peer whose certificate has this fingerprint. */
export function dtlsHello(fingerprint: string): Uint8Array {
  return Uint8Array.of(DTLS_BYTE, ...new TextEncoder().encode(fingerprint));
}

export function hmacSha1(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha1", key).update(data).digest());
}

export const simulatedDtls: DtlsFactory = {
  fingerprint: "AA".repeat(32),
  accept: (events) => new PlainDtls(events),
  connect: (events) => new PlainDtls(events),
  createSrtp: () => new PlainSrtp(),
  hmacSha1,
};

/** The same values in every run. */
export function countingRandomness(): Randomness {
  let next = 0;
  return {
    text: (length) => `${next++}`.padStart(length, "x"),
    integer: (below) => (next++ * 7919) % below,
  };
}
