/**
 * A bad path to the server: takes the datagrams of everybody on one address and hands them on to another, late, thinned
 * out and no faster than a cap, by seed.
 *
 * A program and not the kernel's netem, which many kernels lack; packets keep their order, as on most paths.
 */
import { createSocket, type Socket } from "node:dgram";
import { Random } from "../../fuzz/guard/random.ts";

/** One direction. */
export interface NetworkPath {
  kbps?: number;
  delayMs?: number;
  lossPercent?: number;
}

export interface Ways {
  down?: NetworkPath;
  up?: NetworkPath;
}

/** How long packets may wait at a cap before they are dropped. */
const QUEUE_MS = 300;
/** Headers of IPv4 and UDP. */
const HEADER_BYTES = 28;

class Direction {
  path: NetworkPath = {};
  bytes = 0;
  /** When the bottleneck has sent what waits. */
  #freeMs = 0;

  constructor(private readonly random: Random) {}

  /** Calls `deliver` when the packet arrives, if it does. */
  send(length: number, deliver: () => void): void {
    const { kbps, delayMs = 0, lossPercent = 0 } = this.path;
    const nowMs = performance.now();
    if (this.random.chance(lossPercent / 100)) return;
    this.#freeMs = Math.max(nowMs, this.#freeMs);
    if (kbps === undefined) this.#freeMs = nowMs;
    else if (this.#freeMs - nowMs > QUEUE_MS) return;
    else this.#freeMs += (length + HEADER_BYTES) * 8 / kbps;
    setTimeout(() => {
      this.bytes += length + HEADER_BYTES;
      deliver();
    }, this.#freeMs - nowMs + delayMs);
  }
}

/** One socket of somebody's browser: each has a bottleneck of its own. */
interface Flow {
  address: string;
  down: Direction;
  up: Direction;
  upstream: Socket;
}

export class Relay {
  readonly #flows = new Map<string, Flow>();
  readonly #paths = new Map<string, Ways>();
  #others: Ways = {};
  readonly #socket = createSocket("udp4");
  readonly #random: Random;
  #closed = false;

  private constructor(readonly target: { address: string; port: number }, seed: number) {
    this.#random = new Random(seed);
  }

  /** Takes what comes to `own`, and hands it on to `target`. */
  static async open(
    own: { address: string; port: number },
    target: { address: string; port: number },
    seed: number,
  ): Promise<Relay> {
    const relay = new Relay(target, seed);
    const socket = relay.#socket;
    socket.on("message", (bytes, from) => {
      const flow = relay.#flow(from.address, from.port);
      flow.up.send(bytes.length, () => {
        if (!relay.#closed) flow.upstream.send(bytes, target.port, target.address);
      });
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(own.port, own.address, resolve);
    });
    return relay;
  }

  #flow(address: string, port: number): Flow {
    const name = `${address}:${port}`;
    const known = this.#flows.get(name);
    if (known !== undefined) return known;
    const upstream = createSocket("udp4");
    upstream.bind(0, this.target.address);
    const down = new Direction(this.#random);
    const flow = { address, down, up: new Direction(this.#random), upstream };
    upstream.on("message", (bytes: Uint8Array) => {
      down.send(bytes.length, () => {
        if (!this.#closed) this.#socket.send(bytes, port, address);
      });
    });
    this.#flows.set(name, flow);
    this.#apply(flow);
    return flow;
  }

  #apply(flow: Flow): void {
    const { down = {}, up = {} } = this.#paths.get(flow.address) ?? this.#others;
    flow.down.path = down;
    flow.up.path = up;
  }

  /** What comes to an address is `down`, what it sends is `up`; absent is perfect. Without an address: everybody else. */
  shape(paths: Ways, address?: string): void {
    if (address === undefined) this.#others = paths;
    else this.#paths.set(address, paths);
    for (const flow of this.#flows.values()) this.#apply(flow);
  }

  /** Bytes that have come to an address. */
  received(address: string): number {
    let bytes = 0;
    for (const flow of this.#flows.values()) if (flow.address === address) bytes += flow.down.bytes;
    return bytes;
  }

  /** What is still on its way is lost. */
  close(): void {
    this.#closed = true;
    this.#socket.close();
    for (const { upstream } of this.#flows.values()) upstream.close();
  }
}
