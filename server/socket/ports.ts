/** What the rooms of this node need, and what the rest of the server may ask of them. */
import type {
  AttemptLimiter,
  ClientIdStore,
  EnvelopeStore,
  MeetingStore,
  RoomDirectory,
  UpdateLog,
} from "../../rooms/ports.ts";
import type { Logger } from "../../rooms/contract/logger.ts";
import type { RoomLimits } from "../../rooms/limits.ts";
import type { MonotonicMs, UnixMs } from "../../rooms/clocks.ts";
import type { Quarantine } from "../../rooms/quarantine.ts";
import type { Recorder } from "../../recorder/io/recorder.ts";
import type { TcpPeer } from "../front/tcp_table.ts";
import type { MediaEngine } from "../sfu/media_engine.ts";
import type { SocketLimits } from "./limits.ts";

export interface RoomsDeps {
  store: MeetingStore;
  log: UpdateLog;
  clientIds: ClientIdStore;
  engine: MediaEngine;
  attempts: AttemptLimiter;
  now(): UnixMs;
  /** The process's own when absent. */
  clock?(): MonotonicMs;
  /** Holds the meetings that can't be opened. */
  quarantine: Quarantine;
  logger: Logger;
  limits?: { room?: Partial<RoomLimits>; socket?: Partial<SocketLimits> };
  /** Keeps lessons; without it none is recorded. */
  recorder?: Recorder;
  /** Keeps the keys of recordings that are encrypted end to end. */
  envelopes?: EnvelopeStore;
  /** The public host (`lectern.example:443` or `lectern.example`) when a proxy doesn't pass `Host` on. */
  publicHost?: string;
}

/** The kernel's view of the connections behind the sockets; see {@linkcode TcpTable}. Peers go by their names there. */
export interface TcpConnections {
  receivedBytes(peer: string): number | null;
  end(peer: string): boolean;
}

/** Where a request for a socket comes from. */
export interface Caller {
  /** As it is counted. */
  address: string;
  /** The other end of the TCP connection: the proxy, when there is one. Null where the kernel can't be asked. */
  connection: { peer: TcpPeer; table: TcpConnections } | null;
}

/** The rooms that are open on this node. */
export interface Rooms extends RoomDirectory {
  /**
   * Answers a WebSocket upgrade; 426 for anything else, 403 for a page of another origin, 429 for an address that has
   * too many sockets without a hello, 503 when there are too many of all.
   */
  upgrade(request: Request, caller: Caller): Response;
  /** Opens the rooms of meetings that were running when the process ended, so that they time out too. Never rejects. */
  resume(meetingIds: readonly string[]): Promise<void>;
  /** Tells everyone, stores everything, closes every socket. New upgrades answer 503. */
  drain(): Promise<void>;
  /** For /metrics: name → value. */
  counters(): Record<string, number>;
}
