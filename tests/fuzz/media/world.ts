/**
 * A lesson in memory with the product's own DTLS and ciphers: what is delivered, what leaves, and who is who.
 *
 * Time is passed in. Datagrams arrive in one buffer that keeps what earlier ones left behind, as a socket's do.
 */
import { MediaCore } from "../../../server/sfu/engine/core.ts";
import { createDtlsFactory } from "../../../server/sfu/io/crypto/dtls.ts";
import { createSlot } from "../../../server/sfu/io/crypto/tails.ts";
import type { Remote, SrtpKeys, SrtpSession } from "../../../server/sfu/ports.ts";
import {
  createRtpHeader,
  isRtcp,
  parseRtpHeader,
  RTP_FIXED_BYTES,
} from "../../../server/sfu/packets/rtp.ts";
import { countingRandomness } from "../../../server/sfu/testing/simulated_network.ts";
import { parseBindingRequest, writeBindingRequest } from "../../../server/sfu/packets/stun.ts";
import type { TransportOptions } from "../../../rooms/contract/protocol/rtp.ts";
import { MemorySocket, type SentDatagram } from "./socket.ts";
import type { Random } from "../guard/random.ts";

/** Made once: each costs a key pair that is never given back. */
const ours = createDtlsFactory();
const peers = createDtlsFactory();
/** Somebody whose certificate was never announced. */
const strangers = createDtlsFactory();

const MAX_FLIGHTS = 20;
const RECEIVE_BUFFER_BYTES = 1600;
const encoder = new TextEncoder();
const header = createRtpHeader();
const slot = createSlot();
const plain = new Uint8Array(RECEIVE_BUFFER_BYTES);

export const isStun = (bytes: Uint8Array) => bytes[0]! <= 3;
export const isDtls = (bytes: Uint8Array) => bytes[0]! >= 20 && bytes[0]! <= 63;
export const isRtp = (bytes: Uint8Array) => bytes[0]! >= 128 && bytes[0]! <= 191 && !isRtcp(bytes);

export class World {
  readonly socket = new MemorySocket();
  recorded = 0;
  readonly connected = new Set<string>();
  /** Transports that closed by themselves. */
  readonly closed = new Set<string>();
  nowMs = 1_000_000;
  readonly core = new MediaCore({
    socket: this.socket,
    dtls: ours,
    random: countingRandomness(),
    recording: { packet: () => this.recorded++, report: () => {} },
  });
  readonly routerId = this.core.createRouter((event) => {
    if (event.type === "transportConnected") this.connected.add(event.transportId);
    if (event.type === "transportClosed") this.closed.add(event.transportId);
  });
  readonly #buffer = new Uint8Array(RECEIVE_BUFFER_BYTES);
  readonly #view = new DataView(this.#buffer.buffer);

  /** Hands a datagram over; answers what left because of it. */
  deliver(bytes: Uint8Array, from: Remote): SentDatagram[] {
    this.#buffer.set(bytes.subarray(0, RECEIVE_BUFFER_BYTES));
    this.core.receive(this.#buffer, this.#view, bytes.length, from, this.nowMs);
    return this.socket.take();
  }

  /** Lets time pass; answers what left meanwhile. */
  pass(ms: number): SentDatagram[] {
    this.nowMs += ms;
    this.core.tick(this.nowMs);
    return this.socket.take();
  }
}

/** A pretended browser on one transport. */
export class Person {
  readonly transport: TransportOptions;
  readonly remote: Remote;
  /** What it sent to shake hands, for others to damage. */
  readonly handshake: Uint8Array[] = [];
  readonly #world: World;
  #srtp: SrtpSession | undefined;
  #checks = 0;

  constructor(world: World, direction: "send" | "recv", port: number) {
    this.#world = world;
    this.transport = world.core.createTransport(world.routerId, direction);
    this.remote = world.socket.remote("198.51.100.1", port);
    world.core.connectTransport(this.transport.id, {
      role: "client",
      fingerprints: [{ algorithm: "sha-256", value: peers.fingerprint }],
    });
  }

  get srtp(): SrtpSession {
    if (this.#srtp === undefined) throw new Error("it never connected");
    return this.#srtp;
  }

  /** A check, which is consent too. */
  request(): Uint8Array {
    const { usernameFragment, password } = this.transport.iceParameters;
    const transactionId = new Uint8Array(12);
    new DataView(transactionId.buffer).setUint32(8, ++this.#checks);
    return writeBindingRequest(
      { username: `${usernameFragment}:peer`, transactionId, useCandidate: true },
      encoder.encode(password),
      (key, data) => peers.hmacSha1(key, data),
    );
  }

  check(): void {
    this.#world.deliver(this.request(), this.remote);
  }

  /** Shakes hands with its own certificate or with one that nobody announced; answers whether keys came of it. */
  connect(certificate: "own" | "strange" = "own"): boolean {
    this.check();
    const flight: Uint8Array[] = [];
    let closed = false;
    const factory = certificate === "own" ? peers : strangers;
    const session = factory.connect({
      onSend: (datagram) => flight.push(datagram.slice()),
      onConnected: (keys) => this.#srtp = factory.createSrtp(keys),
      onClosed: () => closed = true,
    });
    session.tick(this.#world.nowMs);
    for (let i = 0; i < MAX_FLIGHTS && this.#srtp === undefined && !closed; i++) {
      const answers = flight.splice(0).flatMap((datagram) => {
        this.handshake.push(datagram);
        return this.#world.deliver(datagram, this.remote);
      });
      for (const { bytes } of answers) if (isDtls(bytes)) session.receive(bytes);
    }
    // The last flight, when the keys were there before it left.
    for (const datagram of flight.splice(0)) this.#world.deliver(datagram, this.remote);
    session.close();
    return this.#srtp !== undefined;
  }

  close(): void {
    this.#srtp?.close();
    const { closed, core } = this.#world;
    if (!closed.has(this.transport.id)) core.closeTransport(this.transport.id);
  }

  /** The payload of an RTP packet sent to it, until the next call; undefined when it isn't authentic. */
  open(datagram: Uint8Array<ArrayBuffer>): Uint8Array | undefined {
    if (!parseRtpHeader(new DataView(datagram.buffer), datagram.length, header)) return undefined;
    const { headerBytes, ssrc, sequence } = header;
    const length = this.srtp
      .unprotectRtp(datagram, datagram.length, headerBytes, ssrc, sequence, plain);
    return length < 0 ? undefined : plain.subarray(0, length);
  }
}

/** A key that belongs to nobody here. */
export function wrongKey(random: Random): SrtpSession {
  const bytes = (length: number) => Uint8Array.from({ length }, () => random.below(256));
  const keys: SrtpKeys = {
    profile: "AEAD_AES_128_GCM",
    localKey: bytes(16),
    localSalt: bytes(12),
    remoteKey: bytes(16),
    remoteSalt: bytes(12),
  };
  return peers.createSrtp(keys);
}

/** Seals an RTP packet as its header says; undefined when that isn't one, or was sealed before. */
export function sealRtp(srtp: SrtpSession, packet: Uint8Array): Uint8Array | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (!parseRtpHeader(view, packet.length, header) || packet.length < RTP_FIXED_BYTES) {
    return undefined;
  }
  const { headerBytes, ssrc, sequence } = header;
  const payload = Uint8Array.from(packet.subarray(headerBytes));
  slot.bytes.set(packet.subarray(0, headerBytes));
  const length = srtp.protectRtp(slot, headerBytes, payload, payload.length, ssrc, sequence);
  return length === 0 ? undefined : slot.bytes.slice(0, length);
}

export function sealRtcp(srtp: SrtpSession, compound: Uint8Array): Uint8Array {
  if (compound.length < 8) return compound;
  return slot.bytes.slice(0, srtp.protectRtcp(slot, compound));
}

/** What the integrity of a binding request covers, apart from the length; undefined when it isn't one. */
export function coveredBytes(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const request = parseBindingRequest(bytes, view, bytes.length);
  if (request === undefined) return undefined;
  return [...bytes.subarray(0, 2), ...bytes.subarray(4, request.integrityAt + 24)].join();
}
