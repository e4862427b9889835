/**
 * UDP on Linux with few system calls: recvmmsg, sendmmsg and UDP_SEGMENT by FFI.
 *
 * The socket is always AF_INET6; an IPv4 address is bound and sent to in its mapped form. A datagram that the kernel
 * refuses is counted as dropped, as the network would drop it. Invariant: no call reaches a descriptor that was
 * closed, because its number may by then be another file.
 */
import { formatAddress, parseAddress } from "./address.ts";
import {
  AF_INET6,
  EAGAIN,
  EINVAL,
  EIO,
  EMSGSIZE,
  errno,
  HEADER_BYTES,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  type Libc,
  libc,
  MSG_DONTWAIT,
  MSG_WAITFORONE,
  NAME_ADDRESS,
  NAME_BYTES,
  NAME_PORT,
  NAME_SCOPE,
  POLL_BYTES,
  POLLIN,
  SHUT_RDWR,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVTIMEO,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
  SOL_UDP,
  SystemCallError,
  UDP_SEGMENT,
} from "./libc.ts";
import { BATCH, ReceiveBatch, SendBatch } from "./linux_batch.ts";
import { Memory } from "./memory.ts";
import type { Bytes } from "./crypto/openssl.ts";
import { RemoteCache } from "./remotes.ts";
import {
  type DatagramSocket,
  type Remote,
  type Slot,
  SLOT_BYTES,
  type SocketCounters,
  type SocketOptions,
} from "../ports.ts";

/** Half a second of 100 Mbit/s: bursts and a busy main loop must not cost packets. */
const SOCKET_BUFFER_BYTES = 8 << 20;

/** An IPv4 address and port as a number, an IPv6 one as text. */
type RemoteKey = number | string;

/** A remote with the name that the kernel knows it by. */
class LinuxRemote implements Remote {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly view: DataView<ArrayBuffer>;

  constructor(readonly name: Bytes, readonly key: RemoteKey) {
    const { address, family } = formatAddress(name.subarray(NAME_ADDRESS));
    this.view = new DataView(name.buffer, name.byteOffset, name.byteLength);
    this.address = address;
    this.family = family;
    this.port = this.view.getUint16(NAME_PORT);
  }
}

/** Binds; throws {@linkcode SystemCallError} when the address or port can't be had. Port 0: any free one. */
export function openLinuxSocket(options: SocketOptions): DatagramSocket {
  return new LinuxSocket(options);
}

class LinuxSocket implements DatagramSocket {
  readonly address: string;
  readonly port: number;
  readonly #libc: Libc = libc();
  readonly #descriptor: number;
  readonly #incoming = new ReceiveBatch();
  readonly #outgoing = new SendBatch();
  readonly #pollRequest = new Memory(POLL_BYTES);
  readonly #remotes = new RemoteCache<RemoteKey>();
  readonly #introduces: SocketOptions["introduces"];
  /** Datagrams come in bursts from one address. */
  #last: LinuxRemote | undefined;
  #segmentation: boolean;
  #closed = false;
  /** The longest that a call waits for a datagram, as the kernel was told. */
  #waitMs = 0;
  #waiting = 0;
  #received = 0;
  #sent = 0;
  #dropped = 0;
  #strangers = 0;

  constructor(options: SocketOptions) {
    this.#introduces = options.introduces;
    const name = nameOf(options.address, options.port);
    this.address = options.address;
    this.#descriptor = this.#libc.socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (this.#descriptor < 0) this.#giveUp("socket");
    this.#setOption(IPPROTO_IPV6, IPV6_V6ONLY, 0);
    for (
      const [forced, plain] of [[SO_RCVBUFFORCE, SO_RCVBUF], [SO_SNDBUFFORCE, SO_SNDBUF]] as const
    ) {
      if (this.#setOption(SOL_SOCKET, forced, SOCKET_BUFFER_BYTES)) continue;
      this.#setOption(SOL_SOCKET, plain, SOCKET_BUFFER_BYTES);
    }
    // A size of 0 changes nothing; a kernel without segmentation (before 4.18) refuses the option.
    this.#segmentation = this.#setOption(SOL_UDP, UDP_SEGMENT, 0);
    if (this.#libc.bind(this.#descriptor, name, NAME_BYTES) !== 0) this.#giveUp("bind");
    const size = new Uint8Array(new Uint32Array([NAME_BYTES]).buffer);
    if (this.#libc.getsockname(this.#descriptor, name, size) !== 0) this.#giveUp("getsockname");
    this.port = new DataView(name.buffer).getUint16(NAME_PORT);
    this.#pollRequest.view.setInt32(0, this.#descriptor, true);
    this.#pollRequest.view.setInt16(4, POLLIN, true);
  }

  receive(
    maxWaitMs: number,
    onDatagram: (bytes: Uint8Array, view: DataView, length: number, from: Remote) => void,
  ): number {
    if (this.#closed) return 0;
    if (maxWaitMs > 0) this.#limitWait(Math.ceil(maxWaitMs));
    const count = this.#take(maxWaitMs > 0 ? MSG_WAITFORONE : MSG_DONTWAIT);
    const incoming = this.#incoming;
    for (let i = 0; i < count; i++) {
      const length = incoming.length(i);
      const refused = length === 0 || incoming.truncated(i);
      incoming.renew(i);
      if (refused) {
        this.#dropped++;
        continue;
      }
      this.#received++;
      const slot = incoming.slots[i]!;
      const from = this.#remoteOf(i, slot, length);
      if (from === undefined) {
        this.#strangers++;
        continue;
      }
      onDatagram(slot.bytes, slot.view, length, from);
      if (this.#closed) break;
    }
    return Math.max(count, 0);
  }

  gather(ms: number): void {
    if (ms > 0) this.#libc.usleep(Math.round(ms * 1000));
  }

  async waitReadable(maxWaitMs: number): Promise<boolean> {
    if (this.#closed) return false;
    this.#waiting++;
    try {
      const ready = await this.#libc.pollAside(
        this.#pollRequest.bytes,
        1n,
        Math.max(0, Math.ceil(maxWaitMs)),
      );
      return ready > 0 && !this.#closed;
    } finally {
      this.#waiting--;
      if (this.#closed) this.#release();
    }
  }

  slot(): Slot {
    if (this.#outgoing.count === BATCH) this.flush();
    return this.#outgoing.free;
  }

  commit(length: number, to: Remote): void {
    if (this.#closed || length <= 0) return;
    if (length > SLOT_BYTES) throw new RangeError(`A datagram of ${length} bytes`);
    if (this.#outgoing.count === BATCH) throw new Error("A commit without a slot");
    this.#outgoing.commit(length, this.#known(to).name);
  }

  flush(): void {
    if (this.#closed || this.#outgoing.count === 0) return;
    const trains = this.#outgoing.couple(this.#segmentation);
    const headers = this.#outgoing.headers.bytes;
    let train = 0;
    while (train < trains) {
      const rest = train === 0 ? headers : headers.subarray(train * HEADER_BYTES);
      const sent = this.#libc.sendmmsg(this.#descriptor, rest, trains - train, MSG_DONTWAIT);
      for (let i = 0; i < sent; i++) this.#sent += this.#outgoing.carriages(train + i);
      if (sent > 0) {
        train += sent;
        continue;
      }
      const reason = errno();
      if (reason === EAGAIN) {
        // The kernel's buffer is full, and waiting would hold up everyone: what is late anyway is dropped.
        for (; train < trains; train++) this.#dropped += this.#outgoing.carriages(train);
        return;
      }
      this.#sendApart(train, reason);
      train++;
    }
  }

  remote(address: string, port: number): Remote {
    return this.#intern(nameOf(address, port));
  }

  keep(remote: Remote): void {
    const known = this.#known(remote);
    this.#remotes.keep(known.key, known);
    // Should an older object of this address be remembered, it must not come back.
    this.#last = undefined;
  }

  release(remote: Remote): void {
    this.#remotes.release(this.#known(remote).key);
  }

  counters(): SocketCounters {
    return {
      received: this.#received,
      sent: this.#sent,
      dropped: this.#dropped,
      strangers: this.#strangers,
    };
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    // Wakes who polls in another thread, where closing alone wouldn't.
    this.#libc.shutdown(this.#descriptor, SHUT_RDWR);
    this.#release();
  }

  /** Waits, where the flags let it, for the first datagram in the same call that takes it and what came with it. */
  #take(flags: number): number {
    return this.#libc.recvmmsg(
      this.#descriptor,
      this.#incoming.headers.bytes,
      BATCH,
      flags,
      null,
    );
  }

  #limitWait(ms: number): void {
    if (ms === this.#waitMs) return;
    const time = new BigInt64Array([BigInt(Math.floor(ms / 1000)), BigInt(ms % 1000) * 1000n]);
    const bytes = new Uint8Array(time.buffer);
    const { setsockopt } = this.#libc;
    // Without a limit a quiet socket would hold this thread for ever.
    if (setsockopt(this.#descriptor, SOL_SOCKET, SO_RCVTIMEO, bytes, bytes.length) !== 0) {
      throw new SystemCallError("setsockopt", errno());
    }
    this.#waitMs = ms;
  }

  /** Sends a refused train's datagrams one by one: a path may take no segmentation, or a smaller size. */
  #sendApart(train: number, reason: number): void {
    const carriages = this.#outgoing.carriages(train);
    if (carriages === 1 || (reason !== EIO && reason !== EINVAL && reason !== EMSGSIZE)) {
      this.#dropped += carriages;
      return;
    }
    // EIO: the interface computes no checksums, so no train will ever leave by it.
    if (reason === EIO) this.#segmentation = false;
    for (let i = 0; i < carriages; i++) {
      const { bytes, length, name } = this.#outgoing.carriage(train, i);
      const sent = this.#libc.sendto(
        this.#descriptor,
        bytes,
        BigInt(length),
        MSG_DONTWAIT,
        name,
        NAME_BYTES,
      );
      if (sent >= 0n) this.#sent++;
      else this.#dropped++;
    }
  }

  /** Who sent datagram `i`; undefined for a stranger that doesn't introduce itself, of whom no object is made. */
  #remoteOf(i: number, slot: Slot, length: number): LinuxRemote | undefined {
    const names = this.#incoming.names;
    const offset = i * NAME_BYTES;
    if (this.#last !== undefined && sameName(names.view, offset, this.#last.view)) {
      return this.#last;
    }
    const key = keyOf(names.view, offset);
    const known = this.#remotes.get(key) as LinuxRemote | undefined;
    if (known === undefined && this.#introduces?.(slot.view, length) === false) return undefined;
    this.#last = known ?? this.#intern(names.bytes.slice(offset, offset + NAME_BYTES));
    return this.#last;
  }

  #intern(name: Bytes): LinuxRemote {
    const key = keyOf(new DataView(name.buffer, name.byteOffset, name.byteLength), 0);
    const known = this.#remotes.get(key) as LinuxRemote | undefined;
    if (known !== undefined) return known;
    const remote = new LinuxRemote(name, key);
    this.#remotes.add(key, remote);
    return remote;
  }

  /** Ours of another's remote. */
  #known(remote: Remote): LinuxRemote {
    return remote instanceof LinuxRemote
      ? remote
      : this.#intern(nameOf(remote.address, remote.port));
  }

  #setOption(level: number, option: number, value: number): boolean {
    const bytes = new Uint8Array(new Int32Array([value]).buffer);
    return this.#libc.setsockopt(this.#descriptor, level, option, bytes, bytes.length) === 0;
  }

  #giveUp(call: string): never {
    const error = new SystemCallError(call, errno());
    this.#closed = true;
    this.#release();
    throw error;
  }

  #release(): void {
    if (this.#waiting > 0) return;
    if (this.#descriptor >= 0) this.#libc.close(this.#descriptor);
    this.#incoming.unpin();
    this.#outgoing.unpin();
    this.#pollRequest.unpin();
  }
}

/** The `sockaddr_in6` of an address; throws TypeError when it isn't one. */
function nameOf(address: string, port: number): Bytes {
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new TypeError(`"${address}" is no IP address`);
  const name = new Uint8Array(NAME_BYTES);
  const view = new DataView(name.buffer);
  view.setUint16(0, AF_INET6, true);
  view.setUint16(NAME_PORT, port);
  name.set(bytes, NAME_ADDRESS);
  return name;
}

function keyOf(name: DataView, offset: number): RemoteKey {
  const address = offset + NAME_ADDRESS;
  const port = name.getUint16(offset + NAME_PORT);
  const mapped = name.getUint32(address) === 0 && name.getUint32(address + 4) === 0 &&
    name.getUint32(address + 8) === 0xffff;
  if (mapped) return name.getUint32(address + 12) * 65536 + port;
  return String.fromCharCode(
    port,
    name.getUint16(address),
    name.getUint16(address + 2),
    name.getUint16(address + 4),
    name.getUint16(address + 6),
    name.getUint16(address + 8),
    name.getUint16(address + 10),
    name.getUint16(address + 12),
    name.getUint16(address + 14),
    // The interface of a link-local address: there are few.
    name.getUint16(offset + NAME_SCOPE, true),
  );
}

/** Whether two names mean one remote; the flow label between port and address is no part of it. */
function sameName(a: DataView, offset: number, b: DataView): boolean {
  return a.getUint16(offset + NAME_PORT) === b.getUint16(NAME_PORT) &&
    a.getUint32(offset + NAME_ADDRESS + 12) === b.getUint32(NAME_ADDRESS + 12) &&
    a.getUint32(offset + NAME_ADDRESS + 8) === b.getUint32(NAME_ADDRESS + 8) &&
    a.getUint32(offset + NAME_ADDRESS + 4) === b.getUint32(NAME_ADDRESS + 4) &&
    a.getUint32(offset + NAME_ADDRESS) === b.getUint32(NAME_ADDRESS) &&
    a.getUint32(offset + NAME_SCOPE) === b.getUint32(NAME_SCOPE);
}
