/**
 * What a consumer needs of the transport that it belongs to: whether it is connected, and the way out for its packets.
 */
import type { RtcpPacket } from "../packets/rtcp.ts";
import type { OutgoingHeader } from "../packets/rtp.ts";
import type { Remote } from "../ports.ts";
import type { MediaCounters } from "./environment.ts";

export interface Outlet {
  readonly counters: MediaCounters;
  /** Whether ICE and DTLS are done and the certificate is the expected one. */
  readonly connected: boolean;
  /** Where media goes; undefined until connected. */
  readonly target: Remote | undefined;
  /** A consumer was resumed or is shown otherwise: its layer is chosen anew soon. */
  reallocate(): void;
  /** Sends a packet of this 48-bit index, encrypted; nothing without a target. `payload` is free again at once. */
  sendRtp(header: OutgoingHeader, payload: Uint8Array, length: number, index: number): void;
  sendRtcp(packets: RtcpPacket[]): void;
}
