/**
 * What every part of the core shares: the socket to write to, DTLS and ciphers, randomness and the counters.
 *
 * The core owns none of them; the shell that made them closes them.
 */
import type { DatagramSocket, DtlsFactory } from "../ports.ts";
import type { RecordingSink } from "./recording_tap.ts";

/** Unpredictable values. */
export interface Randomness {
  /** `length` characters of the ICE alphabet, A–Z a–z 0–9. */
  text(length: number): string;
  /** An integer, 0 ≤ n < `below` ≤ 2^32. */
  integer(below: number): number;
}

/** What the core counts; each only grows. */
export interface MediaCounters {
  rtpReceived: number;
  rtpForwarded: number;
  rtpRetransmitted: number;
  /** Padding that probes for bandwidth. */
  rtpPadding: number;
  /** RTP for an ssrc that no producer announced, or before DTLS is done. */
  rtpUnknown: number;
  /** Forged, replayed or malformed inside. */
  rtpRejected: number;
  rtpDuplicate: number;
  rtcpReceived: number;
  rtcpRejected: number;
  rtcpSent: number;
  stunAnswered: number;
  stunRejected: number;
  dtlsHandshakes: number;
  dtlsFailures: number;
  /** Datagrams of no known kind, of impossible size, or from unknown addresses. */
  datagramsRejected: number;
  keyFrameRequests: number;
  nacksSent: number;
  nacksReceived: number;
}

export function createMediaCounters(): MediaCounters {
  return {
    rtpReceived: 0,
    rtpForwarded: 0,
    rtpRetransmitted: 0,
    rtpPadding: 0,
    rtpUnknown: 0,
    rtpRejected: 0,
    rtpDuplicate: 0,
    rtcpReceived: 0,
    rtcpRejected: 0,
    rtcpSent: 0,
    stunAnswered: 0,
    stunRejected: 0,
    dtlsHandshakes: 0,
    dtlsFailures: 0,
    datagramsRejected: 0,
    keyFrameRequests: 0,
    nacksSent: 0,
    nacksReceived: 0,
  };
}

export interface MediaEnvironment {
  readonly socket: DatagramSocket;
  readonly dtls: DtlsFactory;
  readonly random: Randomness;
  readonly counters: MediaCounters;
  /** The time that the core was told last. */
  readonly clock: { nowMs: number };
  /** The address that peers are told; the socket's own unless it stands behind one-to-one NAT. */
  readonly announcedAddress: string;
  /** Where the packets of recorded producers go; absent where nothing is recorded. */
  readonly recording?: RecordingSink;
}
