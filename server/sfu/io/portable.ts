/**
 * UDP by the runtime's own sockets, for machines that aren't Linux.
 *
 * Datagrams arrive on the event loop, so `receive` hands over what has queued since. Invariant: at most
 * {@linkcode QUEUE_DATAGRAMS} wait in each direction; what comes on top is dropped and counted.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { formatAddress, parseAddress } from "./address.ts";
import { RemoteCache } from "./remotes.ts";
import { SlotView } from "./crypto/tails.ts";
import { type DatagramSocket, type Remote, type Slot, SLOT_BYTES } from "../ports.ts";

export const QUEUE_DATAGRAMS = 1024;
const SOCKET_BUFFER_BYTES = 4 << 20;

/** Binds; rejects when the address or port can't be had. Port 0: any free one. */
export async function openPortableSocket(
  options: { address: string; port: number },
): Promise<DatagramSocket> {
  const bytes = parseAddress(options.address);
  if (bytes === undefined) throw new TypeError(`"${options.address}" is no IP address`);
  const family = formatAddress(bytes).family;
  const socket = createSocket({ type: family === 4 ? "udp4" : "udp6", ipv6Only: false });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.bind({ address: options.address, port: options.port }, resolve);
  await promise;
  socket.removeListener("error", reject);
  for (const grow of ["setRecvBufferSize", "setSendBufferSize"] as const) {
    try {
      socket[grow](SOCKET_BUFFER_BYTES);
    } catch {
      // The system's own size has to do.
    }
  }
  return new PortableSocket(socket, options.address, family);
}

class PortableSocket implements DatagramSocket {
  readonly address: string;
  readonly port: number;
  readonly #family: 4 | 6;
  readonly #socket: Socket;
  /** Slots take turns as the ring of arrived datagrams. */
  readonly #ring = Array.from({ length: QUEUE_DATAGRAMS }, () => ({
    slot: undefined as SlotView | undefined,
    length: 0,
    from: undefined as Remote | undefined,
  }));
  #first = 0;
  #queued = 0;
  readonly #outgoing = new SlotView(new Uint8Array(SLOT_BYTES));
  readonly #committed: { bytes: Uint8Array; to: Remote }[] = [];
  readonly #leaving: { bytes: Uint8Array; to: Remote }[] = [];
  readonly #remotes = new RemoteCache<string>();
  readonly #waiters = new Set<(readable: boolean) => void>();
  #pumping = false;
  #closed = false;
  #received = 0;
  #sent = 0;
  #dropped = 0;

  constructor(socket: Socket, address: string, family: 4 | 6) {
    this.#socket = socket;
    this.#family = family;
    this.address = address;
    this.port = socket.address().port;
    socket.on("message", (bytes: Uint8Array, info: RemoteInfo) => this.#arrive(bytes, info));
    // A refusal by a peer's machine (ICMP) comes up here; for datagrams it means nothing.
    socket.on("error", () => this.#dropped++);
  }

  receive(
    maxWaitMs: number,
    onDatagram: (bytes: Uint8Array, view: DataView, length: number, from: Remote) => void,
  ): number | Promise<number> {
    if (this.#queued > 0 || maxWaitMs <= 0 || this.#closed) return this.#handOver(onDatagram);
    return this.waitReadable(maxWaitMs).then(() => this.#handOver(onDatagram));
  }

  waitReadable(maxWaitMs: number): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    if (this.#queued > 0) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => settle(false), maxWaitMs);
    const settle = (readable: boolean) => {
      clearTimeout(timer);
      this.#waiters.delete(settle);
      resolve(readable);
    };
    this.#waiters.add(settle);
    return promise;
  }

  slot(): Slot {
    return this.#outgoing;
  }

  commit(length: number, to: Remote): void {
    if (this.#closed || length <= 0) return;
    if (length > SLOT_BYTES) throw new RangeError(`A datagram of ${length} bytes`);
    this.#committed.push({ bytes: this.#outgoing.bytes.slice(0, length), to });
    if (this.#committed.length >= QUEUE_DATAGRAMS) this.flush();
  }

  flush(): void {
    if (this.#closed) return;
    for (const datagram of this.#committed.splice(0)) {
      if (this.#leaving.length < QUEUE_DATAGRAMS) this.#leaving.push(datagram);
      else this.#dropped++;
    }
    this.#pump();
  }

  remote(address: string, port: number): Remote {
    const bytes = parseAddress(address);
    if (bytes === undefined) throw new TypeError(`"${address}" is no IP address`);
    const usual = formatAddress(bytes);
    const key = keyOf(usual.address, port);
    const known = this.#remotes.get(key);
    if (known !== undefined) return known;
    const remote: Remote = { address: usual.address, port, family: usual.family };
    this.#remotes.add(key, remote);
    return remote;
  }

  keep(remote: Remote): void {
    this.#remotes.keep(keyOf(remote.address, remote.port), remote);
  }

  release(remote: Remote): void {
    this.#remotes.release(keyOf(remote.address, remote.port));
  }

  counters(): { received: number; sent: number; dropped: number } {
    return { received: this.#received, sent: this.#sent, dropped: this.#dropped };
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    for (const settle of this.#waiters) settle(false);
    if (!this.#pumping) this.#socket.close();
  }

  #arrive(bytes: Uint8Array, info: RemoteInfo): void {
    if (this.#closed) return;
    const length = bytes.length;
    if (length === 0 || length > SLOT_BYTES || this.#queued === QUEUE_DATAGRAMS) {
      this.#dropped++;
      return;
    }
    const entry = this.#ring[(this.#first + this.#queued) % QUEUE_DATAGRAMS]!;
    entry.slot ??= new SlotView(new Uint8Array(SLOT_BYTES));
    entry.slot.bytes.set(bytes);
    entry.length = length;
    entry.from = this.#remotes.get(keyOf(info.address, info.port)) ??
      this.remote(info.address, info.port);
    this.#queued++;
    for (const settle of this.#waiters) settle(true);
  }

  #handOver(
    onDatagram: (bytes: Uint8Array, view: DataView, length: number, from: Remote) => void,
  ): number {
    let count = 0;
    for (const end = this.#queued; count < end && !this.#closed; count++) {
      const entry = this.#ring[this.#first]!;
      this.#first = (this.#first + 1) % QUEUE_DATAGRAMS;
      this.#queued--;
      this.#received++;
      onDatagram(entry.slot!.bytes, entry.slot!.view, entry.length, entry.from!);
    }
    return count;
  }

  /** One at a time: the runtime doesn't keep the order of sends that overlap. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let next = this.#leaving.shift(); next !== undefined; next = this.#leaving.shift()) {
      if (await this.#send(next.bytes, next.to)) this.#sent++;
      else this.#dropped++;
    }
    this.#pumping = false;
    if (this.#closed) this.#socket.close();
  }

  #send(bytes: Uint8Array, to: Remote): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    // A dual-stack socket takes IPv4 addresses in their mapped form.
    const address = this.#family === 6 && to.family === 4 ? `::ffff:${to.address}` : to.address;
    try {
      this.#socket.send(bytes, 0, bytes.length, to.port, address, (error: Error | null) => {
        resolve(error === null);
      });
    } catch {
      // What can't be an address of a datagram, such as port 0.
      resolve(false);
    }
    return promise;
  }
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
