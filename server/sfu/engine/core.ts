/**
 * The media engine: every router behind one port (RFC 7983 demultiplexing).
 *
 * Sans-I/O: {@linkcode MediaCore.receive} takes datagrams, {@linkcode MediaCore.tick} the time, and both fill the
 * socket's slots; the shell flushes. A datagram finds its transport by ICE username, later by the address that a
 * valid check came from. Invariants: nothing that arrives throws; nothing is sent to an address that has not proved
 * to know a password, and no answer goes to a malformed datagram.
 */
import type {
  ConsumerOptions,
  DtlsParameters,
  IceCandidate,
  IceParameters,
  RtpCapabilities,
  RtpParameters,
  TransportOptions,
} from "../../../rooms/contract/protocol/rtp.ts";
import type { Consumer } from "./consumer.ts";
import {
  MediaError,
  type MediaEvent,
  type MediaKind,
  type ProducerStats,
} from "../media_engine.ts";
import { createMediaCounters, type MediaEnvironment, type Randomness } from "./environment.ts";
import type { IceCredentials, IceOutcome } from "./ice.ts";
import { MAX_DATAGRAM_BYTES, MAX_ROUTERS, MAX_TRANSPORTS_PER_ROUTER } from "../media_limits.ts";
import { ROUTER_RTP_CAPABILITIES } from "./ortc.ts";
import type { DatagramSocket, DtlsFactory, Remote } from "../ports.ts";
import type { Producer } from "./producer.ts";
import { type RecordingSink, RecordingTap } from "./recording_tap.ts";
import { Router } from "./router.ts";
import { isRtcp, RTP_FIXED_BYTES } from "../packets/rtp.ts";
import { parseBindingRequest } from "../packets/stun.ts";
import { Transport } from "./transport.ts";

const ID_LENGTH = 16;
/** RFC 8445 §5.3 asks for 24 and 128 bits at least; a character of the alphabet has 5.95. */
const UFRAG_LENGTH = 8;
const PASSWORD_LENGTH = 24;
const TICK_MS = 10;
/** Tick of transports with nothing urgent. */
const SLOW_TICK_MS = 50;
/** RFC 8445 §5.1.2.1: a host candidate, the first component. */
const HOST_PRIORITY = (126 * 2 ** 24) + (65535 * 2 ** 8) + 255;
/** RFC 6544 §4.2: below every candidate of UDP; passive. */
const TCP_PRIORITY = (90 * 2 ** 24) + ((4 * 2 ** 13 + 8191) * 2 ** 8) + 255;

export class MediaCore {
  readonly routerRtpCapabilities: RtpCapabilities = ROUTER_RTP_CAPABILITIES;
  readonly #environment: MediaEnvironment;
  readonly #idPrefix: string;
  readonly #routers = new Map<string, Router>();
  readonly #transports = new Map<string, { transport: Transport; router: Router }>();
  readonly #byUfrag = new Map<string, Transport>();
  readonly #byRemote = new Map<Remote, Transport>();
  #nextTickMs = 0;
  #nextSlowTickMs = 0;

  constructor(options: {
    socket: DatagramSocket;
    dtls: DtlsFactory;
    random: Randomness;
    announcedAddress?: string;
    recording?: RecordingSink;
    /** What every id begins with, so that several cores' ids can be told apart. */
    idPrefix?: string;
  }) {
    this.#idPrefix = options.idPrefix ?? "";
    this.#environment = {
      socket: options.socket,
      dtls: options.dtls,
      random: options.random,
      counters: createMediaCounters(),
      clock: { nowMs: 0 },
      announcedAddress: options.announcedAddress ?? options.socket.address,
      ...(options.recording === undefined ? {} : { recording: options.recording }),
    };
  }

  /** Takes one datagram; `bytes` may be longer than `length`. */
  receive(
    bytes: Uint8Array,
    view: DataView,
    length: number,
    from: Remote,
    nowMs: number,
  ): void {
    this.#environment.clock.nowMs = nowMs;
    const first = length > 0 && length <= MAX_DATAGRAM_BYTES ? bytes[0]! : 255;
    if (first >= 128 && first <= 191) {
      const transport = this.#byRemote.get(from);
      if (transport === undefined || length < RTP_FIXED_BYTES) {
        this.#environment.counters.datagramsRejected++;
      } else if (isRtcp(bytes)) transport.receiveRtcp(bytes, length, nowMs);
      else transport.receiveRtp(bytes, view, length, nowMs);
    } else if (first <= 3) this.#receiveStun(bytes, view, length, from, nowMs);
    else if (first >= 20 && first <= 63) {
      const transport = this.#byRemote.get(from);
      if (transport === undefined) this.#environment.counters.datagramsRejected++;
      else transport.receiveDtls(bytes.subarray(0, length));
    } else this.#environment.counters.datagramsRejected++;
  }

  #receiveStun(
    bytes: Uint8Array,
    view: DataView,
    length: number,
    from: Remote,
    nowMs: number,
  ): void {
    const request = parseBindingRequest(bytes, view, length);
    const transport = request && this.#byUfrag.get(request.localUfrag);
    const outcome = request && transport?.receiveBinding(bytes, request, from, nowMs);
    if (transport === undefined || outcome === undefined) {
      this.#environment.counters.stunRejected++;
      return;
    }
    this.#environment.counters.stunAnswered++;
    this.#route(transport, outcome);
  }

  #route(transport: Transport, outcome: IceOutcome): void {
    if (outcome.removed !== undefined) this.#forgetRemote(outcome.removed, transport);
    if (outcome.added !== undefined) {
      // Whoever proves a password last owns the address: a browser may use one for several transports in turn.
      this.#byRemote.set(outcome.added, transport);
      this.#environment.socket.keep(outcome.added);
    }
    if (outcome.retired !== undefined) this.#byUfrag.delete(outcome.retired);
  }

  #forgetRemote(remote: Remote, transport: Transport): void {
    if (this.#byRemote.get(remote) === transport) this.#byRemote.delete(remote);
    this.#environment.socket.release(remote);
  }

  /** Does what time demands; call it every 10 ms or so. */
  tick(nowMs: number): void {
    this.#environment.clock.nowMs = nowMs;
    if (nowMs < this.#nextTickMs) return;
    this.#nextTickMs = nowMs + TICK_MS;
    const slow = nowMs >= this.#nextSlowTickMs;
    for (const { transport } of this.#transports.values()) {
      if (slow || transport.urgent) transport.tick(nowMs);
    }
    if (!slow) return;
    this.#nextSlowTickMs = nowMs + SLOW_TICK_MS;
    for (const router of this.#routers.values()) router.tick(nowMs);
  }

  /** Whether anything depends on {@linkcode tick} and on packets coming in time. */
  get idle(): boolean {
    return this.#transports.size === 0;
  }

  createRouter(onEvent: (event: MediaEvent) => void): string {
    if (this.#routers.size >= MAX_ROUTERS) {
      throw new MediaError("unavailable", `${MAX_ROUTERS} meetings have media already`);
    }
    const id = this.#newId();
    this.#routers.set(id, new Router(id, this.#environment, onEvent));
    return id;
  }

  closeRouter(routerId: string): void {
    const router = this.#router(routerId);
    router.silence();
    for (const transport of [...router.transports.values()]) {
      this.#closeTransport(transport, router, false);
    }
    this.#routers.delete(routerId);
  }

  createTransport(routerId: string, direction: "send" | "recv"): TransportOptions {
    const router = this.#router(routerId);
    if (router.transports.size >= MAX_TRANSPORTS_PER_ROUTER) {
      throw new MediaError(
        "unavailable",
        `the meeting has ${MAX_TRANSPORTS_PER_ROUTER} transports`,
      );
    }
    const { socket, dtls, announcedAddress } = this.#environment;
    const transport = new Transport({
      id: this.#newId(),
      direction,
      environment: this.#environment,
      credentials: this.#newCredentials(),
      listener: {
        onConnected: () => router.tell({ type: "transportConnected", transportId: transport.id }),
        onClosed: () => this.#closeTransport(transport, router, true),
      },
    });
    router.transports.set(transport.id, transport);
    this.#transports.set(transport.id, { transport, router });
    this.#byUfrag.set(transport.ice.credentials.ufrag, transport);
    return {
      id: transport.id,
      iceParameters: iceParameters(transport.ice.credentials),
      iceCandidates: candidates(announcedAddress, socket),
      dtlsParameters: {
        role: "auto",
        fingerprints: [{ algorithm: "sha-256", value: dtls.fingerprint }],
      },
    };
  }

  connectTransport(transportId: string, dtls: DtlsParameters): void {
    this.#transport(transportId).transport.connect(dtls);
  }

  restartIce(transportId: string): IceParameters {
    const { transport } = this.#transport(transportId);
    const retired = transport.ice.restart(this.#newCredentials());
    if (retired !== undefined) this.#byUfrag.delete(retired);
    this.#byUfrag.set(transport.ice.credentials.ufrag, transport);
    return iceParameters(transport.ice.credentials);
  }

  closeTransport(transportId: string): void {
    const { transport, router } = this.#transport(transportId);
    this.#closeTransport(transport, router, false);
  }

  #closeTransport(transport: Transport, router: Router, tellAll: boolean): void {
    this.#transports.delete(transport.id);
    for (const ufrag of transport.ice.ufrags) this.#byUfrag.delete(ufrag);
    router.closeTransport(transport, tellAll);
    for (const remote of transport.ice.addresses) this.#forgetRemote(remote, transport);
  }

  produce(
    transportId: string,
    options: { kind: MediaKind; rtpParameters: RtpParameters; paused: boolean },
  ): { producerId: string } {
    const { transport, router } = this.#transport(transportId);
    const producer = router.produce(transport, { ...options, id: this.#newId() });
    return { producerId: producer.id };
  }

  setProducerPaused(producerId: string, paused: boolean): void {
    const { producer, router } = this.#producer(producerId);
    router.setProducerPaused(producer, paused);
  }

  /**
   * Hands the producer's packets to the recording sink under this number, or no longer when it is null. Said again
   * with the same number, it asks for a key frame.
   */
  record(producerId: string, track: number | null): void {
    const { producer } = this.#producer(producerId);
    const sink = this.#environment.recording;
    if (track === null || sink === undefined) producer.tap = undefined;
    else if (producer.tap?.track === track) producer.tap.wantKeyFrame();
    else producer.tap = new RecordingTap(track, producer.streams, sink);
  }

  closeProducer(producerId: string): void {
    const { producer, router } = this.#producer(producerId);
    router.closeProducer(producer);
  }

  consume(
    transportId: string,
    options: { producerId: string; rtpCapabilities: RtpCapabilities },
  ): ConsumerOptions {
    const { transport, router } = this.#transport(transportId);
    return router.consume(transport, { ...options, id: this.#newId() });
  }

  setConsumerPaused(consumerId: string, paused: boolean): void {
    this.#consumer(consumerId).consumer.setPaused(paused);
  }

  setConsumerSize(consumerId: string, width: number, height: number): void {
    this.#consumer(consumerId).consumer.setSize(width, height);
  }

  closeConsumer(consumerId: string): void {
    this.#consumer(consumerId).router.closeConsumer(consumerId);
  }

  stats(routerId: string): ProducerStats[] {
    return this.#router(routerId).stats();
  }

  counters(): Record<string, number> {
    const { socket, counters } = this.#environment;
    const { received, sent, dropped, strangers = 0 } = socket.counters();
    return {
      ...counters,
      datagramsRejected: counters.datagramsRejected + strangers,
      datagramsReceived: received,
      datagramsSent: sent,
      datagramsDropped: dropped,
      routers: this.#routers.size,
      transports: this.#transports.size,
    };
  }

  close(): void {
    for (const routerId of [...this.#routers.keys()]) this.closeRouter(routerId);
  }

  #newId(): string {
    return this.#idPrefix + this.#environment.random.text(ID_LENGTH - this.#idPrefix.length);
  }

  #newCredentials(): IceCredentials {
    const { random } = this.#environment;
    let ufrag = random.text(UFRAG_LENGTH);
    while (this.#byUfrag.has(ufrag)) ufrag = random.text(UFRAG_LENGTH);
    return { ufrag, password: random.text(PASSWORD_LENGTH) };
  }

  #router(id: string): Router {
    const router = this.#routers.get(id);
    if (router === undefined) throw new MediaError("not-found", `there is no router ${id}`);
    return router;
  }

  #transport(id: string): { transport: Transport; router: Router } {
    const found = this.#transports.get(id);
    if (found === undefined) throw new MediaError("not-found", `there is no transport ${id}`);
    return found;
  }

  #producer(id: string): { producer: Producer; router: Router } {
    for (const router of this.#routers.values()) {
      const found = router.producers.get(id);
      if (found !== undefined) return { producer: found.producer, router };
    }
    throw new MediaError("not-found", `there is no producer ${id}`);
  }

  #consumer(id: string): { consumer: Consumer; router: Router } {
    for (const router of this.#routers.values()) {
      const found = router.consumers.get(id);
      if (found !== undefined) return { consumer: found.consumer, router };
    }
    throw new MediaError("not-found", `there is no consumer ${id}`);
  }
}

function candidates(address: string, { port, takesTcp }: DatagramSocket): IceCandidate[] {
  const host = { ip: address, address, port, type: "host" } as const;
  const udp = { ...host, foundation: "udp", priority: HOST_PRIORITY, protocol: "udp" } as const;
  if (takesTcp !== true) return [udp];
  return [udp, {
    ...host,
    foundation: "tcp",
    priority: TCP_PRIORITY,
    protocol: "tcp",
    tcpType: "passive",
  }];
}

function iceParameters(credentials: IceCredentials): IceParameters {
  return {
    usernameFragment: credentials.ufrag,
    password: credentials.password,
    iceLite: true,
  };
}
