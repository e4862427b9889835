/**
 * One lesson on simulated time: ada publishes, bob receives. For tests and fuzzing of the core.
 */
import type { RtpCapabilities, RtpParameters } from "../../../rooms/contract/protocol/rtp.ts";
import { MediaCore } from "../engine/core.ts";
import type { MediaEvent } from "../media_engine.ts";
import type { Remote } from "../ports.ts";
import { createRtpHeader, parseRtpHeader, type RtpHeader } from "../packets/rtp.ts";
import { parseRtcp, type RtcpPacket, writeRtcp } from "../packets/rtcp.ts";
import { writeBindingRequest } from "../packets/stun.ts";
import {
  countingRandomness,
  dtlsHello,
  hmacSha1,
  protect,
  type SentDatagram,
  simulatedDtls,
  SimulatedSocket,
  unprotect,
} from "./simulated_network.ts";

export const FINGERPRINT = Array(32).fill("C0").join(":");
export const CAMERA_SSRC = 0xc0000001;
export const CAMERA_RTX_SSRC = 0xc0000002;
export const MICROPHONE_SSRC = 0xa0000001;

export const CAMERA: RtpParameters = {
  mid: "0",
  codecs: [
    { mimeType: "video/VP8", payloadType: 96, clockRate: 90000, parameters: {} },
    { mimeType: "video/rtx", payloadType: 97, clockRate: 90000, parameters: { apt: 96 } },
  ],
  headerExtensions: [
    { uri: "urn:ietf:params:rtp-hdrext:sdes:mid", id: 4 },
    { uri: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", id: 10 },
    { uri: "urn:3gpp:video-orientation", id: 13 },
    { uri: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", id: 3 },
  ],
  encodings: [{ ssrc: CAMERA_SSRC, rtx: { ssrc: CAMERA_RTX_SSRC } }],
  rtcp: { cname: "ada" },
};

const MICROPHONE: RtpParameters = {
  mid: "1",
  codecs: [{ mimeType: "audio/opus", payloadType: 111, clockRate: 48000, channels: 2 }],
  headerExtensions: [{ uri: "urn:ietf:params:rtp-hdrext:ssrc-audio-level", id: 14 }],
  encodings: [{ ssrc: MICROPHONE_SSRC }],
  rtcp: { cname: "ada" },
};

/** As Chromium numbers redundant audio. */
export const REDUNDANT_MICROPHONE: RtpParameters = {
  ...MICROPHONE,
  codecs: [
    ...MICROPHONE.codecs,
    { mimeType: "audio/red", payloadType: 63, clockRate: 48000, channels: 2 },
  ],
};

/** The capabilities of a browser that takes redundant audio. */
export function takesRed({ codecs = [], ...rest }: RtpCapabilities): RtpCapabilities {
  const red = { kind: "audio", mimeType: "audio/red", clockRate: 48000, channels: 2 } as const;
  return { ...rest, codecs: [...codecs, red] };
}

/** VP8 payloads: a descriptor and the frame's first byte. */
export const KEY_FRAME = [0x10, 0x00];
export const DELTA_FRAME = [0x10, 0x01];

export class Lesson {
  readonly socket = new SimulatedSocket();
  readonly recorded: { track: number; payload: number[] }[] = [];
  readonly core = new MediaCore({
    socket: this.socket,
    dtls: simulatedDtls,
    random: countingRandomness(),
    recording: {
      packet: ({ track, payload }) => this.recorded.push({ track, payload: [...payload] }),
      report: () => {},
    },
  });
  readonly events: MediaEvent[] = [];
  readonly routerId = this.core.createRouter((event) => this.events.push(event));
  nowMs = 1_000_000;
  readonly ada = this.join("send", 1001);
  readonly bob = this.join("recv", 1002);

  join(direction: "send" | "recv", port: number) {
    const transport = this.core.createTransport(this.routerId, direction);
    const remote = this.socket.remote("198.51.100.1", port);
    this.check(transport.iceParameters, remote);
    this.core.connectTransport(transport.id, {
      role: "client",
      fingerprints: [{ algorithm: "sha-256", value: FINGERPRINT }],
    });
    this.deliver(dtlsHello(FINGERPRINT), remote);
    return { id: transport.id, remote, iceParameters: transport.iceParameters };
  }

  check(ice: { usernameFragment: string; password: string }, from: Remote): void {
    const request = writeBindingRequest(
      {
        username: `${ice.usernameFragment}:peer`,
        transactionId: new Uint8Array(12),
        useCandidate: true,
      },
      new TextEncoder().encode(ice.password),
      hmacSha1,
    );
    this.deliver(request, from);
  }

  deliver(bytes: Uint8Array, from: Remote): void {
    const datagram = new Uint8Array(1600);
    datagram.set(bytes);
    this.core.receive(datagram, new DataView(datagram.buffer), bytes.length, from, this.nowMs);
  }

  /** Delivers an RTP packet of ada's. */
  publish(
    options: {
      ssrc?: number;
      payloadType?: number;
      sequence: number;
      timestamp?: number;
      payload?: number[];
      extension?: [id: number, ...value: number[]];
      from?: Remote;
      forged?: boolean;
    },
  ): void {
    const { extension = [], payload = DELTA_FRAME } = options;
    const [id = 0, ...value] = extension;
    const element = id === 0 ? [] : [(id << 4) | (value.length - 1), ...value];
    while (element.length % 4 !== 0) element.push(0);
    const head = id === 0 ? [] : [0xbe, 0xde, 0, element.length / 4, ...element];
    const packet = new Uint8Array(12 + head.length + payload.length);
    const view = new DataView(packet.buffer);
    packet[0] = id === 0 ? 0x80 : 0x90;
    packet[1] = options.payloadType ?? 96;
    view.setUint16(2, options.sequence);
    view.setUint32(4, options.timestamp ?? options.sequence * 3000);
    view.setUint32(8, options.ssrc ?? CAMERA_SSRC);
    packet.set(head, 12);
    packet.set(payload, 12 + head.length);
    const sent = options.forged === true ? packet : protect(packet);
    this.deliver(sent, options.from ?? this.ada.remote);
  }

  /** Lets time pass in steps of 10 ms. */
  pass(ms: number): void {
    const end = this.nowMs + ms;
    while (this.nowMs < end) {
      this.nowMs += 10;
      this.core.tick(this.nowMs);
    }
  }

  /** RTP and RTCP sent to a remote since the last call. */
  take(to: Remote) {
    return this.read(this.socket.take().filter((datagram) => datagram.to === to));
  }

  /** RTP and RTCP in what was sent. */
  read(sent: readonly SentDatagram[]) {
    const rtp: { header: RtpHeader; bytes: Uint8Array; payload: number[] }[] = [];
    const rtcp: RtcpPacket[] = [];
    for (const datagram of sent) {
      const plain = unprotect(datagram.bytes);
      if (plain === undefined) continue;
      if (plain[1]! >= 192 && plain[1]! <= 223) rtcp.push(...parseRtcp(plain)!);
      else {
        const header = createRtpHeader();
        if (!parseRtpHeader(new DataView(plain.buffer), plain.length, header)) {
          throw new Error(`the core sent what isn't RTP: ${plain}`);
        }
        rtp.push({ header, bytes: plain, payload: [...plain.slice(header.headerBytes)] });
      }
    }
    return { rtp, rtcp };
  }

  report(packets: RtcpPacket[], from: Remote): void {
    this.deliver(protect(writeRtcp(packets)), from);
  }

  /** Bob's browser tells what part of a consumer's packets it missed. */
  reportLoss(ssrc: number, fractionLost: number): void {
    this.report([{
      type: "receiver-report",
      ssrc: 1,
      reports: [{
        ssrc,
        fractionLost: Math.round(fractionLost * 256),
        cumulativeLost: 0,
        highestSequence: 0,
        jitter: 0,
        lastSenderReport: 0,
        delaySinceLastSenderReport: 0,
      }],
    }], this.bob.remote);
  }

  produceCamera(rtpParameters = CAMERA): string {
    return this.core.produce(this.ada.id, { kind: "video", rtpParameters, paused: false })
      .producerId;
  }

  produceMicrophone(rtpParameters = MICROPHONE): string {
    return this.core.produce(this.ada.id, { kind: "audio", rtpParameters, paused: false })
      .producerId;
  }

  /** Bob consumes; answers what he needs to know. */
  consume(producerId: string, rtpCapabilities: RtpCapabilities = this.core.routerRtpCapabilities) {
    const options = this.core.consume(this.bob.id, { producerId, rtpCapabilities });
    this.core.setConsumerPaused(options.id, false);
    const encoding = options.rtpParameters.encodings[0]!;
    return { id: options.id, ssrc: encoding.ssrc!, rtxSsrc: encoding.rtx?.ssrc };
  }
}
