/**
 * A bad way to the server: takes the datagrams of everybody on one address and hands them on to another, late, thinned
 * out and no faster than a cap, by seed.
 *
 * A program and not the kernel's netem, which many kernels lack; packets keep their order, as on most ways.
 */
import { createSocket, type Socket } from "node:dgram";
import { Random } from "../fuzz/guard_random.ts";

/** One direction. */
export interface Way {
  kbps?: number;
  delayMs?: number;
  lossPercent?: number;
}

export interface Ways {
  down?: Way;
  up?: Way;
}

/** How long packets may wait at a cap before they are dropped. */
const QUEUE_MS = 300;
/** Of IPv4 and UDP. */
const HEADER_BYTES = 28;

class Direction {
  way: Way = {};
  bytes = 0;
  /** When the bottleneck has sent what waits. */
  #freeMs = 0;

  constructor(private readonly random: Random) {}

  /** Calls `deliver` when the packet arrives, if it does. */
  send(length: number, deliver: () => void): void {
    const { kbps, delayMs = 0, lossPercent = 0 } = this.way;
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

interface Person {
  down: Direction;
  up: Direction;
}

export class Relay {
  readonly #people = new Map<string, Person>();
  readonly #upstreams = new Map<string, Socket>();
  readonly #socket = createSocket("udp4");
  readonly #random: Random;

  private constructor(readonly target: { address: string; port: number }, seed: number) {
    this.#random = new Random(seed);
  }

  /** Takes what comes to `address`, and hands it on to `target`. */
  static async open(
    own: { address: string; port: number },
    target: { address: string; port: number },
    seed: number,
  ): Promise<Relay> {
    const relay = new Relay(target, seed);
    const socket = relay.#socket;
    socket.on("message", (bytes, from) => relay.#receive(bytes, from.address, from.port));
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(own.port, own.address, resolve);
    });
    return relay;
  }

  #person(address: string): Person {
    const known = this.#people.get(address);
    if (known !== undefined) return known;
    const person = { down: new Direction(this.#random), up: new Direction(this.#random) };
    this.#people.set(address, person);
    return person;
  }

  #receive(bytes: Uint8Array, address: string, port: number): void {
    const { up } = this.#person(address);
    const upstream = this.#upstream(address, port);
    up.send(bytes.length, () => upstream.send(bytes, this.target.port, this.target.address));
  }

  #upstream(address: string, port: number): Socket {
    const name = `${address}:${port}`;
    const known = this.#upstreams.get(name);
    if (known !== undefined) return known;
    const upstream = createSocket("udp4");
    upstream.bind(0, this.target.address);
    const { down } = this.#person(address);
    upstream.on("message", (bytes: Uint8Array) => {
      down.send(bytes.length, () => this.#socket.send(bytes, port, address));
    });
    this.#upstreams.set(name, upstream);
    return upstream;
  }

  /** What comes to an address is `down`, what it sends is `up`; absent is perfect. */
  shape(address: string, { down = {}, up = {} }: Ways): void {
    const person = this.#person(address);
    person.down.way = down;
    person.up.way = up;
  }

  /** Bytes that have come to an address. */
  received(address: string): number {
    return this.#person(address).down.bytes;
  }

  close(): void {
    this.#socket.close();
    for (const upstream of this.#upstreams.values()) upstream.close();
  }
}
