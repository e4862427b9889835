/**
 * Who reaches the media port over TCP, because their network lets no UDP through (RFC 6544, passive candidates).
 *
 * A connection is a remote like an address is one. The core holds it as soon as its peer has proved a password; until
 * then it is a stranger: strangers are few, speak STUN alone and have {@linkcode STRANGER_MS}. A connection that nobody
 * holds any more is closed, so consent (RFC 7675) ends it as it ends an address.
 */
import type { Remote } from "../ports.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { FramedInput, FramedOutput } from "./stream_framing.ts";
import { createSlot } from "./crypto/tails.ts";

export const MAX_PEERS = 1000;
export const MAX_STRANGERS = 256;
/** A school behind one address comes all at once after a media process was replaced. */
export const MAX_STRANGERS_OF_ADDRESS = 128;
const STRANGER_MS = 10_000;
/** Whoever takes nothing for so long has gone. */
const STUCK_MS = 10_000;
const SWEEP_MS = 1000;
/** After a refused accept, such as without descriptors. */
const ACCEPT_AGAIN_MS = 100;
/** The first byte of STUN is below (RFC 7983). */
const STUN_BELOW = 4;

export interface StreamPeersOptions {
  /** How long somebody may stay who has proved nothing. */
  strangerMs?: number;
  /** How long somebody may take nothing. */
  stuckMs?: number;
}

type OnDatagram = (bytes: Uint8Array, view: DataView, length: number, from: Remote) => void;

/** One connection. */
export class StreamPeer implements Remote {
  readonly protocol = "tcp";
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly input = new FramedInput();
  readonly output = new FramedOutput();
  readonly since = performance.now();
  holds = 0;
  closed = false;
  /** Since when the peer takes nothing; undefined while nothing is being written. */
  writingSince: number | undefined;

  constructor(readonly connection: Deno.TcpConn) {
    const { hostname, port } = connection.remoteAddr;
    const bytes = parseAddress(hostname.split("%")[0]!);
    const known = bytes === undefined ? undefined : formatAddress(bytes);
    this.address = known?.address ?? hostname;
    this.family = known?.family ?? 4;
    this.port = port;
  }
}

export class StreamPeers {
  readonly #listener: Deno.TcpListener;
  readonly #strangerMs: number;
  readonly #stuckMs: number;
  readonly #peers = new Set<StreamPeer>();
  /** Oldest first. */
  readonly #strangers = new Set<StreamPeer>();
  /** Those of whom bytes have come that weren't handed over yet. */
  #ready: StreamPeer[] = [];
  readonly #dirty = new Set<StreamPeer>();
  readonly #slot = createSlot();
  readonly #sweep: ReturnType<typeof setInterval>;
  #closed = false;
  /** Called when there is something for {@linkcode StreamPeers.deliver}, and when this is closed. */
  onReadable: () => void = () => {};
  received = 0;
  sent = 0;
  dropped = 0;

  constructor(listener: Deno.TcpListener, options: StreamPeersOptions = {}) {
    this.#listener = listener;
    this.#strangerMs = options.strangerMs ?? STRANGER_MS;
    this.#stuckMs = options.stuckMs ?? STUCK_MS;
    this.#sweep = setInterval(() => this.#closeLate(performance.now()), SWEEP_MS);
    void this.#accept();
  }

  get size(): number {
    return this.#peers.size;
  }

  /** Whether {@linkcode deliver} has something. */
  get waits(): boolean {
    return this.#ready.length > 0;
  }

  /** Hands over what has come; answers the number of datagrams. */
  deliver(onDatagram: OnDatagram): number {
    if (this.#ready.length === 0) return 0;
    const ready = this.#ready;
    this.#ready = [];
    const before = this.received;
    for (const peer of ready) {
      if (this.#handOver(peer, onDatagram)) void this.#read(peer);
      else this.#close(peer);
    }
    return this.received - before;
  }

  /** False when the connection is of no more use. */
  #handOver(peer: StreamPeer, onDatagram: OnDatagram): boolean {
    const { bytes, view } = this.#slot;
    while (!peer.closed) {
      const length = peer.input.next(bytes);
      if (length === 0) return true;
      if (length < 0 || (peer.holds === 0 && bytes[0]! >= STUN_BELOW)) break;
      this.received++;
      onDatagram(bytes, view, length, peer);
    }
    return false;
  }

  /** Takes a datagram for a connection; it leaves with {@linkcode flush}, or not at all when too many wait. */
  push(bytes: Uint8Array, length: number, to: StreamPeer): void {
    if (to.closed || !to.output.push(bytes, length)) {
      this.dropped++;
      return;
    }
    this.sent++;
    this.#dirty.add(to);
  }

  flush(): void {
    if (this.#dirty.size === 0) return;
    for (const peer of this.#dirty) void this.#write(peer);
    this.#dirty.clear();
  }

  keep(peer: StreamPeer): void {
    peer.holds++;
    this.#strangers.delete(peer);
  }

  release(peer: StreamPeer): void {
    if (--peer.holds > 0) return;
    // A last word, such as DTLS's that it ends, is let out first.
    void this.#write(peer).then(() => this.#close(peer));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#sweep);
    this.#listener.close();
    for (const peer of this.#peers) this.#close(peer);
    this.onReadable();
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#welcome(await this.#listener.accept());
      } catch {
        if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, ACCEPT_AGAIN_MS));
      }
    }
  }

  #welcome(connection: Deno.TcpConn): void {
    if (this.#closed || this.#peers.size >= MAX_PEERS) {
      this.dropped++;
      connection.close();
      return;
    }
    try {
      connection.setNoDelay(true);
    } catch {
      // It is gone already.
      connection.close();
      return;
    }
    const peer = new StreamPeer(connection);
    this.#makeRoom(peer.address);
    this.#peers.add(peer);
    this.#strangers.add(peer);
    void this.#read(peer);
  }

  /** Whoever has a password proves it within a round trip: under a flood the oldest strangers go. */
  #makeRoom(address: string): void {
    const neighbours = [...this.#strangers].filter((stranger) => stranger.address === address);
    const [oldest] = neighbours.length >= MAX_STRANGERS_OF_ADDRESS
      ? neighbours
      : this.#strangers.size >= MAX_STRANGERS
      ? this.#strangers
      : [];
    if (oldest !== undefined) this.#close(oldest);
  }

  async #read(peer: StreamPeer): Promise<void> {
    try {
      const count = await peer.connection.read(peer.input.room);
      if (count === null || peer.closed) return this.#close(peer);
      peer.input.took(count);
      this.#ready.push(peer);
      this.onReadable();
    } catch {
      this.#close(peer);
    }
  }

  async #write(peer: StreamPeer): Promise<void> {
    if (peer.writingSince !== undefined) return;
    try {
      for (let rest = peer.output.take(); rest !== undefined; rest = peer.output.take()) {
        while (rest.length > 0 && !peer.closed) {
          peer.writingSince = performance.now();
          rest = rest.subarray(await peer.connection.write(rest));
        }
      }
      peer.writingSince = undefined;
    } catch {
      this.#close(peer);
    }
  }

  #closeLate(now: number): void {
    for (const peer of this.#strangers) {
      if (now - peer.since > this.#strangerMs) this.#close(peer);
    }
    for (const peer of this.#peers) {
      if (peer.writingSince !== undefined && now - peer.writingSince > this.#stuckMs) {
        this.#close(peer);
      }
    }
  }

  #close(peer: StreamPeer): void {
    if (peer.closed) return;
    peer.closed = true;
    this.#peers.delete(peer);
    this.#strangers.delete(peer);
    this.#dirty.delete(peer);
    peer.connection.close();
  }
}
