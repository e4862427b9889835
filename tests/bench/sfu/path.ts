/**
 * One path from a pretended browser to a media server: ICE checks, the client's side of DTLS, SRTP.
 *
 * The same for every server, so that all are loaded alike. Time is passed in; the caller polls the sockets.
 */
import { createDtlsFactory } from "../../../server/sfu/io/crypto/dtls.ts";
import type { DtlsFactory, DtlsSession, SrtpSession } from "../../../server/sfu/ports.ts";
import { createRtpHeader, isRtcp, parseRtpHeader } from "../../../server/sfu/packets/rtp.ts";
import {
  parseBindingRequest,
  writeBindingRequest,
  writeBindingSuccess,
} from "../../../server/sfu/packets/stun.ts";
import type { LoadSocket, SocketSet } from "./sockets.ts";

export interface ServerSide {
  address: string;
  port: number;
  usernameFragment: string;
  password: string;
  /** It has full ICE and made the offer: it nominates. */
  controlling?: boolean;
}

const BINDING_SUCCESS = 0x0101;
const FIRST_CHECKS_MS = 50;
/** Consent, as often as Chromium asks for it. */
const CONSENT_MS = 2500;
const DTLS_TICK_MS = 50;

let factory: DtlsFactory | undefined;
const dtls = () => factory ??= createDtlsFactory();
const hmac = (key: Uint8Array, data: Uint8Array) => dtls().hmacSha1(key, data);

/** SHA-256 of the certificate that all paths present. */
export const fingerprint = () => dtls().fingerprint;

const header = createRtpHeader();
const plain = new Uint8Array(1600);
const encoder = new TextEncoder();

export class LoadPath {
  readonly usernameFragment = crypto.randomUUID().slice(0, 8);
  readonly password = crypto.randomUUID().replaceAll("-", "");
  readonly socket: LoadSocket;
  srtp: SrtpSession | undefined;
  /** Takes the payload of each authentic RTP packet; `plain` is valid until it returns. */
  onPayload: (plain: Uint8Array, length: number) => void = () => {};
  /** Whether something is published for it, and authentic packets of that that came. */
  subscribes = false;
  received = 0;
  #server: ServerSide | undefined;
  #session: DtlsSession | undefined;
  #checked = false;
  #nextCheckMs = 0;
  #nextDtlsMs = 0;

  constructor(sockets: SocketSet, address: string) {
    this.socket = sockets.open(
      address,
      (bytes, view, length) => this.#receive(bytes, view, length),
    );
  }

  get connected(): boolean {
    return this.srtp !== undefined;
  }

  get server(): ServerSide | undefined {
    return this.#server;
  }

  connect(server: ServerSide): void {
    this.#server = server;
    this.socket.aim(server.address, server.port);
  }

  tick(nowMs: number): void {
    const server = this.#server;
    if (server === undefined) return;
    if (nowMs >= this.#nextCheckMs) {
      this.#nextCheckMs = nowMs + (this.#checked ? CONSENT_MS : FIRST_CHECKS_MS);
      this.#check(server);
    }
    if (!this.#checked || this.connected || nowMs < this.#nextDtlsMs) return;
    this.#nextDtlsMs = nowMs + DTLS_TICK_MS;
    this.#session ??= dtls().connect({
      onSend: (datagram) => this.socket.send(datagram),
      onConnected: (keys) => this.srtp = dtls().createSrtp(keys),
      onClosed: (reason) => {
        throw new Error(`the server closed DTLS: ${reason}`);
      },
    });
    this.#session.tick(nowMs);
  }

  #check(server: ServerSide): void {
    const request = writeBindingRequest(
      {
        username: `${server.usernameFragment}:${this.usernameFragment}`,
        transactionId: crypto.getRandomValues(new Uint8Array(12)),
        useCandidate: server.controlling !== true,
        controlled: server.controlling === true,
      },
      encoder.encode(server.password),
      hmac,
    );
    this.socket.send(request);
  }

  /** A server with full ICE checks in its turn. */
  #answer(bytes: Uint8Array, view: DataView, length: number): void {
    const request = parseBindingRequest(bytes, view, length);
    if (request === undefined || this.#server === undefined) return;
    const from = { address: this.#server.address, port: this.#server.port, family: 4 } as const;
    this.socket.send(writeBindingSuccess(request, from, encoder.encode(this.password), hmac));
  }

  #receive(bytes: Uint8Array, view: DataView, length: number): void {
    const first = bytes[0]!;
    if (first <= 3) {
      if (view.getUint16(0) === BINDING_SUCCESS) this.#checked = true;
      else this.#answer(bytes, view, length);
    } else if (first >= 20 && first <= 63) {
      this.#session?.receive(bytes.subarray(0, length));
    } else if (this.srtp !== undefined && !isRtcp(bytes) && parseRtpHeader(view, length, header)) {
      const { headerBytes, ssrc, sequence } = header;
      const taken = this.srtp.unprotectRtp(bytes, length, headerBytes, ssrc, sequence, plain);
      if (taken < 0) return;
      this.received++;
      this.onPayload(plain, taken);
    }
  }

  close(): void {
    this.#session?.close();
    this.srtp?.close();
  }
}
