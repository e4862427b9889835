/** The TCP connection under one WebSocket: what came over it, and its end. */
import { peerName, type TcpPeer } from "../front/tcp_table.ts";
import type { TcpConnections } from "./ports.ts";

export class TcpEnd {
  readonly #name: string;
  readonly #table: TcpConnections;
  readonly #receivedBefore: number;

  constructor({ peer, table }: { peer: TcpPeer; table: TcpConnections }) {
    this.#name = peerName(peer);
    this.#table = table;
    // A proxy may have sent other requests over it before.
    this.#receivedBefore = table.receivedBytes(this.#name) ?? 0;
  }

  /** What the peer has sent since, whole messages or not. */
  get receivedBytes(): number {
    return (this.#table.receivedBytes(this.#name) ?? 0) - this.#receivedBefore;
  }

  /** Ends it whatever the peer answers; false when there is none any more. */
  end(): boolean {
    return this.#table.end(this.#name);
  }
}
