/**
 * One browser's path to the server: ICE, DTLS, SRTP, and the packets of its producers and consumers.
 *
 * No I/O: datagrams and the time come in, datagrams go to the socket's slots. Invariants: nothing is decrypted or sent
 * before the peer's certificate matched the fingerprint that was signalled; a closed transport neither takes nor
 * sends anything.
 */
import type { DtlsParameters } from "../../../rooms/contract/protocol/rtp.ts";
import { BandwidthEstimator } from "../bandwidth/bandwidth.ts";
import { ConnectionQuality } from "../bandwidth/connection_quality.ts";
import type { Consumer } from "./consumer.ts";
import { MediaError } from "../media_engine.ts";
import type { MediaCounters, MediaEnvironment } from "./environment.ts";
import { IceAgent, type IceCredentials, type IceOutcome } from "./ice.ts";
import { MAX_RTCP_PER_SECOND, RateLimit } from "../media_limits.ts";
import type { Outlet } from "./outlet.ts";
import { PathFigures } from "./path_figures.ts";
import type { DtlsSession, Remote, SrtpKeys, SrtpSession } from "../ports.ts";
import type { Producer } from "./producer.ts";
import {
  createRtpHeader,
  findExtension,
  type OutgoingHeader,
  parseRtpHeader,
  RTP_MAX_WRITTEN_BYTES,
  writeRtpHeader,
} from "../packets/rtp.ts";
import { parseRtcp, type RtcpPacket, writeRtcp } from "../packets/rtcp.ts";
import { type ControlledTransport, TransportRtcp } from "./transport_rtcp.ts";
import { SsrcTable } from "./ssrc_table.ts";
import type { BindingRequest } from "../packets/stun.ts";
import type { Receiver } from "../choose/receiver.ts";
import { Subscriber } from "../choose/subscriber.ts";
import { ArrivalRecorder } from "../receive/twcc.ts";

/** What the owner of a transport is told. */
export interface TransportListener {
  onConnected(transport: Transport): void;
  /** It closed by itself: consent expired, DTLS closed or the certificate was somebody else's. */
  onClosed(transport: Transport, reason: string): void;
}

const DTLS_TICK_MS = 50;
const CONSENT_TICK_MS = 1000;

/** One packet is parsed at a time; nothing is kept between calls. */
const header = createRtpHeader();
/** Packets of ssrcs that aren't bound yet, decrypted to learn whether they are authentic. */
const unboundPayload = new Uint8Array(1600);

export class Transport implements Outlet, Receiver, ControlledTransport {
  readonly id: string;
  readonly direction: "send" | "recv";
  readonly environment: MediaEnvironment;
  readonly counters: MediaCounters;
  readonly ice: IceAgent;
  readonly producers = new Map<string, Producer>();
  readonly consumers = new Map<string, Consumer>();
  readonly quality = new ConnectionQuality();
  readonly #figures = new PathFigures(this.producers, this.consumers);
  #mids = 0;
  /** Producers and consumers of video. */
  #videos = 0;
  readonly #listener: TransportListener;
  readonly #ssrcs = new SsrcTable();
  readonly #arrivals = new ArrivalRecorder();
  readonly #rtcp: TransportRtcp;
  readonly #subscriber: Subscriber;
  readonly #rtcpLimit = new RateLimit(MAX_RTCP_PER_SECOND);
  readonly #claimedSsrcs = new Set<number>();
  #transportWideId = 0;
  #bandwidth: BandwidthEstimator | undefined;
  #dtls: DtlsSession | undefined;
  #keys: SrtpKeys | undefined;
  #fingerprint: string | undefined;
  #expectedFingerprint: string | undefined;
  #srtp: SrtpSession | undefined;
  #closed = false;
  #nextDtlsMs = 0;
  #nextConsentMs = 0;

  constructor(options: {
    id: string;
    direction: "send" | "recv";
    environment: MediaEnvironment;
    credentials: IceCredentials;
    listener: TransportListener;
  }) {
    this.id = options.id;
    this.direction = options.direction;
    this.environment = options.environment;
    this.counters = options.environment.counters;
    this.ice = new IceAgent(options.credentials);
    this.#listener = options.listener;
    this.#rtcp = new TransportRtcp(this, this.#arrivals);
    this.#subscriber = new Subscriber(this);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** ICE and DTLS are done and the certificate is the expected one. */
  get connected(): boolean {
    return this.#srtp !== undefined;
  }

  /** Where media goes; undefined until connected. */
  get target(): Remote | undefined {
    return this.#srtp === undefined ? undefined : this.ice.selected;
  }

  /** Learns whose certificate to expect. @throws {MediaError} when it can't be, or was told already. */
  connect(dtls: DtlsParameters): void {
    if (this.#expectedFingerprint !== undefined) {
      throw new MediaError("conflict", `transport ${this.id} has its fingerprint already`);
    }
    if (dtls.role === "server") {
      throw new MediaError("unsupported", "the server takes the DTLS server role itself");
    }
    const sha256 = dtls.fingerprints.find((fingerprint) =>
      fingerprint.algorithm.toLowerCase() === "sha-256"
    );
    if (sha256 === undefined) {
      throw new MediaError("unsupported", "a sha-256 fingerprint is needed");
    }
    this.#expectedFingerprint = sha256.value.toUpperCase();
    this.#tryConnect();
  }

  /** A binding request that names one of this transport's ufrags; undefined when its password is wrong. */
  receiveBinding(
    bytes: Uint8Array,
    request: BindingRequest,
    from: Remote,
    nowMs: number,
  ): IceOutcome | undefined {
    const { dtls } = this.environment;
    const outcome = this.ice.receive(
      bytes,
      request,
      from,
      nowMs,
      (key, data) => dtls.hmacSha1(key, data),
    );
    if (outcome !== undefined) this.sendDatagram(outcome.answer, from);
    return outcome;
  }

  receiveDtls(datagram: Uint8Array): void {
    if (this.#closed) return;
    if (this.#dtls === undefined) {
      this.#dtls = this.environment.dtls.accept({
        onSend: (out) => {
          const { selected } = this.ice;
          if (selected !== undefined) this.sendDatagram(out, selected);
        },
        onConnected: (keys, fingerprint) => {
          this.counters.dtlsHandshakes++;
          this.#keys = keys;
          this.#fingerprint = fingerprint.toUpperCase();
          this.#tryConnect();
        },
        onClosed: (reason) => this.#fail(`DTLS: ${reason}`),
      });
    }
    this.#dtls.receive(datagram);
  }

  #tryConnect(): void {
    if (this.#closed || this.#keys === undefined || this.#expectedFingerprint === undefined) return;
    if (this.#fingerprint !== this.#expectedFingerprint) {
      this.#fail("the certificate isn't the one that was announced");
      return;
    }
    this.#srtp = this.environment.dtls.createSrtp(this.#keys);
    this.#keys = undefined;
    this.#listener.onConnected(this);
    for (const consumer of this.consumers.values()) consumer.wantKeyFrame();
  }

  #fail(reason: string): void {
    if (this.#closed) return;
    if (!this.connected) this.counters.dtlsFailures++;
    this.#listener.onClosed(this, reason);
  }

  /** Takes an ssrc for a consumer; false when this transport ever used it (RFC 3711 §9.1: no key stream twice). */
  claimSsrc(ssrc: number): boolean {
    if (this.#claimedSsrcs.has(ssrc) || this.#ssrcs.find(ssrc) !== undefined) return false;
    this.#claimedSsrcs.add(ssrc);
    return true;
  }

  /** @throws {MediaError} `conflict` when an ssrc or extension id clashes with another producer's. */
  addProducer(producer: Producer): void {
    this.#ssrcs.add(producer);
    this.producers.set(producer.id, producer);
    if (producer.kind === "video") this.#videos++;
    if (producer.mapping.transportWideId !== 0) {
      this.#transportWideId = producer.mapping.transportWideId;
    }
  }

  removeProducer(producer: Producer): void {
    if (this.producers.delete(producer.id) && producer.kind === "video") this.#videos--;
    for (const ssrc of this.#ssrcs.remove(producer)) this.#srtp?.forget(ssrc);
  }

  /** Whether {@linkcode tick} is due as often as can be: lost packets are asked for, padding is spread. */
  get urgent(): boolean {
    return this.#videos > 0 || this.#srtp === undefined;
  }

  /** A media id that no consumer of this transport had before: the browser's offer is refused when two share one. */
  nextMid(): string {
    return String(this.#mids++);
  }

  /** What gets through to the peer; undefined as long as nothing of it will be told. */
  get bandwidth(): BandwidthEstimator | undefined {
    return this.#bandwidth;
  }

  addConsumer(consumer: Consumer): void {
    this.consumers.set(consumer.id, consumer);
    if (consumer.producer.kind === "video") this.#videos++;
    if (consumer.mapping.transportWideId !== 0) this.#bandwidth ??= new BandwidthEstimator();
    this.#rtcp.addConsumer(consumer);
  }

  /** A consumer was resumed or is shown otherwise: its layer is chosen at the next tick. */
  reallocate(): void {
    this.#subscriber.reallocate();
  }

  /** Reads how good the connection is; answers whether the word for it changed. Call every two seconds or so. */
  readQuality(nowMs: number): boolean {
    return this.quality.read(this.#figures.take(nowMs));
  }

  removeConsumer(consumer: Consumer): void {
    if (this.consumers.delete(consumer.id) && consumer.producer.kind === "video") {
      this.#videos--;
    }
    this.#rtcp.removeConsumer(consumer);
  }

  receiveRtp(bytes: Uint8Array, view: DataView, length: number, nowMs: number): void {
    const { counters } = this;
    const srtp = this.#srtp;
    if (!parseRtpHeader(view, length, header)) {
      counters.rtpRejected++;
      return;
    }
    const binding = this.#ssrcs.find(header.ssrc);
    if (srtp === undefined) {
      counters.rtpUnknown++;
      return;
    }
    if (binding === undefined) {
      this.#receiveUnbound(bytes, length);
      return;
    }
    const { stream, producer } = binding;
    const payloadLength = srtp.unprotectRtp(
      bytes,
      length,
      header.headerBytes,
      header.ssrc,
      header.sequence,
      binding.repair ? stream.repairBuffer : stream.buffer,
    );
    if (payloadLength < 0) {
      counters.rtpRejected++;
      return;
    }
    counters.rtpReceived++;
    this.#noteArrival(bytes, nowMs);
    const kind = binding.repair
      ? stream.receiveRepair(bytes, header, payloadLength, nowMs)
      : stream.receive(bytes, header, payloadLength, nowMs);
    if (kind === "new") producer.forward(stream, stream.payload, nowMs);
    else if (kind === "duplicate") counters.rtpDuplicate++;
    else if (kind === "malformed") counters.rtpRejected++;
  }

  #noteArrival(bytes: Uint8Array, nowMs: number): void {
    const at = findExtension(bytes, header, this.#transportWideId, 2);
    if (at >= 0) this.#arrivals.receive((bytes[at]! << 8) | bytes[at + 1]!, nowMs);
  }

  /** Learns the ssrc of a simulcast layer; the packet itself is lost, and asked for or replaced by the next. */
  #receiveUnbound(bytes: Uint8Array, length: number): void {
    const { counters } = this;
    counters.rtpUnknown++;
    const guess = this.#ssrcs.guess(bytes, header, this.producers.values());
    if (guess === undefined || this.#srtp === undefined) return;
    const payloadLength = this.#srtp.unprotectRtp(
      bytes,
      length,
      header.headerBytes,
      header.ssrc,
      header.sequence,
      unboundPayload,
    );
    if (payloadLength >= 0) this.#ssrcs.learn(header.ssrc, guess);
  }

  receiveRtcp(datagram: Uint8Array, length: number, nowMs: number): void {
    const { counters } = this;
    if (this.#srtp === undefined) {
      counters.rtcpRejected++;
      return;
    }
    const plain = this.#srtp.unprotectRtcp(datagram, length);
    const packets = plain === undefined ? undefined : parseRtcp(plain);
    if (packets === undefined || !this.#rtcpLimit.take(nowMs)) {
      counters.rtcpRejected++;
      return;
    }
    counters.rtcpReceived++;
    this.#rtcp.receive(packets, length, this.#ssrcs, nowMs);
  }

  /** Encrypts a packet straight into the socket's next slot. */
  sendRtp(outgoing: OutgoingHeader, payload: Uint8Array, length: number, index: number): void {
    const { target } = this;
    if (target === undefined || this.#srtp === undefined) return;
    const { socket, clock } = this.environment;
    const slot = socket.slot();
    if (outgoing.transportWideId !== 0 && this.#bandwidth !== undefined) {
      const bytes = RTP_MAX_WRITTEN_BYTES + length + this.#srtp.rtpOverheadBytes;
      outgoing.transportWideSequence = this.#bandwidth.send(bytes, clock.nowMs);
    }
    const headerBytes = writeRtpHeader(slot.view, outgoing);
    socket.commit(
      this.#srtp.protectRtp(slot, headerBytes, payload, length, outgoing.ssrc, index),
      target,
    );
  }

  sendRtcp(packets: RtcpPacket[]): void {
    const { target } = this;
    if (target === undefined || this.#srtp === undefined) return;
    const { socket } = this.environment;
    const slot = socket.slot();
    socket.commit(this.#srtp.protectRtcp(slot, writeRtcp(packets)), target);
    this.counters.rtcpSent++;
  }

  sendDatagram(datagram: Uint8Array, to: Remote): void {
    const { socket } = this.environment;
    const slot = socket.slot();
    slot.bytes.set(datagram);
    socket.commit(datagram.length, to);
  }

  tick(nowMs: number): void {
    if (this.#closed) return;
    if (this.#srtp !== undefined) {
      this.#rtcp.tick(nowMs);
      this.#subscriber.tick(nowMs);
    } else if (this.#dtls !== undefined && nowMs >= this.#nextDtlsMs) {
      this.#nextDtlsMs = nowMs + DTLS_TICK_MS;
      this.#dtls.tick(nowMs);
    }
    if (!this.#closed && nowMs >= this.#nextConsentMs) {
      this.#nextConsentMs = nowMs + CONSENT_TICK_MS;
      if (this.ice.expired(nowMs)) this.#fail("the peer is silent");
    }
  }

  /** Ends DTLS with an alert and frees everything native. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dtls?.close();
    this.#srtp?.close();
    this.#dtls = undefined;
    this.#srtp = undefined;
  }
}
