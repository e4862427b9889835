/**
 * The media port: UDP, and TCP under the same number for networks that let no UDP through, as one socket.
 *
 * The core can't tell them apart but by the candidates that it offers. Datagrams over UDP take the same path as without
 * TCP; those for a connection are written into the same slot and copied from there.
 */
import {
  type DatagramSocket,
  type Remote,
  type Slot,
  SLOT_BYTES,
  type SocketCounters,
  type SocketOptions,
} from "../ports.ts";
import { openSocket } from "./socket.ts";
import { StreamPeer, StreamPeers, type StreamPeersOptions } from "./stream_peers.ts";

/** A port that is free for UDP is rarely taken for TCP. */
const MAX_TRIES = 20;

/** Port 0: any that is free for both. */
export interface MediaPortOptions extends StreamPeersOptions, SocketOptions {}

/**
 * Binds both, or UDP alone where a chosen port is taken for TCP, by another server or by chance for a connection of
 * this machine's: most people need no more. Rejects when UDP's can't be had.
 */
export async function openMediaPort(options: MediaPortOptions): Promise<DatagramSocket> {
  const { address, port, introduces } = options;
  for (let tries = 1;; tries++) {
    const datagrams = await openSocket({ address, port, ...(introduces && { introduces }) });
    try {
      const listener = Deno.listen({ hostname: address, port: datagrams.port });
      return new MediaPort(datagrams, new StreamPeers(listener, options));
    } catch (error) {
      const taken = error instanceof Deno.errors.AddrInUse;
      if (taken && (port !== 0 || tries === MAX_TRIES)) return datagrams;
      datagrams.close();
      if (!taken) throw error;
    }
  }
}

class MediaPort implements DatagramSocket {
  readonly takesTcp = true;
  readonly address: string;
  readonly port: number;
  readonly #datagrams: DatagramSocket;
  readonly #streams: StreamPeers;
  #slot: Slot | undefined;
  /** The wait that is under way. */
  #wait: Promise<boolean> | undefined;

  constructor(datagrams: DatagramSocket, streams: StreamPeers) {
    this.#datagrams = datagrams;
    this.#streams = streams;
    this.address = datagrams.address;
    this.port = datagrams.port;
  }

  receive(
    maxWaitMs: number,
    onDatagram: (bytes: Uint8Array, view: DataView, length: number, from: Remote) => void,
  ): number | Promise<number> {
    const streamed = this.#streams.deliver(onDatagram);
    const came = this.#datagrams.receive(streamed > 0 ? 0 : maxWaitMs, onDatagram);
    if (streamed === 0) return came;
    return typeof came === "number" ? came + streamed : came.then((count) => count + streamed);
  }

  slot(): Slot {
    return this.#slot = this.#datagrams.slot();
  }

  commit(length: number, to: Remote): void {
    if (!(to instanceof StreamPeer)) return this.#datagrams.commit(length, to);
    if (length > SLOT_BYTES) throw new RangeError(`A datagram of ${length} bytes`);
    if (this.#slot === undefined) throw new Error("A commit without a slot");
    if (length > 0) this.#streams.push(this.#slot.bytes, length, to);
  }

  flush(): void {
    this.#datagrams.flush();
    this.#streams.flush();
  }

  gather(ms: number): void {
    this.#datagrams.gather?.(ms);
  }

  waitReadable(maxWaitMs: number): Promise<boolean> {
    if (this.#streams.waits) return Promise.resolve(true);
    // A wait that TCP ended goes on, and serves the next call.
    this.#wait ??= this.#datagrams.waitReadable(maxWaitMs).finally(() => this.#wait = undefined);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#streams.onReadable = () => resolve(true);
    this.#wait.then(resolve);
    return promise;
  }

  remote(address: string, port: number): Remote {
    return this.#datagrams.remote(address, port);
  }

  keep(remote: Remote): void {
    if (remote instanceof StreamPeer) this.#streams.keep(remote);
    else this.#datagrams.keep(remote);
  }

  release(remote: Remote): void {
    if (remote instanceof StreamPeer) this.#streams.release(remote);
    else this.#datagrams.release(remote);
  }

  counters(): SocketCounters {
    const { received, sent, dropped, ...others } = this.#datagrams.counters();
    const streams = this.#streams;
    return {
      ...others,
      received: received + streams.received,
      sent: sent + streams.sent,
      dropped: dropped + streams.dropped,
    };
  }

  close(): void {
    this.#datagrams.close();
    this.#streams.close();
  }
}
