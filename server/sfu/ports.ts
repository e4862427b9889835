/**
 * What the media core asks of the machine: sockets, DTLS and packet ciphers, as interfaces.
 *
 * `io/` implements them (Linux by FFI, elsewhere by Deno's own sockets); the core sees only these. Buffers that
 * are handed to a callback are valid only until it returns.
 */

/** Where datagrams come from and go to. One object an address or TCP connection: compare by identity. */
export interface Remote {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** UDP when absent. */
  readonly protocol?: "tcp";
}

/** Room for one outgoing datagram, pinned for native code. */
export interface Slot {
  /** {@linkcode SLOT_BYTES} long. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** `bytes.subarray(offset)`, made once for each offset below 64. */
  tail(offset: number): Uint8Array;
}

export const SLOT_BYTES = 1600;

export interface SocketOptions {
  address: string;
  /** 0: any free one. */
  port: number;
  /**
   * Whether a datagram may begin something with an address that isn't known. What may not goes no further, where the
   * socket can tell at little cost; when absent, every datagram is handed over.
   */
  introduces?: (view: DataView, length: number) => boolean;
}

/** Totals since the start. */
export interface SocketCounters {
  received: number;
  sent: number;
  dropped: number;
  /** How many of those received came from unknown addresses and weren't handed over. */
  strangers?: number;
}

export interface DatagramSocket {
  readonly address: string;
  readonly port: number;
  /** Whether the port takes TCP connections too; not when absent. */
  readonly takesTcp?: boolean;
  /**
   * Hands over what has arrived, waiting at most `maxWaitMs` for the first datagram (0: not at all).
   * `bytes` is a pinned buffer longer than the datagram. Answers the number of datagrams.
   */
  receive(
    maxWaitMs: number,
    onDatagram: (bytes: Uint8Array, view: DataView, length: number, from: Remote) => void,
  ): number | Promise<number>;
  /** The slot of the next outgoing datagram. Fill it, then commit; flush sends what is committed. */
  slot(): Slot;
  /** Nothing is sent for a length of 0. */
  commit(length: number, to: Remote): void;
  flush(): void;
  /** Blocks for `ms`, so that more datagrams come together; absent where a thread can't be blocked. */
  gather?(ms: number): void;
  /** Resolves true as soon as a datagram waits, false after `maxWaitMs` or when closed; blocks nothing meanwhile. */
  waitReadable(maxWaitMs: number): Promise<boolean>;
  /** The one object of this address. */
  remote(address: string, port: number): Remote;
  /**
   * Holds a remote, so that its address answers the same object until as many calls of `release`.
   * Others are forgotten when many newer addresses have spoken since; a connection that was held is closed.
   */
  keep(remote: Remote): void;
  release(remote: Remote): void;
  counters(): SocketCounters;
  close(): void;
}

export interface SrtpKeys {
  profile: SrtpProfile;
  /** Master keys and salts (RFC 5764 §4.2). */
  localKey: Uint8Array;
  localSalt: Uint8Array;
  remoteKey: Uint8Array;
  remoteSalt: Uint8Array;
}

/** IANA DTLS-SRTP protection profiles (RFC 5764 §4.1.2, RFC 7714 §14.2). */
export type SrtpProfile = "AEAD_AES_128_GCM" | "AES128_CM_HMAC_SHA1_80";

/** The two directions of one transport's SRTP and SRTCP (RFC 3711, RFC 7714). */
export interface SrtpSession {
  /** Bytes that protection adds to an RTP packet: 16 or 10. */
  readonly rtpOverheadBytes: number;
  /**
   * Decrypts one RTP packet. Keeps the roll-over counter and a replay window for each ssrc (RFC 3711 §3.3.1–2).
   * Answers the payload length written to `plain`, or -1 when it is forged, replayed or too old.
   */
  unprotectRtp(
    packet: Uint8Array,
    length: number,
    headerBytes: number,
    ssrc: number,
    sequence: number,
    plain: Uint8Array,
  ): number;
  /**
   * Encrypts `payload[0..payloadLength)` behind the header that stands in `slot`.
   * `index` is the 48-bit packet index (roll-over counter × 65536 + sequence). Answers the datagram's length, 0 when
   * nothing is to be sent: the session is closed, or AES-GCM has sealed this index of the ssrc before.
   */
  protectRtp(
    slot: Slot,
    headerBytes: number,
    payload: Uint8Array,
    payloadLength: number,
    ssrc: number,
    index: number,
  ): number;
  /** The decrypted compound packet (a view valid until the next call), or undefined when forged or replayed. */
  unprotectRtcp(packet: Uint8Array, length: number): Uint8Array | undefined;
  /** Writes the protected compound packet into `slot`, answers the datagram's length. */
  protectRtcp(slot: Slot, packet: Uint8Array): number;
  /** Forgets an ssrc that is no longer received. */
  forget(ssrc: number): void;
  close(): void;
}

export interface DtlsEvents {
  /** A datagram to send, valid during the call. */
  onSend(datagram: Uint8Array): void;
  /** The handshake is done; `fingerprint` is the peer certificate's SHA-256, upper-case hex with colons. */
  onConnected(keys: SrtpKeys, fingerprint: string): void;
  /** The peer closed, or the handshake failed; nothing follows. */
  onClosed(reason: string): void;
}

export interface DtlsSession {
  receive(datagram: Uint8Array): void;
  /** Retransmits when due; call every 50 ms or so until connected. */
  tick(nowMs: number): void;
  close(): void;
}

export interface DtlsFactory {
  /** SHA-256 of this process's certificate, upper-case hex with colons. */
  readonly fingerprint: string;
  accept(events: DtlsEvents): DtlsSession;
  /** The client's side; its first flight leaves at the first tick. */
  connect(events: DtlsEvents): DtlsSession;
  createSrtp(keys: SrtpKeys): SrtpSession;
  /** HMAC-SHA1 for STUN's MESSAGE-INTEGRITY (RFC 8489 §14.5). */
  hmacSha1(key: Uint8Array, data: Uint8Array): Uint8Array;
}
